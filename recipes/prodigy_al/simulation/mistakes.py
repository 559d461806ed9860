"""Errors that a simulated annotator makes: which kind, how often, and on which texts.

    random      a decision is reversed; a whole segment loses one of its spans or, where it has
                none, gains one on a random token
    boundary    a border is off by one token: one of the spans is marked so, and a single span that
                is off by one is accepted
    anchored    what the model suggests is kept where it is wrong: all of its spans where a segment
                was shown with them, and a single span always

Only answers where such an error is possible are wrong, the share `rate` of them: a segment without
spans has no border, and one that is shown blank suggests nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np

from prodigy_al.errors import ParameterError

Offsets = tuple[int, int, str]
Task = Mapping[str, Any]
Kind = Literal["random", "boundary", "anchored"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST_BY_SCORE = 0.5
"""The largest rate that can rise with the score, as it reaches twice as much."""


@dataclass(frozen=True)
class ErrorModel:
    """How often an answer is wrong, and how.

    `ranks`, by input hash, in (0, 1): the place of a text among those of the pool by their score.
    With it the rate rises from 0 to 2 · `rate`, in proportion to the rank, so that it is `rate` on
    average over the pool, and above it where a model chooses what it is unsure of; a text without a
    rank has the rate itself. Raises `ParameterError` for a kind that does not exist and for a rate
    outside [0, 1], or above 1/2 with ranks.
    """

    kind: str = "random"
    rate: float = 0.0
    ranks: Mapping[int, float] | None = None

    def __post_init__(self) -> None:
        check_errors(self.kind, self.rate, by_score=self.ranks is not None)

    def rate_of(self, input_hash: int) -> float:
        """Return the probability that the answer about a text is wrong where it can be."""
        if self.ranks is None or input_hash not in self.ranks:
            return self.rate
        return 2 * self.rate * self.ranks[input_hash]

    def reverses(self, asked: Offsets, gold: Collection[Offsets], borders: Borders) -> bool:
        """Return whether the error turns the decision about a single span round."""
        if self.kind == "random":
            return True
        if asked in gold:
            return False
        return self.kind == "anchored" or any(borders.nearly_same(asked, span) for span in gold)

    def mistake(
        self,
        spans: Sequence[Offsets],
        *,
        suggested: Collection[Offsets] | None,
        borders: Borders,
        labels: Sequence[str],
        rng: np.random.Generator,
    ) -> list[Offsets] | None:
        """Return other spans than those of a whole segment, None where none can be.

        `spans` lie on token borders. `suggested` were shown with the segment, None: it was blank.
        """
        if self.kind == "anchored":
            return None if suggested is None or {*suggested} == {*spans} else sorted(suggested)
        if self.kind == "boundary":
            moved = list(borders.moved(spans))
            return moved[int(rng.integers(len(moved)))] if moved else None
        left = list(spans)
        if left:
            left.pop(int(rng.integers(len(left))))
            return left
        start, end = borders.tokens[int(rng.integers(len(borders.tokens)))]
        return [(start, end, labels[int(rng.integers(len(labels)))])]


def check_errors(kind: str, rate: float, *, by_score: bool) -> None:
    """Raise `ParameterError` for errors that cannot be made."""
    if kind not in KINDS:
        raise ParameterError("errors", kind, f"there is no such kind; there are {', '.join(KINDS)}")
    if not 0 <= rate <= 1:
        raise ParameterError("error_rate", rate, "out of range; give a number from 0 to 1")
    if by_score and rate > MOST_BY_SCORE:
        raise ParameterError(
            "error_rate",
            rate,
            f"with --errors-by-score it reaches twice as much; give at most {MOST_BY_SCORE:g}",
        )


@dataclass(frozen=True)
class Borders:
    """Where the tokens of a text begin and end: characters, `end` exclusive, in their order."""

    tokens: Sequence[tuple[int, int]]

    @cached_property
    def _starts(self) -> Mapping[int, int]:
        return {start: i for i, (start, _) in enumerate(self.tokens)}

    @cached_property
    def _ends(self) -> Mapping[int, int]:
        return {end: i for i, (_, end) in enumerate(self.tokens)}

    def place(self, span: Offsets) -> tuple[int, int] | None:
        """Return the first and last token of a span, None where it is off their borders."""
        first, last = self._starts.get(span[0]), self._ends.get(span[1])
        return None if first is None or last is None or first > last else (first, last)

    def usable(self, spans: Iterable[Offsets]) -> list[Offsets]:
        """Return the spans on token borders, sorted: only those can be marked on the page."""
        return sorted(span for span in spans if self.place(span) is not None)

    def nearly_same(self, one: Offsets, other: Offsets) -> bool:
        """Return whether spans of one label differ by one token at one border."""
        place, beside = self.place(one), self.place(other)
        if one[2] != other[2] or place is None or beside is None:
            return False
        return place in _beside(*beside)

    def moved(self, spans: Sequence[Offsets]) -> Iterator[list[Offsets]]:
        """Yield the spans with a border of one of them off by one token, over no other span."""
        for i, span in enumerate(spans):
            place = self.place(span)
            if place is None:
                continue
            others = [*spans[:i], *spans[i + 1 :]]
            for first, last in _beside(*place):
                if not 0 <= first <= last < len(self.tokens):
                    continue
                new = (self.tokens[first][0], self.tokens[last][1], span[2])
                if not any(new[0] < end and start < new[1] for start, end, _ in others):
                    yield sorted([*others, new])


def _beside(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield the first and last tokens of spans with one border elsewhere."""
    yield from ((first - 1, last), (first + 1, last), (first, last - 1), (first, last + 1))


def rank_by_score(scores: Mapping[int, float]) -> Mapping[int, float]:
    """Return each key's place by its score, in (0, 1); equal scores share the middle of theirs.

    >>> rank_by_score({7: 0.1, 8: 0.4, 9: 0.1, 5: 0.2})
    {7: 0.25, 8: 0.875, 9: 0.25, 5: 0.625}
    """
    values = np.array(list(scores.values()))
    ordered = np.sort(values)
    below, not_above = (np.searchsorted(ordered, values, side) for side in ("left", "right"))
    places = (below + not_above) / (2 * max(1, len(values)))
    return dict(zip(scores, map(float, places), strict=True))
