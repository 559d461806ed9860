"""While people annotate: how good the model is on the blind dev answers that are there already.

Every 50 answers one line, the weighted F1 that al.compare would give, read and weighted by the same
functions; beside its interval for one look stands the one that holds at every look. Where the model
learns, a second line says what 100 more answers would bring, by what the latest ones did. A process
of its own reads the dataset and predicts, so that no answer waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spacy.language import Language

from prodigy_al.comparison.arms import Arm, read_arm, split_arms
from prodigy_al.comparison.estimates import WeightedScore, weighted_score
from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.runs import predict_sets
from prodigy_al.errors import ActiveLearningError, AnswerError
from prodigy_al.evaluation.bootstrap import LEVEL, Difference
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.looking import (
    difference_at_any_time,
    differing_documents,
    estimate_at_any_time,
    level_of,
    scaled_gain,
)
from prodigy_al.evaluation.paired import side_difference
from prodigy_al.inputs.datasets import stored_examples
from prodigy_al.jobs.child import ChildProcess
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.online.learner import KeptModel
from prodigy_al.records import SIMULATED
from prodigy_al.report.numbers import interval, number, signed

EVERY = 50
"""Answers between two lines."""
MORE = 100
"""Answers whose gain is told."""


@dataclass(frozen=True)
class DevJob:
    """A dataset of one arm of whole segments, and the model (a name or path) to measure on it.

    `before` is a model to compare it with, if any.
    """

    dataset: str
    labels: tuple[str, ...]
    model: str
    before: str | None = None


@dataclass(frozen=True)
class DevScore:
    """The weighted F1 of a model, and how far it is above that of the model before, if known.

    `differing`: the documents in which the two models differ.
    """

    weighted: WeightedScore
    change: Difference | None = None
    differing: int = 0


def measure_dev(job: DevJob) -> DevScore | Unavailable:
    """Return the weighted F1 of a model on the dev answers that a dataset holds so far."""
    nlp = load_pipeline(job.model)
    examples = stored_examples(job.dataset)
    if not examples:
        return Unavailable("another process does not find the answers: the database is in memory")
    # as al.compare chooses and reads them
    there = {span["label"] for example in examples for span in example.get("spans") or []}
    labels = [label for label in job.labels if label in there]
    if not labels:
        return Unavailable("no answer holds a span yet")
    try:
        ((name, own),) = split_arms(job.dataset, examples).items()
        arm = read_arm(name, own, labels, tokenizer=nlp.make_doc)
    except AnswerError as error:
        return Unavailable(str(error))
    score = _score(nlp, arm)
    if isinstance(score, Unavailable) or job.before is None:
        return score if isinstance(score, Unavailable) else DevScore(score)
    earlier = _score(load_pipeline(job.before), arm)
    if isinstance(earlier, Unavailable):
        return DevScore(score)
    change = side_difference(score.side, earlier.side)
    if isinstance(change, Unavailable):
        return DevScore(score)
    return DevScore(score, change, differing_documents(score.side, earlier.side))


def _score(nlp: Language, arm: Arm) -> WeightedScore | Unavailable:
    (predictions,) = predict_sets(nlp, [arm.dev])
    return weighted_score([count_answers(arm.dev, predictions)], arm)


class DevScores:
    """Says how good the model is, in a thread of its own.

    answers: of earlier runs
    newest: returns the model that is measured, None for the starting model, `base`
    every: after how many train-fold answers the model is refitted; None: never
    say: is told one line per measurement; where there is no number yet, the first time why
    """

    def __init__(
        self,
        dataset: str,
        labels: Sequence[str],
        base: str,
        *,
        answers: int,
        newest: Callable[[], KeptModel | None],
        every: int | None,
        say: Callable[[str], object],
    ) -> None:
        self._dataset, self._labels, self._base = dataset, tuple(labels), base
        self._newest, self._every, self._say = newest, every, say
        self._latest: KeptModel | None = None
        self._before: KeptModel | None = None
        self._answers = answers
        self._child = ChildProcess()
        self._thread: threading.Thread | None = None
        self._explained = self._closed = False

    def update(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """Take new answers, and begin to measure where it is time; return at once.

        Not while the measurement before still runs, and not for simulated answers, which nobody
        watches.
        """
        before = self._answers
        self._answers += len(answers)
        due = before // EVERY < self._answers // EVERY
        if not due or any(answer.get(SIMULATED) for answer in answers):
            return
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._measure, name="dev score", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the measurement that is running."""
        self._closed = True
        self._child.close()

    def _measure(self) -> None:
        kept = self._newest()
        if kept is not None and kept is not self._latest:
            self._before, self._latest = self._latest, kept
        model = "the base" if kept is None else f"the model refitted on {kept.answers:,} answers"
        path = self._base if kept is None else str(kept.folder)
        before = str(self._before.folder) if self._before else None
        found: DevScore | Unavailable
        try:
            found = self._child.run(measure_dev, DevJob(self._dataset, self._labels, path, before))
        except ActiveLearningError as error:
            found = Unavailable(str(error))
        if not self._closed:
            self._tell(model, found)

    def _tell(self, model: str, found: DevScore | Unavailable) -> None:
        reason = found if isinstance(found, Unavailable) else found.weighted.found.f1.new_text
        if isinstance(found, DevScore) and isinstance(reason, Estimate):
            score, refits = found.weighted.found, self._refits(self._latest)
            # each refitted model has its own share of the 5 %
            level = LEVEL if self._every is None else level_of(refits + 1)
            ever = estimate_at_any_time(reason, groups=score.groups, level=level)
            self._say(
                f"{model} is at F1 {number(reason.value)} {interval(reason.low, reason.high)} on "
                f"your text (n = {score.m:,} dev answers from {score.groups:,} documents); "
                f"{interval(ever.low, ever.high)} however often you look"
            )
            if found.change and self._before and self._latest:
                change = difference_at_any_time(
                    found.change,
                    groups=score.groups,
                    differing=found.differing,
                    level=level_of(refits - 1),
                )
                if isinstance(change, Estimate):
                    self._tell_gain(change, self._before.answers, self._latest.answers)
        elif isinstance(reason, Unavailable) and not self._explained:
            self._explained = True
            self._say(f"no F1 of {model} on your text yet: {reason.reason}")

    def _refits(self, kept: KeptModel | None) -> int:
        """Return the number of a refitted model, from 1; 0 for the base."""
        return 0 if kept is None or self._every is None else kept.answers // self._every

    def _tell_gain(self, change: Estimate, before: int, after: int) -> None:
        gain = scaled_gain(change, before=before, after=after, more=MORE)
        self._say(
            f"{MORE} more answers to train on would bring about {signed(gain.value)} "
            f"[{signed(gain.low)}, {signed(gain.high)}], however often you look, if F1 goes on "
            f"growing with their logarithm ({signed(change.value)} from {before:,} to {after:,})"
        )
