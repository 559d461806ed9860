"""The corpora of the study of estimators: all that its draws look up, worked out once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

import joblib
import numpy as np
import srsly
from real_corpora import BASE, DATA, Corpus

from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.pool import PoolTexts
from prodigy_al.comparison.runs import Run, RunResult, execute
from prodigy_al.evaluation.counts import Counts
from prodigy_al.inputs.opening import open_pool
from prodigy_al.inputs.pool_source import segment_words
from prodigy_al.inputs.sources import read_gold_source
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.records import Unit
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.folds import dev_fold
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.questions import Header
from prodigy_al.sampling.scored import Scored
from prodigy_al.scoring.segments import segment_scorer
from prodigy_al.simulation.annotator import GoldAnnotator
from prodigy_al.training.answers import Answers, read_answers

LABELS = ["ORG"]
# As the recipes make them, by their defaults.
DESIGNS: Mapping[str, SamplingDesign] = MappingProxyType(
    {
        "ranked": SamplingDesign("ranked", "segment"),
        "teach": SamplingDesign("teach", "candidate", block_size=100, rate=0.2),
        "random": SamplingDesign("random", "segment", explore=1.0),
        "random-binary": SamplingDesign("random-binary", "candidate", explore=1.0),
    }
)
# The second model is tuned on text that is not in the pool.
ELSEWHERE: Mapping[str, str] = MappingProxyType(
    {"conll": "conll2003/testa.jsonl.gz", "finer": "finer_ord/val.jsonl.gz"}
)
TUNED_ON = 400  # segments
VIEWS: Mapping[Unit, str] = MappingProxyType({"segment": "ner_manual", "candidate": "ner"})

ByInput: TypeAlias = Mapping[int, frozenset[tuple[int, int, str]]]
"""Predicted spans (tokens, label) by input hash."""


@dataclass(frozen=True)
class Prepared:
    """A corpus with all that draws look up.

    `scores` is by input hash; `predictions` by model and input hash, of both models; `counts` by
    unit and model, each (n,) in the order of the frame: of whole segments, or summed over all
    candidates of each segment; `expected` by model, (n,) as well, what it expects of each segment.
    """

    frame: Frame
    header: Header
    scores: Mapping[int, Scored]
    annotator: GoldAnnotator
    predictions: Mapping[str, ByInput]
    counts: Mapping[Unit, Mapping[str, Counts]]
    expected: Mapping[str, Counts]


def prepare(corpus: Corpus, path: Path) -> None:
    """Score the corpus, tune the second model, predict with both, and store what draws need."""
    if path.exists():
        return
    source = str(DATA / corpus.pool)
    pool = open_pool(
        "study-estimators", str(BASE), source, DESIGNS["ranked"], label=LABELS, loader=None,
        exclude=None, unsegmented=False, skip_bad=False, group_by=None, gpu_id=-1,
    )  # fmt: skip
    frame = pool.frame
    if not isinstance(frame, Frame) or assign_folds(frame, DESIGNS["ranked"]) != frame:
        raise RuntimeError("folds that are assigned anew are not those of the frame")
    segments = frame.segments
    score = segment_scorer(pool.nlp, pool.scorer, pool.design.acquisition, progress=False)
    scored = {s.input_hash: one for s, one in zip(segments, score(segments), strict=True)}
    _, gold = read_gold_source(
        source, str(BASE), LABELS, loader=None, unsegmented=False, skip_bad=False
    )
    annotator = GoldAnnotator(gold, LABELS)
    answers: dict[Unit, Answers] = {
        unit: answer_everything(frame, unit, scored, annotator=annotator) for unit in VIEWS
    }
    texts = PoolTexts(tuple(LABELS), tuple(segment_words(pool.nlp, one) for one in segments))
    results = predict(answers["segment"], texts, DATA / ELSEWHERE[corpus.name])
    hashes = [segment.input_hash for segment in segments]
    predictions = {
        model: dict(zip(hashes, result.predictions[0], strict=True))
        for model, result in results.items()
    }
    prepared = Prepared(
        frame=frame,
        header=pool.header,
        scores=scored,
        annotator=annotator,
        predictions=predictions,
        counts={
            unit: {
                model: count_everything(frame, own, found) for model, found in predictions.items()
            }
            for unit, own in answers.items()
        },
        expected={model: result.expected for model, result in results.items() if result.expected},
    )
    unfinished = path.with_suffix(".tmp")
    joblib.dump(prepared, unfinished)
    os.replace(unfinished, path)


def answer_everything(
    frame: Frame, unit: Unit, scored: Mapping[int, Scored], *, annotator: GoldAnnotator
) -> Answers:
    """Return what is known once every segment, or every candidate, of the frame is answered."""

    def examples() -> Iterator[dict[str, Any]]:
        for segment in frame.segments:
            task = {**segment.record, "_input_hash": segment.input_hash, "_view_id": VIEWS[unit]}
            if unit == "segment":
                yield annotator.answer(task, binary=False)
                continue
            for span in scored[segment.input_hash].candidates:
                about = {"start": span.start, "end": span.end, "label": span.label}
                yield annotator.answer({**task, "spans": [about]}, binary=True)

    return read_answers(examples(), LABELS, dataset="everything")


def predict(pool: Answers, texts: PoolTexts, elsewhere: Path) -> dict[str, RunResult]:
    """Return what the base, and the base tuned the usual way on `elsewhere`, find in the pool.

    `texts` are all of its texts, of which both say what they expect.
    """
    records = islice(srsly.read_gzip_jsonl(elsewhere), TUNED_ON)
    numbered = [{**record, "_input_hash": number} for number, record in enumerate(records)]
    gold = read_answers(numbered, LABELS, dataset=elsewhere.name)
    base = Run(base=str(BASE), evaluate=(pool,), pool=texts)
    tuned = replace(base, dataset=elsewhere.name, policy="usual", seed=0, train=gold)
    return {name: execute(run) for name, run in (("base", base), ("tuned", tuned))}


def count_everything(frame: Frame, answers: Answers, predictions: ByInput) -> Counts:
    """Return the counts of every segment (n,) in the order of the frame; 0 without an answer."""
    counts = count_answers(answers, [predictions[item.input_hash] for item in answers.items])
    place = {segment.input_hash: i for i, segment in enumerate(frame.segments)}
    found = np.zeros((3, len(frame.segments)))
    at = [place[item.input_hash] for item in answers.items]
    found[:, at] = counts.tp, counts.predicted, counts.gold
    return Counts(*found)


def assign_folds(frame: Frame, design: SamplingDesign) -> Frame:
    """Return the frame with the folds of the design's salt."""
    groups = [segment.group for segment in frame.segments]
    is_dev = dev_fold(groups, share=design.dev_share, salt=design.fold_salt)
    segments = tuple(
        segment if (segment.fold == "dev") == dev else replace(segment, fold=("train", "dev")[dev])
        for segment, dev in zip(frame.segments, is_dev.tolist(), strict=True)
    )
    return replace(frame, segments=segments)


@cache
def load(path: Path) -> Prepared:
    """Return a prepared corpus, once per process."""
    prepared: Prepared = joblib.load(path)
    return prepared


@cache
def tokenizer() -> Any:
    """Return the base pipeline, which cuts texts that bring no tokens."""
    return load_pipeline(str(BASE))
