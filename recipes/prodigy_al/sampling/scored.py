"""Segments with their scores: all that a draw needs from a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, overload

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.keys import quantise

SPAN = np.dtype([("start", "<u4"), ("end", "<u4"), ("label", "<u2"), ("p", "<f8"), ("greedy", "?")])
"""Fields of a candidate in 19 bytes, with its label as a place in a list of labels."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that could be asked about: characters (`end` exclusive), label, marginal p."""

    start: int
    end: int
    label: str
    p: float
    greedy: bool


class Candidates(Sequence[Candidate]):
    """Candidates that take a fifth of the memory of a tuple: those of a pool are millions.

    `spans` (n,) are of type `SPAN`, or rows of its fields; segments share `labels`.

    >>> found = Candidates([(0, 4, 0, 0.5, True)], ("ORG",))
    >>> found[0]
    Candidate(start=0, end=4, label='ORG', p=0.5, greedy=True)
    """

    __slots__ = ("_packed", "labels")

    def __init__(
        self,
        spans: np.ndarray[Any, Any] | Iterable[tuple[int, int, int, float, bool]] | bytes,
        labels: tuple[str, ...],
    ) -> None:
        if not isinstance(spans, bytes):
            rows = spans if isinstance(spans, np.ndarray) else np.array(list(spans), dtype=SPAN)
            spans = rows.tobytes()
        self._packed = spans
        self.labels = labels

    @property
    def packed(self) -> bytes:
        """Their fields, `SPAN.itemsize` bytes each."""
        return self._packed

    def __len__(self) -> int:
        return len(self._packed) // SPAN.itemsize

    def __iter__(self) -> Iterator[Candidate]:
        for start, end, label, p, greedy in np.frombuffer(self._packed, dtype=SPAN).tolist():
            yield Candidate(start, end, self.labels[label], p, greedy)

    @overload
    def __getitem__(self, index: int) -> Candidate: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Candidate]: ...
    def __getitem__(self, index: int | slice) -> Candidate | Sequence[Candidate]:
        return tuple(self)[index]

    def __eq__(self, other: object) -> bool:
        """Return whether the same candidates are listed, in a tuple or here."""
        return isinstance(other, Candidates | tuple) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))


@dataclass(frozen=True, slots=True)
class Scored:
    """A segment's score u >= 0 (nine decimals, see records.py), candidates and number of tokens."""

    u: float
    candidates: Sequence[Candidate]
    tokens: int = 1


ScoreSegments: TypeAlias = Callable[[Sequence[Segment]], Iterator[Scored]]
Acquisition: TypeAlias = Callable[[FloatArray, int], float]
"""The marginals of one segment's candidates (any length, in [0, 1]) and its number of tokens to its
score >= 0."""


def rescored(frozen: Scored, later: Scored, acquisition: Acquisition | None) -> Scored:
    """Return the candidates of `frozen` with the marginals of a later model, and their score.

    The spans that can be asked about stay those of the starting model, so that all answers belong
    to one frame. A span that the later model does not list lies below its floor and counts as 0.
    Without an acquisition of marginals the score is the one that the later model gave.
    """
    # The same span may carry several labels, so the label belongs to its name.
    known = {(span.start, span.end, span.label): span.p for span in later.candidates}
    candidates = tuple(
        replace(span, p=known.get((span.start, span.end, span.label), 0.0))
        for span in frozen.candidates
    )
    if acquisition is None:
        return Scored(later.u, candidates, frozen.tokens)
    u = acquisition(np.array([span.p for span in candidates]), frozen.tokens)
    return Scored(quantise(u), candidates, frozen.tokens)
