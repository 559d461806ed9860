"""How much more documents differ in size over the whole source than among the dev answers.

New text brings new documents, and what they add to the variance grows with the squares of their
sizes. Where a few documents are much larger than all others, most dev folds hold none of them: the
spread between the documents that were answered is then too small, and an interval from it too
short. Sizes need no labels. Answers of the train fold, each times its weight, tell those of the
documents that the dev fold does not hold.

With s_k the size of document k and S the sum of all, C = Σ (s_k/S)² is the concentration of sizes
(Simpson 1949; 1/C is the effective number of documents). A dev fold with the share q of a source
of concentration C has a concentration of C/q on average; a fold that by chance has C_dev instead
shows C_dev / (C/q) of the variance between documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import FloatArray


@dataclass(frozen=True)
class Sizes:
    """What is known of one fold's documents: their concentration in (0, 1], and their total."""

    concentration: float
    total: float


def document_sizes(groups: Sequence[str], weights: FloatArray) -> Sizes:
    """Return the sizes of the documents `groups` (n,) of answers that stand for `weights` (n,).

    An answer and itself are in one document whatever the sizes are, so only pairs of different
    answers count, which leaves no bias where answers are few; 0 where no two share a document.
    """
    _, codes = np.unique(np.asarray(groups), return_inverse=True)
    alone = float((weights**2).sum())
    total = float(weights.sum())
    pairs = float((np.bincount(codes, weights) ** 2).sum()) - alone
    everything = total**2 - alone
    return Sizes(max(0.0, pairs / everything) if everything > 0 else 0.0, total)


def variance_inflation(dev: Sizes, train: Sizes) -> float:
    """Return by what factor, at least 1, the dev answers understate the variance between documents.

    1 where the sizes in the two folds are alike, where one of them has no answer or none of the dev
    answers shares its document with another.

    >>> variance_inflation(Sizes(0.04, 25.0), Sizes(0.013333333333333334, 75.0))
    1.0
    >>> round(variance_inflation(Sizes(0.04, 25.0), Sizes(0.04, 75.0)), 2)
    2.5
    """
    if dev.concentration == 0 or train.total == 0:
        return 1.0
    q = dev.total / (dev.total + train.total)
    whole = q**2 * dev.concentration + (1 - q) ** 2 * train.concentration
    return max(1.0, whole / (q * dev.concentration))


def inflate_between(variance: float, within: float, inflation: float) -> float:
    """Return a variance whose part between documents, all but `within`, is times `inflation`.

    `within` is what it would be if answers of one document had nothing to do with each other.

    >>> inflate_between(5.0, 2.0, 3.0), inflate_between(2.0, 5.0, 3.0)
    (11.0, 2.0)
    """
    return variance + (inflation - 1) * max(0.0, variance - within)
