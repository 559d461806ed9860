"""A batch of segments as one table of states, and the loss on its scores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from prodigy_al.arrays import Float32Array, FloatArray, IndexArray
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.probabilities import masked_softmax
from prodigy_al.ner.states import NOTHING_OPEN
from prodigy_al.training.robust.losses import (
    NO_START,
    closing_loss,
    imitation_loss,
    reject_loss,
    start_loss,
)
from prodigy_al.training.robust.targets import Open, Segment

IMITATION = 0.3
"""Weight of the losses by which the student imitates the base."""


class Batch:
    """The states of some segments that say something, tokens counted through the segments.

    tokens, starts: (n,) the states, see `states.score_states`, in this order: the closed ones that
    are reached, those where rejected spans start; the open ones of known, of imitated and of
    rejected entities.
    """

    def __init__(self, segments: Sequence[Segment], actions: Actions, asked: Sequence[str]) -> None:
        self._actions = actions
        self._asked = actions.starts(asked)
        first = np.cumsum([0, *(len(segment.doc) for segment in segments)])[:-1]
        spans = [s.rejected + np.array([a, a, 0, 0]) for s, a in zip(segments, first, strict=True)]
        starts, ends, labels, ends_there = np.concatenate(spans).T
        reached = np.flatnonzero(np.concatenate([segment.reached for segment in segments]))
        self._n_reached = len(reached)
        closed = np.concatenate([reached, starts])
        self._base = np.concatenate([segment.base for segment in segments])[closed]
        self._allowed = np.concatenate([segment.allowed for segment in segments])[closed]
        self._target = np.concatenate([segment.target for segment in segments])[reached]
        self._rejected_action = np.array(
            [
                actions.start(*span)
                for span in zip(labels, ends - starts + 1 - ends_there, strict=True)
            ],
            dtype=np.intp,
        )
        self._of = np.repeat(np.arange(len(starts)), ends - starts - 1)
        self._open = [
            _joined([segment.known for segment in segments], first),
            _joined([segment.imitated for segment in segments], first),
            _inner(starts, ends, labels, ends_there),
        ]
        nothing = np.full(len(closed), NOTHING_OPEN)
        self.tokens = np.concatenate([closed, *(states.tokens for states in self._open)])
        self.starts = np.concatenate([nothing, *(states.starts for states in self._open)])

    def loss(self, scores: Float32Array) -> tuple[float, Float32Array]:
        """The batch's loss, and its gradient by `scores` (n, n_actions)."""
        sizes = [len(self._base), *(len(states.tokens) for states in self._open)]
        closed, *opened = (slice(a, b) for a, b in pairwise(np.cumsum([0, *sizes]).tolist()))
        own = scores[closed][:, self._actions.closed]
        leads = [self._lead(scores[s], o) for s, o in zip(opened, self._open, strict=True)]
        loss, by_closed = self._closed_loss(own)
        on_rejected, by_starts, by_last = self._reject_loss(own[self._n_reached :], leads[2])
        by_closed[self._n_reached :] = by_starts
        on_known, by_known = closing_loss(leads[0], self._open[0].closing)
        on_imitated, by_imitated = closing_loss(leads[1], self._open[1].closing)
        gradient = np.zeros_like(scores)
        gradient[closed, self._actions.closed] = by_closed
        by_leads = (by_known, IMITATION * by_imitated, by_last)
        for where, states, by_lead in zip(opened, self._open, by_leads, strict=True):
            rows = np.arange(where.start, where.stop)
            gradient[rows, self._actions.last[states.labels]] = by_lead
            gradient[rows, self._actions.inside[states.labels]] = -by_lead
        return loss + on_rejected + on_known + IMITATION * on_imitated, gradient

    def _competing(self, own: Float32Array, base: Float32Array) -> Float32Array:
        """The scores of the merged network: the student's for the asked labels, else the base's."""
        scores: Float32Array = base.copy()
        scores[:, self._asked] = own[:, self._asked]
        return scores

    def _closed_loss(self, own: Float32Array) -> tuple[float, FloatArray]:
        n = self._n_reached
        gradient = np.zeros(own.shape)
        loss, gradient[:n] = start_loss(
            self._competing(own[:n], self._base[:n]), self._allowed[:n], self._asked, self._target
        )
        others = np.setdiff1d(np.arange(own.shape[1]), self._asked)
        there = np.ix_(np.flatnonzero(self._target <= NO_START), others)
        imitation, by_others = imitation_loss(own[there], self._base[there], self._allowed[there])
        gradient[there] = IMITATION * by_others
        return loss + IMITATION * imitation, gradient

    def _reject_loss(
        self, own: Float32Array, lead: Float32Array
    ) -> tuple[float, FloatArray, FloatArray]:
        n, rows = self._n_reached, np.arange(len(own))
        p = masked_softmax(self._competing(own, self._base[n:]), self._allowed[n:])
        start_p = np.maximum(p[rows, self._rejected_action], np.finfo(np.float32).tiny)
        closes = self._open[2].closing == 1
        loss, by_start, by_lead = reject_loss(np.log(start_p), lead, self._of, closes)
        gradient = np.zeros_like(p)
        gradient[:, self._asked] = -p[:, self._asked]
        gradient[rows, self._rejected_action] += 1
        return loss, gradient * by_start[:, None], by_lead

    def _lead(self, scores: Float32Array, states: Open) -> Float32Array:
        """(n,): by how much the end of each open entity scores better than going on."""
        rows = np.arange(len(scores))
        last, inside = self._actions.last[states.labels], self._actions.inside[states.labels]
        lead: Float32Array = scores[rows, last] - scores[rows, inside]
        return lead


def _joined(parts: Sequence[Open], first: IndexArray) -> Open:
    return Open(
        np.concatenate([part.tokens + a for part, a in zip(parts, first, strict=True)]),
        np.concatenate([part.starts + a for part, a in zip(parts, first, strict=True)]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.closing for part in parts]),
    )


def _inner(
    starts: IndexArray, ends: IndexArray, labels: IndexArray, ends_there: IndexArray
) -> Open:
    """The open states of spans, from their second token to their last."""
    lengths = ends - starts - 1
    of = np.repeat(np.arange(len(starts)), lengths)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    tokens = starts[of] + 1 + nth
    closes = (tokens == ends[of] - 1) & (ends_there[of] == 1)
    return Open(tokens, starts[of], labels[of], closes.astype(np.float64))
