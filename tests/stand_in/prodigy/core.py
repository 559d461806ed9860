import itertools
from collections.abc import Callable
from typing import Any

from radicli import Arg

from prodigy.components.db import connect

__all__ = ["Arg", "Controller", "recipe"]

RECIPES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {}


def recipe(name: str, **annotations: Any) -> Callable[..., Any]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        RECIPES[name] = (function, annotations)
        return function

    return register


class Controller:
    def __init__(self, components: dict[str, Any]) -> None:
        self.dataset = components["dataset"]
        self.db = connect()
        self.db.add_dataset(self.dataset)
        self._update = components.get("update")
        self._stream = iter(components["stream"])

    @classmethod
    def from_components(cls, name: str, components: dict[str, Any]) -> "Controller":
        return cls(components)

    def get_questions(self, session_id: str | None) -> list[dict[str, Any]]:
        return list(itertools.islice(self._stream, 10))

    def receive_answers(self, answers: list[dict[str, Any]], session_id: str | None = None) -> None:
        # neither a view nor a time is added: who adds them is not documented
        self.db.add_examples(answers, datasets=[self.dataset])
        if self._update is not None:
            self._update(answers)
