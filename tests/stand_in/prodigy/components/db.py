import functools
from typing import Any

__all__ = ["connect"]


class Database:
    def __init__(self) -> None:
        self._examples: dict[str, list[dict[str, Any]]] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._examples

    @property
    def datasets(self) -> list[str]:
        return list(self._examples)

    def add_dataset(self, name: str, meta: Any = None, session: bool = False) -> None:
        self._examples.setdefault(name, [])

    def add_examples(self, examples: list[dict[str, Any]], datasets: list[str]) -> None:
        for name in datasets:
            self._examples[name].extend(examples)

    def get_dataset_examples(self, name: str, default: Any = None) -> Any:
        return self._examples.get(name, default)

    def get_input_hashes(self, *names: str) -> set[int]:
        return {example["_input_hash"] for name in names for example in self._examples[name]}

    def get_task_hashes(self, *names: str) -> set[int]:
        return {example["_task_hash"] for name in names for example in self._examples[name]}

    def count_dataset(self, name: str) -> int:
        return len(self._examples[name])


@functools.cache
def connect() -> Database:
    return Database()
