"""A whole annotation session without a page: questions out of a controller, answers back in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

from prodigy_al.records import SIMULATED
from prodigy_al.simulation.annotator import GoldAnnotator
from prodigy_al.simulation.costs import Meter

NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})


class AsksQuestions(Protocol):
    """The part of Prodigy's controller that a session needs."""

    def get_questions(self, session_id: str | None) -> list[dict[str, Any]]:
        """Return the next batch of tasks; an empty one at the end."""

    def receive_answers(self, answers: list[dict[str, Any]]) -> object:
        """Store a batch of answers."""


def annotate(
    controller: AsksQuestions,
    annotator: GoldAnnotator,
    meter: Meter,
    *,
    budget: float,
    start: int,
    spent: float = 0.0,
    settings: Mapping[str, Any] = NO_SETTINGS,
) -> Iterator[Sequence[dict[str, Any]]]:
    """Answer until `budget` is spent or nothing is left; yield the answers stored by each batch.

    `budget` and what is `spent` of it already are in the meter's unit. Whoever has begun to read a
    text finishes it, so the last answer may go beyond the budget. Answers are stamped with the cost
    model's seconds, counted from `start` (Unix time), and with their view, which not every
    controller adds. Under `SIMULATED` stand the `settings`, and the error that was made.
    """
    view = "ner" if meter.binary else "ner_manual"
    seconds = 0.0
    while spent < budget:
        answers: list[dict[str, Any]] = []
        batch = controller.get_questions(session_id=None)
        if not batch:
            return
        for task in batch:
            if spent >= budget:
                break
            answer = annotator.answer(task, binary=meter.binary)
            spent += meter.price(answer)
            seconds += meter.seconds(answer)
            answers.append(
                {
                    **answer,
                    SIMULATED: {**settings, **answer[SIMULATED]},
                    "_view_id": view,
                    "_timestamp": start + round(seconds),
                }
            )
        controller.receive_answers(answers)
        yield answers
