"""A batch of texts as one table of states, and the loss on its scores."""

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
from prodigy_al.training.robust.targets import OpenStates, StateTargets, join_states

IMITATION = 0.3
"""Weight of the losses by which the student imitates the base."""


class Batch:
    """The states of some texts about which something is known, tokens counted through the texts.

    tokens, starts: (n,) the states, see `states.score_states`, in this order: the closed ones that
    are reached, those where rejected spans start; the open ones of known, of imitated and of
    rejected entities.
    """

    def __init__(
        self, texts: Sequence[StateTargets], actions: Actions, asked: Sequence[str]
    ) -> None:
        self._actions = actions
        self._asked = actions.starts(asked)
        first = np.cumsum([0, *(len(text.doc) for text in texts)])[:-1]
        # only the two token columns move with the text's place in the batch
        spans = [
            text.rejected + np.array([a, a, 0, 0]) for text, a in zip(texts, first, strict=True)
        ]
        starts, ends, labels, ends_there = np.concatenate(spans).T
        reached = np.flatnonzero(np.concatenate([text.reached for text in texts]))
        self._n_reached = len(reached)
        closed = np.concatenate([reached, starts])
        self._base = np.concatenate([text.base for text in texts])[closed]
        self._allowed = np.concatenate([text.allowed for text in texts])[closed]
        self._target = np.concatenate([text.target for text in texts])[reached]
        # one that goes on past its end is longer by a token at least, so it starts with B-X
        lengths = ends - starts + 1 - ends_there
        self._rejected_action = np.array(
            [actions.start(*span) for span in zip(labels, lengths, strict=True)], dtype=np.intp
        )
        self._of = np.repeat(np.arange(len(starts)), ends - starts - 1)
        self._open = [
            join_states([text.known for text in texts], first),
            join_states([text.imitated for text in texts], first),
            _inner(np.concatenate(spans)),
        ]
        nothing = np.full(len(closed), NOTHING_OPEN)
        self.tokens = np.concatenate([closed, *(states.tokens for states in self._open)])
        self.starts = np.concatenate([nothing, *(states.starts for states in self._open)])

    def loss(self, scores: Float32Array) -> tuple[float, Float32Array]:
        """Return the batch's loss, and its gradient by `scores` (n, n_actions)."""
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
        # a lead is score(L-X) - score(I-X), so that its gradient reaches both with opposite signs
        for where, states, by_lead in zip(opened, self._open, by_leads, strict=True):
            rows = np.arange(where.start, where.stop)
            gradient[rows, self._actions.last[states.labels]] = by_lead
            gradient[rows, self._actions.inside[states.labels]] = -by_lead
        return loss + on_rejected + on_known + IMITATION * on_imitated, gradient

    def _competing(self, own: Float32Array, base: Float32Array) -> Float32Array:
        """Return the merged network's scores: the student's for asked labels, else the base's."""
        scores: Float32Array = base.copy()
        scores[:, self._asked] = own[:, self._asked]
        return scores

    def _closed_loss(self, own: Float32Array) -> tuple[float, FloatArray]:
        n = self._n_reached
        gradient = np.zeros(own.shape)
        loss, gradient[:n] = start_loss(
            self._competing(own[:n], self._base[:n]), self._allowed[:n], self._asked, self._target
        )
        # the base is imitated wherever no asked entity is known to start
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
        # d log softmax_k / d score_j = [j = k] - p_j, kept for the student's actions alone
        gradient = np.zeros_like(p)
        gradient[:, self._asked] = -p[:, self._asked]
        gradient[rows, self._rejected_action] += 1
        return loss, gradient * by_start[:, None], by_lead

    def _lead(self, scores: Float32Array, states: OpenStates) -> Float32Array:
        """Return (n,): by how much the end of each open entity scores better than going on."""
        rows = np.arange(len(scores))
        last, inside = self._actions.last[states.labels], self._actions.inside[states.labels]
        lead: Float32Array = scores[rows, last] - scores[rows, inside]
        return lead


def _inner(spans: IndexArray) -> OpenStates:
    """Return the open states of spans (k, 4), as in `StateTargets.rejected`, after the first token.

    In the order of the spans, and within each from its second token to its last.
    """
    starts, ends, labels, ends_there = spans.T
    lengths = ends - starts - 1
    of = np.repeat(np.arange(len(starts)), lengths)
    # counts 0, 1, ... anew in every span
    nth = np.arange(len(of)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    tokens = starts[of] + 1 + nth
    closes = (tokens == ends[of] - 1) & (ends_there[of] == 1)
    return OpenStates(tokens, starts[of], labels[of], closes.astype(np.float64))
