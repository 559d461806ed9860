"""Several simulated annotators: one order of questions, and a clock for each of them.

Questions are given out in batches, as a server gives them to the pages of several sessions: whoever
has none left gets the next ones. Answers are sent one by one, in the order of their times. So a
model that learns meanwhile has seen what had been answered by then, by whomever, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prodigy_al.errors import ParameterError
from prodigy_al.simulation.costs import Meter
from prodigy_al.simulation.session import NO_SETTINGS, AnnotatorSession, AsksQuestions

Task = dict[str, Any]
SECOND_TAG = 0x5EC0D
"""Keeps this draw apart from those of errors, which have the same seed and text."""


@dataclass(frozen=True)
class Team:
    """How many people annotate, and the share of the segments that two of them answer.

    Raises `ParameterError` for a number below 1, a share outside [0, 1], and a share of one person.
    """

    size: int = 1
    overlap: float = 0.0

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ParameterError("annotators", self.size, "give a number of at least 1")
        if not 0 <= self.overlap <= 1:
            raise ParameterError("overlap", self.overlap, "out of range; give a number from 0 to 1")
        if self.overlap and self.size == 1:
            raise ParameterError(
                "overlap",
                self.overlap,
                "it takes another annotator to answer a second time; give --annotators 2 or more",
            )

    def answers_twice(self, task: Mapping[str, Any], seed: int) -> bool:
        """Return whether two people answer what is asked about this text.

        It follows from seed and text, so all arms of a replicate share the same texts.
        """
        # the generator takes no negative seed
        rng = np.random.default_rng([SECOND_TAG, seed, task["_input_hash"] & 0xFFFFFFFF])
        return bool(rng.random() < self.overlap)

    def rates(self, given: Sequence[float]) -> tuple[float, ...]:
        """Return the error rate of each annotator, from one for all or one for each.

        Raises `ParameterError` for another number of them.

        >>> Team(3).rates([0.1])
        (0.1, 0.1, 0.1)
        """
        if len(given) not in (1, self.size):
            raise ParameterError(
                "error_rate",
                ",".join(f"{rate:g}" for rate in given),
                f"{len(given)} rates, and --annotators is {self.size}; give one for all or one "
                "for each",
            )
        return tuple(given) if len(given) == self.size else (given[0],) * self.size


@dataclass
class _Hands:
    """The questions that each session has, and those that another one still has to answer."""

    controller: AsksQuestions
    answers_twice: Callable[[Task], bool]
    _own: defaultdict[str, deque[Task]] = field(default_factory=lambda: defaultdict(deque))
    _second: list[tuple[str, Task]] = field(default_factory=list)

    def next_task(self, session: str) -> Task | None:
        """Return what a session answers next; None where there is nothing for it.

        Whoever has nothing left gets what others were given and two are to answer, then a batch.
        """
        own = self._own[session]
        if not own:
            own.extend(task for first, task in self._second if first != session)
            self._second = [pair for pair in self._second if pair[0] == session]
            batch = self.controller.get_questions(session_id=session)
            self._second += [(session, task) for task in batch if self.answers_twice(task)]
            own.extend(batch)
        return own.popleft() if own else None


def annotate_together(
    controller: AsksQuestions,
    sessions: Sequence[AnnotatorSession],
    meter: Meter,
    *,
    budget: float,
    answers_twice: Callable[[Task], bool],
    settings: Mapping[str, Any] = NO_SETTINGS,
) -> Iterator[dict[str, Any]]:
    """Answer until `budget` is spent by all together or nothing is left; yield each answer sent.

    Who answers at the same time is served in the order of `sessions`. With the answer by which the
    budget is spent, everybody stops; what others are in the middle of then is not sent.
    """
    hands = _Hands(controller, answers_twice)
    at_work: dict[int, dict[str, Any]] = {}
    spent = 0.0
    while spent < budget:
        for place, session in enumerate(sessions):
            if place not in at_work and (task := hands.next_task(session.name)) is not None:
                at_work[place] = session.answer(task, meter, settings)
        if not at_work:
            return
        first = min(at_work, key=lambda place: (sessions[place].now, place))
        answer = at_work.pop(first)
        spent += meter.price(answer)
        controller.receive_answers([answer], session_id=sessions[first].name)
        yield answer
