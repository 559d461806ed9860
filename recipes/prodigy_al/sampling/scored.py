"""Segments with their scores: all that a draw needs from a model."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias, overload

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.keys import quantise


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

    `rows` are their fields, with a label as its place in `labels`, which segments share.

    >>> found = Candidates([(0, 4, 0, 0.5, True)], ("ORG",))
    >>> found[0]
    Candidate(start=0, end=4, label='ORG', p=0.5, greedy=True)
    """

    __slots__ = ("_labels", "_packed")
    _ROW = struct.Struct("<IIHd?")

    def __init__(
        self, rows: Iterable[tuple[int, int, int, float, bool]], labels: tuple[str, ...]
    ) -> None:
        self._packed = b"".join(self._ROW.pack(*row) for row in rows)
        self._labels = labels

    def __len__(self) -> int:
        return len(self._packed) // self._ROW.size

    def __iter__(self) -> Iterator[Candidate]:
        for start, end, label, p, greedy in self._ROW.iter_unpack(self._packed):
            yield Candidate(start, end, self._labels[label], p, greedy)

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
