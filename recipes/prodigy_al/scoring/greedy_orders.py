"""What a segment adds to those that were taken before it, where the best is taken first.

A score of one segment cannot see that the next one says the same. Here all segments that are scored
together are taken one by one, each time the one that adds most; what a segment adds when its turn
comes is its score. That never grows while others are taken, so the order of the scores is the order
of taking. It follows from the model and the segments alone, and nothing is left to chance: so a
draw by such scores has known probabilities as by any other.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from prodigy_al.arrays import Float32Array, FloatArray

MOST_TAKEN = 4096
"""More than are annotated; each takes a look at all others."""
QUOTA = 1.0
"""Expected entities of one text, after which another one counts for nothing."""


def apart_when_taken(vectors: Float32Array, worth: FloatArray) -> FloatArray:
    """Return (N,) in [0, 1]: how far each row of `vectors` is from the nearest one taken before.

    Distances are those of rows scaled to length 1, divided by √2 and at most 1, which is also that
    of the row taken first and of a row of zeros. Taken is what has most `worth` (N,), >= 0, times
    distance: the greedy rule for weighted k-centre (Dyer & Frieze 1985, "A simple heuristic for the
    p-centre problem", Operations Research Letters 3; without weights Sener & Savarese 2018, "Active
    learning for convolutional neural networks: a core-set approach", algorithm 1). After
    `MOST_TAKEN` the rest are held against these alone.

    >>> pair = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    >>> apart_when_taken(pair, np.array([2.0, 3.0, 1.0])).tolist()
    [0.0, 1.0, 1.0]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    apart, left = np.ones(len(vectors)), np.ones(len(vectors), dtype=np.bool_)
    for _ in range(min(MOST_TAKEN, len(vectors))):
        gains = worth * apart * left
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        left[best] = False  # its own distance stays what it was
        alike = np.clip((unit @ unit[best]).astype(np.float64), 0.0, 1.0)
        np.minimum(apart, np.sqrt(1.0 - alike), out=apart, where=left)
    return apart


def room_when_taken(
    forms: Sequence[Sequence[str]], marginals: Sequence[FloatArray]
) -> list[FloatArray]:
    """Return for each segment (n,), 1 or 0: whether the text of each span is still wanted then.

    It is while fewer than `QUOTA` entities of this text are expected in the segments taken before.
    `forms` are the texts of the spans of each segment, `marginals` (n,) their probabilities p.
    Taken is what has the largest Σ p(1-p) over spans that are wanted. As none becomes wanted again,
    only the first in the queue need be worked out anew (Minoux 1978, "Accelerated greedy algorithms
    for maximizing submodular set functions").

    >>> half = np.array([0.5])
    >>> [room.tolist() for room in room_when_taken([["acme"]] * 3 + [["oslo"]], [half] * 4)]
    [[1.0], [1.0], [0.0], [1.0]]
    """
    expected: defaultdict[str, float] = defaultdict(float)

    def room_of(i: int) -> FloatArray:
        return np.array([float(expected[name] < QUOTA) for name in forms[i]], dtype=np.float64)

    worth = [p * (1 - p) for p in marginals]
    found = [np.ones(len(names)) for names in forms]
    queue = [(-float(np.sum(own)), i) for i, own in enumerate(worth)]
    heapq.heapify(queue)
    while queue:
        promised, i = heapq.heappop(queue)
        found[i] = room_of(i)
        gain = float(np.sum(worth[i] * found[i]))
        if gain < -promised:
            heapq.heappush(queue, (-gain, i))
            continue
        for name, p in zip(forms[i], marginals[i].tolist(), strict=True):
            expected[name] += p
    return found
