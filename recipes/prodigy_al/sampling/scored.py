"""Segments with their scores: all that a draw needs from a model."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, TypeAlias, overload

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.table import Segment

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


class ScoredTable(Sequence[Scored]):
    """Scores of segments as columns: a tenth of the memory of as many `Scored`.

    `scores` (n,) are their u.
    """

    def __init__(self) -> None:
        self._u, self._tokens, self._ends = array("d"), array("q"), array("q", [0])
        self._spans = bytearray()
        self._labels: tuple[str, ...] = ()
        self._at: IndexArray | None = None

    @classmethod
    def of(cls, scored: Iterable[Scored]) -> ScoredTable:
        """Take each as it comes."""
        table = cls()
        for one in scored:
            table._add(one)
        return table

    @property
    def scores(self) -> FloatArray:
        """Return (n,): the score of each."""
        scores = np.array(self._u)
        return scores if self._at is None else scores[self._at]

    def take(self, at: IndexArray | BoolArray) -> ScoredTable:
        """Return the scores at these places, or where a mask says so; the columns are shared."""
        taken = copy(self)
        taken._at = (np.arange(len(self._u)) if self._at is None else self._at)[at]
        return taken

    def has_candidates(self) -> BoolArray:
        """Return (n,): whether a segment has a candidate to ask about."""
        there: BoolArray = np.diff(np.array(self._ends)) > 0
        return there if self._at is None else there[self._at]

    def _add(self, one: Scored) -> None:
        self._u.append(one.u)
        self._tokens.append(one.tokens)
        spans = one.candidates
        if isinstance(spans, Candidates) and (spans.labels == self._labels or not self._labels):
            self._labels = self._labels or spans.labels
            self._spans += spans.packed
        else:
            for span in spans:
                if span.label not in self._labels:
                    self._labels = (*self._labels, span.label)
                label = self._labels.index(span.label)
                row = (span.start, span.end, label, span.p, span.greedy)
                self._spans += np.array([row], dtype=SPAN).tobytes()
        self._ends.append(len(self._spans))

    def __len__(self) -> int:
        return len(self._u) if self._at is None else len(self._at)

    @overload
    def __getitem__(self, index: int) -> Scored: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Scored]: ...
    def __getitem__(self, index: int | slice) -> Scored | Sequence[Scored]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        i = range(len(self))[index]
        i = i if self._at is None else int(self._at[i])
        spans = bytes(self._spans[self._ends[i] : self._ends[i + 1]])
        return Scored(self._u[i], Candidates(spans, self._labels), self._tokens[i])


def scores_of(scored: Sequence[Scored]) -> FloatArray:
    """Return (n,): the score of each."""
    if isinstance(scored, ScoredTable):
        return scored.scores
    return np.array([one.u for one in scored])


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
