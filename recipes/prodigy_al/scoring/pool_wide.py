"""What is known of a segment only beside all others that are scored with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from prodigy_al.arrays import Float32Array, FloatArray


def occurrences_elsewhere(
    forms: Sequence[Sequence[str]], marginals: Sequence[FloatArray]
) -> list[FloatArray]:
    """Return for each segment (n,): how often the text of its spans is expected in all others.

    `forms` are the texts of the spans of each segment, `marginals` (n,) their probabilities.

    >>> half, most = np.array([0.5]), np.array([0.75])
    >>> occurrences_elsewhere([["acme"], ["acme"], ["oslo"]], [half, most, half])
    [array([0.75]), array([0.5]), array([0.])]
    """
    own = [_counted(names, p) for names, p in zip(forms, marginals, strict=True)]
    everywhere: Counter[str] = Counter()
    for counts in own:
        everywhere.update(counts)
    # a sum less its own part may be below 0 by the last bit
    return [
        np.array([max(everywhere[name] - counts[name], 0.0) for name in names], dtype=np.float64)
        for names, counts in zip(forms, own, strict=True)
    ]


def label_balance(
    labels: Sequence[Sequence[str]], marginals: Sequence[FloatArray]
) -> list[FloatArray]:
    """Return for each segment (n,) > 0: how much rarer the label of each span is than the mean one.

    It is the mean number of entities expected of a label in all segments over that of this label,
    1 added to both, so that a label of which next to none is expected has no infinite weight.
    `labels` are those of the spans of each segment, `marginals` (n,) their probabilities. Labels
    without any candidate do not count; of a single one all are 1.

    >>> three, one = np.array([1.0, 1.0, 1.0]), np.array([1.0])
    >>> label_balance([["ORG", "ORG", "ORG"], ["LAW"]], [three, one])
    [array([0.75, 0.75, 0.75]), array([1.5])]
    """
    expected: Counter[str] = Counter()
    for names, p in zip(labels, marginals, strict=True):
        expected.update(_counted(names, p))
    mean = sum(expected.values()) / max(len(expected), 1)
    return [
        np.array([(mean + 1) / (expected[name] + 1) for name in names], dtype=np.float64)
        for names in labels
    ]


def densities(vectors: Float32Array) -> FloatArray:
    """Return (N,) in [-1, 1]: the mean cosine similarity of each row of `vectors` with all rows.

    Its own is one of them. A row of zeros resembles none.

    >>> densities(np.eye(2, dtype=np.float32)).tolist()
    [0.5, 0.5]
    """
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    unit = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    # the mean over all pairs with one row is a product with the mean row
    return np.asarray(np.clip(unit @ unit.mean(axis=0), -1.0, 1.0))


def _counted(names: Sequence[str], p: FloatArray) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, expected in zip(names, p.tolist(), strict=True):
        counts[name] += expected
    return counts
