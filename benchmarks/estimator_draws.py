"""One draw of the study of estimators, through the code that asks, stores and weighs answers.

A draw is one annotation: fold, questions, tasks, answers from gold, JSON, reading, weighting, each
by the function that the recipes and `al.compare` call. What is simplified, and why it changes no
number:

- Scores are computed once per corpus by the real scorer and looked up by input hash afterwards:
  they depend on the text and the base pipeline alone.
- The frame is built once per corpus; a draw assigns its groups anew, to the folds of its own salt.
- Of the train fold one question is answered, and of all others only the record is made: no number
  depends on its answers, only on which questions were asked. The first draw of each batch answers
  all of them, and must find the same.
- Nothing waits in a database: a task goes through the JSON that a database stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from math import isclose
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import srsly
from estimator_pools import DESIGNS, LABELS, VIEWS, ByInput, Prepared, assign_folds, load, tokenizer
from prodigy.components.preprocess import add_tokens

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.estimates import weighted_score
from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.pool import DevPool, Foreseen, foresee
from prodigy_al.evaluation.counts import METRICS, Metric, Scores, scores
from prodigy_al.evaluation.estimators import Estimate, Measure, Unavailable
from prodigy_al.inputs.datasets import rehash
from prodigy_al.inputs.pool_source import make_dev_pool
from prodigy_al.records import Unit
from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import DEFAULT_FOLD_SALT, SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.questions import make_record, make_tasks
from prodigy_al.scoring.acquisition import ACQUISITIONS

# A binary arm is measured within the candidates; for whole segments F1 is what row 4 is about.
MEASURED: Mapping[Unit, tuple[Metric, ...]] = MappingProxyType(
    {"segment": ("f1",), "candidate": METRICS}
)
RESPONSES = ("full", "ignored", "unstored")
# Of the fifth of the dev questions with the highest scores, half get no answer: 10 % of all.
HARDEST, SILENT = 0.2, 0.5
# Whether it is helped by what the model expects of the dev fold, as with --pool; by name. That is
# there for whole segments only.
ESTIMATORS: Mapping[str, bool] = MappingProxyType({"plain": False, "pool": True})

Found = dict[str, Any]


def draw_batch(
    path: Path, design: str, indices: Sequence[int], *, answers: int, partly: int
) -> list[Found]:
    """Return what the draws of these `indices` found, `answers` questions each.

    Those below `partly` are also read with 10 % of the dev answers ignored or never stored.
    Raises `RuntimeError` where train answers, which no number may depend on, change one.
    """
    prepared, found = load(path), list[Found]()
    for index in indices:
        draw = draw_one(prepared, DESIGNS[design], index, answers=answers)
        responses = RESPONSES if index < partly else RESPONSES[:1]
        measured = list(measure(prepared, draw, responses, whole=False))
        first = index == indices[0]
        if first and not agree(measured, list(measure(prepared, draw, responses, whole=True))):
            raise RuntimeError(f"draw {index} of {design}: its dev numbers depend on train answers")
        found += measured
    return found


def agree(ours: Any, theirs: Any) -> bool:
    """Return whether two findings are the same but for the rounding of records in JSON."""
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(agree(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(agree, ours, theirs))
    if isinstance(ours, float) and isinstance(theirs, float):
        return isclose(ours, theirs, abs_tol=1e-9)
    return bool(ours == theirs)


@dataclass(frozen=True)
class OneDraw:
    """The questions of one draw, in the order in which they are asked, and the folds."""

    index: int
    design: SamplingDesign
    frame: Frame
    questions: Sequence[Draw]


def draw_one(prepared: Prepared, design: SamplingDesign, index: int, *, answers: int) -> OneDraw:
    """Draw the first questions with a seed and a fold salt of their own."""
    own = replace(design, seed=index, fold_salt=f"{DEFAULT_FOLD_SALT}-{index}")
    frame = assign_folds(prepared.frame, own)
    questions = draw_questions(
        frame,
        own,
        lambda segments: (prepared.scores[segment.input_hash] for segment in segments),
        acquisition=ACQUISITIONS[own.acquisition],
    )
    return OneDraw(index, own, frame, list(islice(questions, answers)))


def measure(
    prepared: Prepared, draw: OneDraw, responses: Iterable[str], *, whole: bool
) -> Iterator[Found]:
    """Yield the weighted number of each response, model, estimator and metric, with its targets.

    With `whole`, all questions of the train fold are answered too.
    """
    metrics = MEASURED[draw.design.unit]
    targets = [(model, *find_targets(prepared, draw, model)) for model in prepared.predictions]
    train = [question for question in draw.questions if question.segment.fold == "train"]
    dev = [question for question in draw.questions if question.segment.fold == "dev"]
    stored = stored_answers(prepared, draw, draw.questions if whole else [train[0], *dev])
    asked = {
        question.segment.input_hash: make_record(question, draw.design, prepared.header)
        for question in train
    }
    pool = find_dev_pool(draw.frame) if draw.design.unit == "segment" else None
    for response in responses:
        arm = read_arm("draw", stored[response], LABELS, tokenizer=tokenizer().make_doc)
        arm = replace(arm, records={**asked, **arm.records})
        for model, in_fold, in_all in targets:
            foreseen = foresee(pool, [prepared.expected[model]]) if pool else None
            for found in weigh(arm, prepared.predictions[model], metrics, foreseen):
                metric = found["metric"]
                aims = {"fold": getattr(in_fold, metric), "all": getattr(in_all, metric)}
                yield {"draw": draw.index, "response": response, "model": model, **found, **aims}


def stored_answers(
    prepared: Prepared, draw: OneDraw, asked: Sequence[Draw]
) -> dict[str, list[Found]]:
    """Return what the dataset holds once these questions are answered, by response."""
    made = make_tasks(asked, draw.design, prepared.header, rehash)
    view, binary = VIEWS[draw.design.unit], draw.design.unit == "candidate"
    tasks = [{**task, "_view_id": view} for task in add_tokens(tokenizer(), made)]
    answered = [store(prepared.annotator.answer(task, binary=binary)) for task in tasks]
    silent = without_answer([q for q in asked if q.segment.fold == "dev"], draw.index)
    return {
        "full": answered,
        "ignored": [
            store({**task, "answer": "ignore"}) if task["_input_hash"] in silent else example
            for task, example in zip(tasks, answered, strict=True)
        ],
        "unstored": [example for example in answered if example["_input_hash"] not in silent],
    }


def without_answer(questions: Sequence[Draw], index: int) -> set[int]:
    """Return the input hashes of the dev questions that will get no answer."""
    hardest = sorted(questions, key=lambda question: -question.scored.u)
    hardest = hardest[: round(HARDEST * len(questions))]
    chosen = np.random.default_rng(index).random(len(hardest)) < SILENT
    return {q.segment.input_hash for q, silent in zip(hardest, chosen, strict=True) if silent}


def store(answer: Found) -> Found:
    """Return an answer as a database gives it back."""
    back: Found = srsly.json_loads(srsly.json_dumps(answer))
    return back


def find_targets(prepared: Prepared, draw: OneDraw, model: str) -> tuple[Scores, Scores]:
    """Return the model's scores on the dev-fold pool and on the whole pool, copies counted."""
    counts = prepared.counts[draw.design.unit][model]
    copies = np.array([float(segment.copies) for segment in draw.frame.segments])
    is_dev = np.array([segment.fold == "dev" for segment in draw.frame.segments])
    return scores(counts.take(is_dev), copies[is_dev]), scores(counts, copies)


