"""A whole annotation session without a page: questions out of a controller, answers back in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from prodigy_al.records import SIMULATED
from prodigy_al.simulation.annotator import GoldAnnotator
from prodigy_al.simulation.costs import CostModel


class AsksQuestions(Protocol):
    """The part of Prodigy's controller that a session needs."""

    def get_questions(self, session_id: str | None) -> list[dict[str, Any]]:
        """Return the next batch of tasks; an empty one at the end."""

    def receive_answers(self, answers: list[dict[str, Any]]) -> object:
        """Store a batch of answers."""


def annotate(
    controller: AsksQuestions,
    annotator: GoldAnnotator,
    costs: CostModel,
    *,
    budget: int,
    binary: bool,
    start: int,
) -> Iterator[int]:
    """Answer until `budget` is spent or nothing is left; yield the answers stored by each batch.

    Answers are stamped with the cost model's seconds, counted from `start` (Unix time), and with
    their view, which not every controller adds, and marked as simulated.
    """
    view = "ner" if binary else "ner_manual"
    seconds, stored = 0.0, 0
    while stored < budget:
        batch = controller.get_questions(session_id=None)[: budget - stored]
        if not batch:
            return
        answers = []
        for task in batch:
            answer = annotator.answer(task, binary=binary)
            seconds += costs.seconds(answer, binary=binary)
            stamp = start + round(seconds)
            answers.append({**answer, SIMULATED: True, "_view_id": view, "_timestamp": stamp})
        controller.receive_answers(answers)
        stored += len(answers)
        yield len(answers)
