"""A committee of recognisers: the one that there is, each member with some of its input left out.

Dropout in a trained network draws from what the network might as well have become (Gal &
Ghahramani 2016, "Dropout as a Bayesian approximation: representing model uncertainty in deep
learning", section 4). Members differ in the numbers of a token vector that they do not read. A
member leaves out the same ones of every token of every text (Gal & Ghahramani 2016, "A
theoretically grounded application of dropout in recurrent neural networks", section 4), so that it
is one network and not another at each token. Which ones follows from its number alone: a committee
is the same in any process and at any time, and its scores can be worked out again.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from prodigy_al.arrays import Float32Array, FloatArray, IndexArray
from prodigy_al.sampling.keys import hashed_uniforms
from prodigy_al.scoring.lattice import Limits, Spans, build_lattice, forward
from prodigy_al.scoring.transitions import TransitionTable

MEMBERS = 8
RATE = 0.1
"""The share of the numbers that a member leaves out: spaCy's own in training (`training.dropout` of
`init config`). What a network was not trained to do without would say nothing of its doubts."""
TAG = "committee"


def probabilities_by_member(
    spans: Spans, table: TransitionTable, *, members: int, temperature: float, limits: Limits
) -> Float32Array:
    """Return (n, members): the probability of each of n spans under each member.

    `limits` are those of the recogniser as a whole. A member follows an entity while it is open
    with at least probability `limits.prune`; what it does not follow has probability 0.
    """
    # what the whole recogniser lists, a member may find less likely than that
    limits = replace(limits, floor=min(limits.floor, limits.prune))
    found = np.zeros((len(spans.starts), members), dtype=np.float32)
    for member in range(members):
        thinned = table.multiplied(factors(member, table.width))
        lattice = build_lattice(thinned, temperature=temperature, limits=limits)
        alpha = forward(lattice.edges, table.bounds)
        found[:, member] = _look_up(spans, lattice.spans, alpha)
    return found


def factors(member: int, width: int) -> Float32Array:
    """Return (width,): 0 where a member leaves a number out, else what makes up for those.

    >>> factors(0, 12).round(2).tolist() == factors(0, 24)[:12].round(2).tolist()
    True
    """
    kept = hashed_uniforms(TAG, member, last=range(width)) >= RATE
    return (kept / (1 - RATE)).astype(np.float32)


def _look_up(wanted: Spans, found: Spans, alpha: FloatArray) -> FloatArray:
    """Return (n,): the marginals of the wanted spans, 0 for those that were not found.

    `alpha` (n_tokens,) is the probability that no entity is open before each token.
    """
    n_labels = 1 + max(wanted.labels.max(initial=0), found.labels.max(initial=0))

    def keys(spans: Spans) -> IndexArray:
        numbers: IndexArray = (spans.starts * (len(alpha) + 1) + spans.ends) * n_labels
        return numbers + spans.labels

    order = np.argsort(keys(found))
    there, asked = keys(found)[order], keys(wanted)
    if not len(there):
        return np.zeros(len(asked))
    at = np.minimum(np.searchsorted(there, asked), len(there) - 1)
    p = alpha[found.starts[order[at]]] * found.p[order[at]]
    return np.where(there[at] == asked, p, 0.0)
