"""One refit: fine-tune the starting model on the answers so far, and score with the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256
from prodigy_al.records import read_record
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.sampling.scored import Scored, ScoreSegments
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.calibration import MOST_SEGMENTS, fit_temperature, temper_spans
from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer
from prodigy_al.scoring.segments import segment_scorer
from prodigy_al.training.answers import Answers, read_answers
from prodigy_al.training.finetune import fine_tune
from prodigy_al.training.policies import ROBUST

TEMPERATURE_DECIMALS = 2
"""So many are the same whatever the last bits of a probability are."""


@dataclass(frozen=True)
class RefitSettings:
    """What all refits of a run share.

    `base` is the starting model (a name or path). `ranked` are the segments that every refit scores
    at once; none where blocks are scored one by one, when their turn comes. `kept`: whether the
    newest model stays on the disk, for others to read.
    """

    dataset: str
    base: str
    labels: tuple[str, ...]
    acquisition: str
    seed: int
    ranked: tuple[Segment, ...] = ()
    kept: bool = False

    def scorer(self, nlp: Language, temperature: float) -> ScoreSegments:
        """Return the function by which a model scores segments at a temperature."""
        use_faster_blas(nlp)
        marginals = MarginalScorer(nlp, self.labels, temperature=temperature)
        return segment_scorer(nlp, marginals, self.acquisition, seed=self.seed, progress=False)


@dataclass(frozen=True)
class RefitJob:
    """The answers to train on, as they are stored, and where the model is written (`folder`)."""

    settings: RefitSettings
    answers: tuple[Mapping[str, Any], ...]
    folder: Path


@dataclass(frozen=True)
class RefitResult:
    """The model's SHA-256, the temperature at which it scores, and the scores of the segments to
    rank, in the order of the settings.
    """

    sha256: str
    temperature: float
    scored: tuple[Scored, ...]


def refit(job: RefitJob) -> RefitResult:
    """Fine-tune the starting model on all answers of the job.

    Training never continues an earlier refit, so nothing is forgotten and the same answers give the
    same model, bit for bit, on the same machine. The model is written to the job's folder only
    where it is needed later. Raises `AnswerError` where the answers hold nothing to train on.
    """
    settings = job.settings
    base = load_pipeline(settings.base)
    answers = read_answers(
        job.answers, settings.labels, dataset=settings.dataset, tokenizer=base.make_doc
    )
    refitted = fine_tune(settings.base, answers, ROBUST, seed=settings.seed)
    sha256 = pipeline_sha256(refitted)
    if settings.kept or not settings.ranked:
        refitted.to_disk(job.folder)
    temperature = _fit_temperature(base, answers, job.answers)
    # scored here, in the child process, where it slows down nobody
    scored = settings.scorer(refitted, temperature)(settings.ranked)
    return RefitResult(sha256, temperature, tuple(scored))


def _fit_temperature(
    base: Language, answers: Answers, examples: Sequence[Mapping[str, Any]]
) -> float:
    """Return the temperature that whole segments give the starting model; the shipped one else.

    Not the refitted model, which knows the answers by heart: a temperature fitted to these is far
    too low for any other text (docs/scoring-functions.md). Answers of later rounds have no
    probability and are left out where there are others.
    """
    if answers.form != "full":
        return DEFAULT_TEMPERATURE
    known = probabilities_of(examples)
    weighted = [one for one in answers.items if one.input_hash in known]
    # an input hash says nothing of the text, so the first of them are a random choice
    items = sorted(weighted or answers.items, key=lambda one: one.input_hash)[:MOST_SEGMENTS]
    use_faster_blas(base)
    docs = [Doc(base.vocab, words=list(one.words), spaces=list(one.spaces)) for one in items]
    spans = temper_spans(base, answers.labels, docs, [one.accepted for one in items])
    chances = np.array([known[one.input_hash] for one in items]) if weighted else None
    return round(fit_temperature(spans, chances), TEMPERATURE_DECIMALS)


def probabilities_of(examples: Sequence[Mapping[str, Any]]) -> dict[int, float]:
    """Return the probability of each answer by input hash, of those that have one."""
    drawn = {one["_input_hash"]: one for one in examples if "version" in one["al"]}
    pi = inclusion([(key, read_record(one)) for key, one in drawn.items()])
    return {key: p for key, p in zip(drawn, pi.tolist(), strict=True) if not isnan(p)}
