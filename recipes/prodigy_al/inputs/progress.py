"""How far the answers are: the share of a budget, or of what can be asked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any

Task = Mapping[str, Any]


class Progress:
    """Counts a dataset's answers, and tells their share.

    answers: those of earlier runs. `update` takes those of this one, whoever gives them.
    budget: answers to aim for; None: what has been asked of what can be asked is the share
    askable: input hashes of the segments that can be asked about; None where nobody knows
    said: is told in a sentence, once, that the budget is reached

    Ignored answers count, copied ones (`reusing.AnswerCopies`) do not: they were given elsewhere.
    """

    def __init__(
        self,
        answers: Iterable[Task],
        *,
        budget: int | None,
        askable: Collection[int] | None,
        said: Callable[[str], object],
    ) -> None:
        self.answers = 0
        self._budget, self._said = budget, said
        self._askable = askable
        self._inputs: set[int] = set()
        self._drawn: set[int] = set()
        self._without: dict[tuple[str, int], int] = {}
        self._ended = False
        for answer in answers:
            self._note(answer)

    def update(self, answers: Iterable[Task]) -> None:
        """Take note of new answers."""
        before = self.answers
        for answer in answers:
            self._note(answer)
        if self._budget is not None and before < self._budget <= self.answers:
            self._said(
                f"{self.answers:,} answers: the budget is reached (--budget {self._budget}); "
                "questions go on until you stop"
            )

    def follow(self, tasks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the tasks that are asked, and note when there are no more."""
        for task in tasks:
            self._drawn.add(task["_input_hash"])
            yield task
        self._ended = True

    def share(self) -> float | None:
        """Return how much is done, from 0 to 1, or None where it is not known."""
        if self._budget is not None:
            return min(1.0, self.answers / self._budget)
        if self._askable is None:
            return None
        if self._ended:
            total = len(self._drawn | self._inputs)
        else:
            total = len(self._askable) - sum(self._without.values())
        return min(1.0, len(self._inputs) / total) if total > 0 else 1.0

    def _note(self, answer: Task) -> None:
        record = answer.get("al") or {}  # none where answers of other recipes are mixed in
        if record.get("reused_from") is not None:
            return
        self.answers += 1
        if self._askable is not None and answer["_input_hash"] in self._askable:
            self._inputs.add(answer["_input_hash"])
        # Which segments have no span to ask about is known of the blocks that were opened.
        if record.get("round") == 0:
            self._without[record["fold"], record["block"]] = record["considered"] - record["R"]