def find_dev_pool(frame: Frame) -> DevPool:
    """Return the dev fold of a frame whose segments, in their order, are all that was foreseen."""
    at = {segment.input_hash: i for i, segment in enumerate(frame.segments)}
    return make_dev_pool(frame.fold("dev"), at)


def weigh(
    arm: Arm, predictions: ByInput, metrics: Sequence[Metric], foreseen: Foreseen | None
) -> Iterator[Found]:
    """Yield the number of every estimator and metric with both intervals, and the unweighted one.

    What is unavailable is None.
    """
    counts = count_answers(arm.dev, [predictions[item.input_hash] for item in arm.dev.items])
    plain = scores(counts)
    for name, helped in ESTIMATORS.items():
        if helped and foreseen is None:
            continue
        score = weighted_score([counts], arm, foreseen if helped else None)
        for metric in metrics:
            found: Found = {"estimator": name, "metric": metric, "answers": len(arm.dev)}
            found["unweighted"] = getattr(plain, metric)
            if isinstance(score, Unavailable):
                nothing = dict.fromkeys(("value", "pool", "new", "missing"))
                yield {**found, **nothing, "reason": score.reason}
                continue
            own: Measure = getattr(score.found, metric)
            found |= {"value": own.value, "missing": score.missing}
            yield {**found, "pool": bounds(own.pool), "new": bounds(own.new_text)}


def bounds(interval: Estimate | Unavailable) -> list[float] | None:
    """Return both ends of an interval, as JSON holds them."""
    return None if isinstance(interval, Unavailable) else [interval.low, interval.high]
