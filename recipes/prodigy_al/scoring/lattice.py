"""All parses of a batch of docs as a lattice, and the probability of passing each of its points.

Points are "no entity is open before token i"; an edge is one token outside, or one entity from its
first token to its end. Tokens are counted through the batch as in `transitions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from prodigy_al.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from prodigy_al.ner.probabilities import sigmoid, softmax
from prodigy_al.scoring.transitions import TransitionTable

NO_LABEL = -1
TAIL = 8
"""Tokens over which the end of an entity that is no longer followed is spread at most."""


class Edges(NamedTuple):
    """n ways from one point to a later one: (n,) tokens, end exclusive, and (n,) weights.

    A weight is the probability of the edge, whatever its label, given that its start is passed.
    """

    starts: IndexArray
    ends: IndexArray
    weights: FloatArray


class Spans(NamedTuple):
    """n entities, all (n,): tokens, end exclusive, and labels by their index.

    p: probability given that the start is passed; greedy: whether a greedy parser takes the entity
    once it gets to its start.
    """

    starts: IndexArray
    ends: IndexArray
    labels: IndexArray
    p: FloatArray
    greedy: BoolArray


@dataclass(frozen=True, slots=True)
class Lattice:
    """The edges, of which those out of one point add up to 1, and the entities that are listed.

    begins: (n_tokens, n_labels) probability that an entity begins here, given that the point is
    passed.
    """

    edges: Edges
    spans: Spans
    begins: FloatArray


@dataclass(frozen=True, slots=True)
class Limits:
    """Which open entities are followed, and which entities are listed.

    Followed are those of up to `max_length` tokens that are open with at least probability `prune`
    (its largest label's, given the start); listed, those of at least probability `floor` and with a
    label that is `asked`, (n_labels,). What a greedy parser takes is followed and listed in any
    case, and nothing that has no probability is.
    """

    prune: float
    max_length: int | None
    floor: float
    asked: BoolArray

    def allow(self, mass: FloatArray, length: int) -> BoolArray:
        """Return (n,): whether entities open with `mass` (n, n_labels) may get `length` tokens."""
        if self.max_length is not None and length > self.max_length:
            return np.zeros(len(mass), dtype=np.bool_)
        enough = mass >= above_zero(self.prune)
        allowed: BoolArray = enough @ np.ones(enough.shape[1], dtype=np.bool_)  # any of a row
        return allowed

    def select(self, ends: _Ends) -> Spans:
        """Return the entities to list among those that end alike."""
        listed = (ends.p >= above_zero(self.floor)) & self.asked
        taken = np.flatnonzero(ends.greedy != NO_LABEL)
        listed[taken, ends.greedy[taken]] = True
        rows, labels = np.nonzero(listed)
        return Spans(
            ends.starts[rows],
            ends.ends[rows],
            labels,
            ends.p[rows, labels],
            ends.greedy[rows] == labels,
        )


class _Ends(NamedTuple):
    """Entities that end: (n,) tokens, (n, n_labels) probabilities given the start, and the greedy
    parser's label or `NO_LABEL`, (n,)."""

    starts: IndexArray
    ends: IndexArray
    p: FloatArray
    greedy: IndexArray

    def edges(self) -> Edges:
        return Edges(self.starts, self.ends, _row_sums(self.p))


class _Open(NamedTuple):
    """Entities that are open: (n,) first tokens, (n, n_labels) probabilities, (n,) greedy label."""

    starts: IndexArray
    mass: FloatArray
    greedy: IndexArray


class _Left(NamedTuple):
    """Entities that are no longer followed, all (n,).

    ends: where they may end next; mass: their probability given the start; going_on: the share that
    went on at the last token that was looked at.
    """

    starts: IndexArray
    ends: IndexArray
    mass: FloatArray
    going_on: FloatArray


def build_lattice(table: TransitionTable, *, temperature: float, limits: Limits) -> Lattice:
    """Return the lattice of a batch. The greedy labels do not depend on the temperature."""
    actions, scores = table.actions, table.closed_scores
    best = scores.argmax(axis=1)
    p = softmax(scores, temperature)
    begin, unit = p[:, actions.begin], p[:, actions.unit]
    tokens, width = np.arange(table.n_tokens), scores.shape[1]
    # an entity of one token is an edge at once; one of several stays open after its first
    units = _Ends(tokens, tokens + 1, unit, _labels_by_column(actions.unit, width)[best])
    begun = _Open(tokens, begin, _labels_by_column(actions.begin, width)[best])
    opened, left = _split(begun, None, length=2, limits=limits)
    closed = Edges(tokens, tokens + 1, p[:, actions.outside] + _row_sums(unit))
    edges, spans, lefts = [closed], [limits.select(units)], [left]
    for ends, left in _follow(table, opened, temperature=temperature, limits=limits):
        edges.append(ends.edges())
        spans.append(limits.select(ends))
        lefts.append(left)
    edges.extend(_spread(_Left._make(_joined(lefts)), table.must_close))
    return Lattice(Edges._make(_joined(edges)), Spans._make(_joined(spans)), begin + unit)


def forward(edges: Edges, bounds: IndexArray) -> FloatArray:
    """Return (n_tokens,): the probability that no entity is open before each token.

    `bounds` (n_docs + 1,) are the first tokens of the docs and the end of the last one.
    """
    alpha = np.zeros(bounds[-1] + 1)
    alpha[bounds[:-1][np.diff(bounds) > 0]] = 1.0
    positions = np.arange(bounds[-1]) - np.repeat(bounds[:-1], np.diff(bounds))
    # edges to the end of a doc would otherwise run into the next one
    is_end = np.zeros(len(alpha), dtype=np.bool_)
    is_end[bounds] = True
    inner = np.flatnonzero(~is_end[edges.ends])
    position = positions[edges.starts[inner]]
    order = inner[np.argsort(position, kind="stable")]
    starts, ends, weights = edges.starts[order], edges.ends[order], edges.weights[order]
    cuts = np.cumsum(np.bincount(position, minlength=1))
    # one step of the recursion for the i-th tokens of all docs at once: an edge leads on from its
    # start, so alpha of the i-th tokens is complete once all earlier ones have been passed on
    for low, high in pairwise([0, *cuts.tolist()]):
        np.add.at(alpha, ends[low:high], alpha[starts[low:high]] * weights[low:high])
    return alpha[:-1]


def greedy_path(spans: Spans) -> BoolArray:
    """Return (n,): which spans are in the greedy parse, the best action at each step."""
    rows = np.flatnonzero(spans.greedy)
    rows = rows[np.argsort(spans.starts[rows])]
    on_path = np.zeros(len(spans.starts), dtype=np.bool_)
    free, taken = 0, []
    ways = zip(rows.tolist(), spans.starts[rows].tolist(), spans.ends[rows].tolist(), strict=True)
    for row, start, end in ways:
        # an entity that would start inside another one is never reached
        if start >= free:
            taken.append(row)
            free = end
    on_path[taken] = True
    return on_path


def above_zero(p: float) -> float:
    """Return `p`, or the smallest number that counts as a probability."""
    return max(p, float(np.finfo(np.float64).tiny))


def _follow(
    table: TransitionTable, opened: _Open, *, temperature: float, limits: Limits
) -> Iterator[tuple[_Ends, _Left]]:
    """Yield the entities of 2, 3, ... tokens, and those given up there, while any is followed."""
    length = 2
    while len(opened.starts):
        tokens = opened.starts + length - 1
        must_close = table.must_close[tokens]
        inside, last = table.open_scores(opened.starts, tokens)
        # two actions are left, I-X and L-X: a softmax of two is a sigmoid of the difference
        # converted by name: numpy 1 would stay in single precision
        p_last = sigmoid((last - inside).astype(np.float64) / temperature)
        p_last[must_close] = 1.0
        # along the greedy label: those that end here, and those that it goes on with
        closes = must_close | _prefers_last(table, inside, last, opened.greedy)
        still = np.where(closes, NO_LABEL, opened.greedy)
        now = np.where(closes, opened.greedy, NO_LABEL)
        ended = opened.mass * p_last
        ends = _Ends(opened.starts, tokens + 1, ended, now)
        going = _Open(opened.starts, opened.mass - ended, still)
        opened, left = _split(going, opened.mass, length=length + 1, limits=limits)
        yield ends, left
        length += 1


def _split(
    opened: _Open, before: FloatArray | None, *, length: int, limits: Limits
) -> tuple[_Open, _Left]:
    """Return those to follow on to `length` tokens, and the others.

    `before` (n, n_labels) is the probability that they were open one token earlier.
    """
    # the greedy parser's own entity is followed whatever the limits: it must be found exactly
    go_on = limits.allow(opened.mass, length) | (opened.greedy != NO_LABEL)
    followed = _Open._make(column[go_on] for column in opened)
    lost = np.flatnonzero(~go_on)
    mass = _row_sums(opened.mass[lost])
    lost, mass = lost[mass > 0], mass[mass > 0]
    going_on = np.zeros(len(lost)) if before is None else mass / _row_sums(before[lost])
    starts = opened.starts[lost]
    return followed, _Left(starts, starts + length, mass, going_on)


def _spread(left: _Left, must_close: BoolArray) -> Iterator[Edges]:
    """Yield edges for entities that are no longer followed.

    From token to token as many of them go on as did last: a geometric distribution of their ends,
    cut where they must close and after `TAIL` tokens. Nothing is said of their labels.
    """
    for token in range(TAIL):
        stop = must_close[left.ends - 1] if token < TAIL - 1 else np.True_
        going = np.where(stop, 0.0, left.mass * left.going_on)
        yield Edges(left.starts, left.ends, left.mass - going)
        some = going > 0
        left = _Left(left.starts[some], left.ends[some] + 1, going[some], left.going_on[some])


def _prefers_last(
    table: TransitionTable, inside: Float32Array, last: Float32Array, labels: IndexArray
) -> BoolArray:
    """Return (n,): whether L-X beats I-X for the label X of each row; the earlier wins a tie."""
    if not len(table.actions.labels):
        return np.zeros(len(labels), dtype=np.bool_)
    # a row without a label (`NO_LABEL`) reads the last one's: nobody uses its answer
    rows = np.arange(len(labels))
    lead = last[rows, labels] - inside[rows, labels]
    prefers: BoolArray = (lead > 0) | ((lead == 0) & table.prefers_last[labels])
    return prefers


def _labels_by_column(columns: IndexArray, width: int) -> IndexArray:
    """Return (width,): the label whose action each column is, `NO_LABEL` elsewhere."""
    labels = np.full(width, NO_LABEL, dtype=np.intp)
    labels[columns] = np.arange(len(columns))
    return labels


def _row_sums(values: FloatArray) -> FloatArray:
    """Return (n,): the sums of short rows, several times as fast as a sum over an axis."""
    sums: FloatArray = values @ np.ones(values.shape[1])
    return sums


def _joined(parts: Iterable[Any]) -> list[NDArray[Any]]:
    """Return the columns of several parts, one after the other."""
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]
