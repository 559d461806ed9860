"""While people annotate: how good the model is on the blind dev answers that are there already.

Every 50 answers one line, the weighted F1 that al.compare would give, read and weighted by the same
functions. A process of its own reads the dataset and predicts, so that no answer waits for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodigy_al.comparison.arms import read_arm, split_arms
from prodigy_al.comparison.estimates import WeightedScore, weighted_score
from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.runs import predict_sets
from prodigy_al.errors import ActiveLearningError, AnswerError
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.inputs.datasets import stored_examples
from prodigy_al.jobs.child import ChildProcess
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.online.learner import KeptModel
from prodigy_al.records import SIMULATED
from prodigy_al.report.numbers import interval, number

EVERY = 50
"""Answers between two lines."""


@dataclass(frozen=True)
class DevJob:
    """A dataset of one arm of whole segments, and the model (a name or path) to measure on it."""

    dataset: str
    labels: tuple[str, ...]
    model: str


def measure_dev(job: DevJob) -> WeightedScore | Unavailable:
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
    (predictions,) = predict_sets(nlp, [arm.dev])
    return weighted_score([count_answers(arm.dev, predictions)], arm)


class DevScores:
    """Says how good the model is, in a thread of its own.

    answers: of earlier runs
    newest: returns the model that is measured, None for the starting model, `base`
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
        say: Callable[[str], object],
    ) -> None:
        self._dataset, self._labels, self._base = dataset, tuple(labels), base
        self._newest, self._say = newest, say
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
        model = "the base" if kept is None else f"the model refitted on {kept.answers:,} answers"
        path = self._base if kept is None else str(kept.folder)
        found: WeightedScore | Unavailable
        try:
            found = self._child.run(measure_dev, DevJob(self._dataset, self._labels, path))
        except ActiveLearningError as error:
            found = Unavailable(str(error))
        if not self._closed:
            self._tell(model, found)

    def _tell(self, model: str, found: WeightedScore | Unavailable) -> None:
        reason = found if isinstance(found, Unavailable) else found.found.f1.new_text
        if isinstance(found, WeightedScore) and isinstance(reason, Estimate):
            self._say(
                f"{model} is at F1 {number(reason.value)} {interval(reason.low, reason.high)} on "
                f"your text (n = {found.found.m:,} dev answers from {found.found.groups:,} "
                "documents)"
            )
        elif isinstance(reason, Unavailable) and not self._explained:
            self._explained = True
            self._say(f"no F1 of {model} on your text yet: {reason.reason}")
