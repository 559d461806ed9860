"""All parses of a batch of docs as a lattice, and the probability of passing each of its points.

Points are "no entity is open before token i"; an edge is one token outside, or one entity from its
first token to its end. Tokens are counted through the batch as in `transitions`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from prodigy_al.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from prodigy_al.ner.probabilities import sigmoid, softmax
from prodigy_al.scoring.transitions import TransitionTable

NO_LABEL = -1


@dataclass(frozen=True, slots=True)
class Edges:
    """n ways from one point to a later one, each with probabilities given its start.

    starts, ends: (n,) tokens, end exclusive; named: (n, n_labels) probability of an entity that
    covers exactly these tokens; silent: (n,) probability of getting there without naming one;
    greedy: (n,) label of the entity that a greedy parser takes here once it gets to the start,
    or `NO_LABEL`.
    """

    starts: IndexArray
    ends: IndexArray
    named: FloatArray
    silent: FloatArray
    greedy: IndexArray


@dataclass(frozen=True, slots=True)
class Limits:
    """Which open entities are followed: up to `max_length` tokens, down to probability `prune`."""

    prune: float
    max_length: int | None

    def allow(self, mass: FloatArray, length: int) -> BoolArray:
        """Return (n,): whether entities open with `mass` (n, n_labels) may get `length` tokens."""
        largest = mass.max(axis=1, initial=0.0)
        if self.max_length is not None and length > self.max_length:
            return np.zeros(len(mass), dtype=np.bool_)
        allowed: BoolArray = (largest > 0) & (largest >= self.prune)
        return allowed


@dataclass(frozen=True, slots=True)
class _Open:
    """Entities that are open: (n,) first tokens, (n, n_labels) probabilities, (n,) greedy label."""

    starts: IndexArray
    mass: FloatArray
    greedy: IndexArray

    def split(self, limits: Limits, length: int) -> tuple[_Open, FloatArray]:
        """Return those to follow on to `length` tokens, and (n,) the mass that is not followed."""
        # the greedy parser's own entity is followed whatever the limits: it must be found exactly
        go_on = limits.allow(self.mass, length) | (self.greedy != NO_LABEL)
        followed = _Open(self.starts[go_on], self.mass[go_on], self.greedy[go_on])
        return followed, np.where(go_on, 0.0, self.mass.sum(axis=1))


def build_edges(
    table: TransitionTable, *, temperature: float, limits: Limits
) -> tuple[Edges, FloatArray]:
    """Return the edges of the lattice, and (n_tokens, n_labels) P(an entity begins here).

    The probabilities of the edges out of one point add up to 1, whatever the limits. Both results
    are conditional on passing the point; the greedy labels do not depend on the temperature.
    """
    actions, scores = table.actions, table.closed_scores()
    best = scores.argmax(axis=1)
    p = softmax(scores, temperature)
    begin, unit = p[:, actions.begin], p[:, actions.unit]
    tokens = np.arange(table.n_tokens)
    width = scores.shape[1]
    # an entity of one token is an edge at once; one of several stays open after its first
    begun = _Open(tokens, begin, _labels_by_column(actions.begin, width)[best])
    followed, left = begun.split(limits, 2)
    greedy_unit = _labels_by_column(actions.unit, width)[best]
    # what is not followed counts as an entity that ends here without saying which
    single = Edges(tokens, tokens + 1, unit, p[:, actions.outside] + left, greedy_unit)
    longer = _follow(table, followed, temperature=temperature, limits=limits)
    return _joined([single, *longer]), begin + unit


def forward(edges: Edges, bounds: IndexArray) -> FloatArray:
    """Return (n_tokens,): the probability that no entity is open before each token.

    `bounds` (n_docs + 1,) are the first tokens of the docs and the end of the last one.
    """
    alpha = np.zeros(bounds[-1])
    alpha[bounds[:-1][np.diff(bounds) > 0]] = 1.0
    # edges to the end of a doc would otherwise run into the next one
    inner = ~np.isin(edges.ends, bounds)
    starts, ends = edges.starts[inner], edges.ends[inner]
    weights = (edges.named.sum(axis=1) + edges.silent)[inner]
    position = starts - bounds[np.searchsorted(bounds, starts, side="right") - 1]
    order = np.argsort(position, kind="stable")
    starts, ends, weights, position = (a[order] for a in (starts, ends, weights, position))
    cuts = np.searchsorted(position, np.arange(position.max(initial=0) + 2))
    # one step of the recursion for the i-th tokens of all docs at once: an edge leads on from its
    # start, so alpha of the i-th tokens is complete once all earlier ones have been passed on
    for low, high in pairwise(cuts.tolist()):
        np.add.at(alpha, ends[low:high], alpha[starts[low:high]] * weights[low:high])
    return alpha


def greedy_path(edges: Edges) -> BoolArray:
    """Return (n,): which edges are entities of the greedy parse, the best action at each step."""
    rows = np.flatnonzero(edges.greedy != NO_LABEL)
    rows = rows[np.argsort(edges.starts[rows])]
    on_path = np.zeros(len(edges.starts), dtype=np.bool_)
    free = 0
    for row, start, end in zip(rows, edges.starts[rows], edges.ends[rows], strict=True):
        # an entity that would start inside another one is never reached
        if start >= free:
            on_path[row] = True
            free = end
    return on_path


def _follow(
    table: TransitionTable, opened: _Open, *, temperature: float, limits: Limits
) -> Iterator[Edges]:
    """Yield the edges of entities of 2, 3, ... tokens, until nothing is left to follow."""
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
        open_on = _Open(opened.starts, opened.mass * (1 - p_last), still)
        followed, left = open_on.split(limits, length + 1)
        yield Edges(opened.starts, tokens + 1, opened.mass * p_last, left, now)
        opened, length = followed, length + 1


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


def _joined(parts: list[Edges]) -> Edges:
    return Edges(
        np.concatenate([part.starts for part in parts]),
        np.concatenate([part.ends for part in parts]),
        np.concatenate([part.named for part in parts]),
        np.concatenate([part.silent for part in parts]),
        np.concatenate([part.greedy for part in parts]),
    )
