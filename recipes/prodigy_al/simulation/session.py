"""A whole annotation session without a page: questions out of a controller, answers back in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

from prodigy_al.records import SIMULATED
from prodigy_al.simulation.annotator import GoldAnnotator
from prodigy_al.simulation.costs import Meter

NO_SETTINGS: Mapping[str, Any] = MappingProxyType({})

FIRST_SECOND = 946_684_800
"""Unix time at which every simulation begins, the start of the year 2000: simulated seconds have
nothing to do with the clock on the wall, and whoever repeats a simulation gets the same records."""


class AsksQuestions(Protocol):
    """The part of Prodigy's controller that a session needs."""

    def get_questions(self, session_id: str) -> list[dict[str, Any]]:
        """Return the next batch of tasks; an empty one at the end."""

    def receive_answers(self, answers: list[dict[str, Any]], session_id: str) -> object:
        """Store a batch of answers."""


@dataclass
class AnnotatorSession:
    """Somebody who answers in a session, and for how long by now.

    `seconds` were spent on answers since `start` (Unix time); both move the clock of this session
    and of no other.
    """

    name: str
    annotator: GoldAnnotator
    start: int = FIRST_SECOND
    seconds: float = 0.0

    @property
    def now(self) -> float:
        """Return the time by the clock of this session (Unix time)."""
        return self.start + self.seconds

    def answer(
        self, task: Mapping[str, Any], meter: Meter, settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Answer a task, which takes what the meter says; return it as it is sent.

        It is stamped with the time by then, and with its view, which not every controller adds.
        Under `SIMULATED` stand the `settings`, and the error that was made.
        """
        answer = self.annotator.answer(task, binary=meter.binary)
        self.seconds += meter.seconds(answer)
        return {
            **answer,
            SIMULATED: {**settings, **answer[SIMULATED]},
            "_view_id": "ner" if meter.binary else "ner_manual",
            "_timestamp": self.start + round(self.seconds),
        }

    def go_on(self, stored: Iterable[Mapping[str, Any]], meter: Meter) -> None:
        """Go on after the answers of this session that are stored, at the second of the last.

        Seconds are added up in the order of the answers, so that whoever is interrupted arrives at
        the very time stamps of whoever is not.
        """
        last = None
        for answer in stored:
            self.seconds += meter.seconds(answer)
            last = answer.get("_timestamp", last)
        if last is not None:
            self.start = last - round(self.seconds)


def annotate(
    controller: AsksQuestions,
    session: AnnotatorSession,
    meter: Meter,
    *,
    budget: float,
    spent: float = 0.0,
    settings: Mapping[str, Any] = NO_SETTINGS,
) -> Iterator[Sequence[dict[str, Any]]]:
    """Answer until `budget` is spent or nothing is left; yield the answers stored by each batch.

    `budget` and what is `spent` of it already are in the meter's unit. Whoever has begun to read a
    text finishes it, so the last answer may go beyond the budget. `settings` are those that
    answers tell.
    """
    while spent < budget:
        answers: list[dict[str, Any]] = []
        batch = controller.get_questions(session_id=session.name)
        if not batch:
            return
        for task in batch:
            if spent >= budget:
                break
            answers.append(session.answer(task, meter, settings))
            spent += meter.price(answers[-1])
        controller.receive_answers(answers, session_id=session.name)
        yield answers
