"""One refit: fine-tune the starting model on the answers so far, and score with the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language

from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.scored import Scored, ScoreSegments
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer
from prodigy_al.training.answers import read_answers
from prodigy_al.training.finetune import fine_tune
from prodigy_al.training.policies import ROBUST


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

    def scorer(self, nlp: Language) -> ScoreSegments:
        """Return the function by which a model scores segments."""
        use_faster_blas(nlp)
        marginals = MarginalScorer(nlp, self.labels)
        return segment_scorer(nlp, marginals, self.acquisition, progress=False)


@dataclass(frozen=True)
class RefitJob:
    """The answers to train on, as they are stored, and where the model is written (`folder`)."""

    settings: RefitSettings
    answers: tuple[Mapping[str, Any], ...]
    folder: Path


@dataclass(frozen=True)
class RefitResult:
    """The model's SHA-256, and the scores of the segments to rank, in the order of the settings."""

    sha256: str
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
    # scored here, in the child process, where it slows down nobody
    return RefitResult(sha256, tuple(settings.scorer(refitted)(settings.ranked)))
