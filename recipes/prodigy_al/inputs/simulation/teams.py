"""A run of several annotators, who are repeated from the beginning wherever it goes on.

While a run is under way everybody has questions that are not answered yet, and no dataset tells
which, nor which model chose them. So a run that goes on is simulated from its first question again,
which takes no more than it took, and what is stored already is not stored again. The questions come
from a controller that saves nothing; the answers go through another one, which asks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from prodigy.components.db import connect
from prodigy.core import Controller

from prodigy_al.errors import AnswerError, OptionError
from prodigy_al.inputs.resuming import GO_ON
from prodigy_al.simulation.costs import Meter
from prodigy_al.simulation.session import AnnotatorSession
from prodigy_al.simulation.team import Team, annotate_together

Answer = dict[str, Any]
REPEATED = ("_task_hash", "_session_id", "_timestamp", "answer", "spans")
"""What two answers have in common where one repeats the other."""


@dataclass(frozen=True)
class TeamRun:
    """A dataset and who writes it; `settings` are those that answers tell."""

    dataset: str
    recipe: str
    team: Team
    sessions: Sequence[AnnotatorSession]
    meter: Meter
    settings: Mapping[str, Any]
    seed: int

    def answer(
        self, components: Any, stored: Sequence[Answer], *, budget: float
    ) -> Iterator[Sequence[Answer]]:
        """Answer what is asked, from the first question on; yield what is new, once it is stored.

        `components` are those of a recipe that knows of no answer. Raises `OptionError` where it
        returned a controller instead, and `AnswerError` where answers are `stored` that would not
        be given now.
        """
        if isinstance(components, Controller):
            raise OptionError(
                "--annotators",
                self.team.size,
                f"{self.recipe} returns a controller here, which serves one; leave the option out",
            )
        pages = _Pages.open(self, components, stored)
        for answer in annotate_together(
            pages,
            self.sessions,
            self.meter,
            budget=budget,
            answers_twice=lambda task: self.team.answers_twice(task, self.seed),
            settings=self.settings,
        ):
            if pages.given > len(stored):
                yield [answer]
        close(components, pages.asking)


@dataclass
class _Pages:
    """What a session asks of a controller, of two of them; `given` counts the answers."""

    dataset: str
    asking: Controller
    storing: Controller
    stored: Sequence[Answer]
    given: int = 0

    @classmethod
    def open(cls, run: TeamRun, components: Mapping[str, Any], stored: Sequence[Answer]) -> _Pages:
        asking = {**components, "dataset": False}
        storing = {**components, "dataset": run.dataset, "stream": []}
        for callback in ("update", "progress", "on_load", "on_exit"):
            storing[callback] = None
        return cls(
            run.dataset,
            asking=Controller.from_components(run.recipe, asking),
            storing=Controller.from_components(run.recipe, storing),
            stored=stored,
        )

    def get_questions(self, session_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.asking.get_questions(session_id=session_id)
        return found

    def receive_answers(self, answers: list[dict[str, Any]], session_id: str) -> None:
        """Store what is new, then learn from all.

        Answers say whose they are, since not every controller adds that.
        """
        whose = {"_session_id": session_id, "_annotator_id": session_id}
        named = [{**answer, **whose} for answer in answers]
        for answer in named:
            if self.given < len(self.stored):
                self._require_same(self.stored[self.given], answer)
            else:
                self.storing.receive_answers([answer], session_id=session_id)
            self.given += 1
        self.asking.receive_answers(named, session_id=session_id)

    def _require_same(self, then: Answer, now: Answer) -> None:
        if any(then.get(key) != now.get(key) for key in REPEATED):
            raise AnswerError(
                f"answer {self.given + 1} of dataset '{self.dataset}' is not the one that would be "
                f"given now: {GO_ON}",
                dataset=self.dataset,
            )


def unused_name(dataset: str) -> str:
    """Return the name, or one like it under which nothing is stored yet."""
    name = dataset
    while name in connect():
        name += "-again"
    return name


def close(components: Any, controller: Any = None) -> None:
    """End what a recipe began in the background, such as a model that learns."""
    if isinstance(components, Controller):
        return
    if (on_exit := components.get("on_exit")) is not None:
        on_exit(controller)
