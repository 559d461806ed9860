"""Classifier two-sample test: can a classifier tell the asked segments from the rest of the pool?

Lopez-Paz & Oquab 2017 ("Revisiting classifier two-sample tests", ICLR, section 3): train one on a
part of both samples and see how well it does on the rest. Here every segment is judged by a
classifier that has not seen its document (cross-fitting), and the statistic is the AUC, which knows
no threshold. Its p-value is by permuting who was asked (as in Kim, Ramdas, Singh & Wasserman 2021,
Annals of Statistics 49(1)): exact where segments were asked at random.

The classifier is a ridge regression on the labels, which for two classes is a regularised linear
discriminant (Hastie, Tibshirani & Friedman 2009, section 4.3). All permutations share the segments,
so that one fit of many targets serves them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from prodigy_al.arrays import AnyFloatArray, BoolArray, Float32Array, FloatArray, IntArray
from prodigy_al.evaluation.auc import Auc, auc
from prodigy_al.evaluation.estimators import Unavailable

PERMUTATIONS = 999
FOLDS = 5
FEWEST_GROUPS = 2 * FOLDS
"""Below it documents make no folds, and segments do."""
REST = 4
"""So many times the asked segments of the rest of the pool are enough to compare with."""
FEWEST_REST = 2000
RIDGE = 100.0
MISSING = "scikit-learn is not installed: pip install 'prodigy-al[report]'"


@dataclass(frozen=True, eq=False)
class TwoSample:
    """How well asked segments are told from the rest, and `p`, one-sided, of at least 1/1,000.

    `propensity` (N,) in [0, 1] is each segment's rank among all those that were judged by the same
    classifier, the largest where it looks most like an asked one; NaN for segments that were left
    out to save time. `drawn` (1 + permutations,) are the AUC and those of the permuted labels, ties
    settled by chance; `by_chance` (permutations, kept) the propensities of the segments to keep, in
    their order, under classifiers of permuted labels.
    """

    auc: Auc
    p: float
    drawn: FloatArray
    propensity: FloatArray
    by_chance: FloatArray


def available() -> bool:
    """Return whether scikit-learn, of the extra ``report``, is installed."""
    return find_spec("sklearn") is not None


def compare_samples(
    columns: AnyFloatArray,
    asked: BoolArray,
    groups: IntArray,
    *,
    rng: np.random.Generator,
    permutations: int = PERMUTATIONS,
    keep: BoolArray | None = None,
    whole_documents: bool = False,
) -> TwoSample | Unavailable:
    """Tell the `asked` (N,) segments from the rest by `columns` (N, k), documents in `groups` (N,).

    `keep` (N,): segments of the rest that must be among those judged. `whole_documents`: who was
    asked is permuted by document; it has to be the same for all segments of one. With
    `permutations` 0 there is no test and p is 1. Needs scikit-learn.
    """
    if asked.sum() < FOLDS * 2 or (~asked).sum() < FOLDS * 2:
        return Unavailable(
            f"{int(asked.sum())} of {len(asked)} segments were asked about; at least {FOLDS * 2} "
            "asked ones and as many others are needed"
        )
    chosen = _choose(asked, keep, rng)
    labels, own = asked[chosen], groups[chosen]
    folds = _folds(own)
    targets = _permute(labels, own if whole_documents else None, permutations, rng)
    judged = _cross_fit(np.asarray(columns[chosen], dtype=np.float32), targets, folds)
    drawn = _aucs(judged, targets > 0.5, folds)
    # how much the AUC differs by the classifiers that chance trains, which items do not show
    least = float(drawn[1:].std(ddof=1)) if permutations > 1 else 0.0
    numbers = judged[:, 0].astype(np.float64)
    found = auc(numbers, labels, groups=own, parts=folds, least_error=least)
    if isinstance(found, Unavailable):
        return found
    p = (1 + int((drawn[1:] >= drawn[0]).sum())) / (1 + permutations)
    propensity = np.full(len(asked), np.nan)
    propensity[chosen] = _ranks(judged[:, 0], folds)
    by_chance = np.zeros((permutations, 0))
    if keep is not None:
        place = np.zeros(len(asked), dtype=np.intp)
        place[chosen] = np.arange(len(chosen))
        kept = place[np.flatnonzero(keep)]
        by_chance = np.array([_ranks(column, folds)[kept] for column in judged.T[1:]])
    return TwoSample(found, p, drawn, propensity, by_chance)


def joint_p(found: Sequence[TwoSample]) -> float:
    """Return one p-value of several tests of the same segments by the same permutations.

    The statistic is the sum of the AUCs, each in standard deviations over all permutations: two
    views that lean to one side tell more than the clearer one, and permuting who was asked keeps
    what they have in common (nonparametric combination: Pesarin & Salmaso 2010, "Permutation Tests
    for Complex Data", chapter 4).
    """
    drawn = np.array([one.drawn for one in found])
    spread = drawn.std(axis=1, keepdims=True)
    # what tells all segments alike tells nothing, whoever was asked
    total = ((drawn - drawn.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)).sum(0)
    return float((total >= total[0]).mean())


def _choose(asked: BoolArray, keep: BoolArray | None, rng: np.random.Generator) -> IntArray:
    """Return the places of the asked segments and of enough others, in random order.

    The order settles ties, so that none of them goes with the order of the source.
    """
    kept = ~asked & (np.zeros_like(asked) if keep is None else keep)
    rest = np.flatnonzero(~asked & ~kept)
    wanted = max(REST * int(asked.sum()), FEWEST_REST)
    if rest.size > wanted:
        rest = rng.choice(rest, wanted, replace=False)
    return rng.permutation(np.concatenate([np.flatnonzero(asked | kept), rest]))


def _permute(
    labels: BoolArray, groups: IntArray | None, permutations: int, rng: np.random.Generator
) -> Float32Array:
    """Return (n, 1 + permutations) the labels and permuted ones; by whole `groups` if given."""
    own, of_groups = np.arange(len(labels)), labels
    if groups is not None:
        _, at, own = np.unique(groups, return_index=True, return_inverse=True)
        of_groups = labels[at]
    targets = np.empty((len(labels), permutations + 1), dtype=np.float32)
    targets[:, 0] = labels
    for column in range(1, permutations + 1):
        targets[:, column] = rng.permutation(of_groups)[own]
    return targets


def _folds(groups: IntArray) -> IntArray:
    """Return each segment's fold, whole documents in one."""
    from sklearn.model_selection import GroupKFold

    codes = np.unique(groups, return_inverse=True)[1]
    if codes.max() + 1 < FEWEST_GROUPS:
        codes = np.arange(len(groups))
    folds = np.zeros(len(groups), dtype=np.int64)
    for fold, (_, held_out) in enumerate(GroupKFold(FOLDS).split(codes, groups=codes)):
        folds[held_out] = fold
    return folds


def _cross_fit(columns: Float32Array, targets: Float32Array, folds: IntArray) -> Float32Array:
    """Return (n, targets) what a classifier of the other folds makes of each segment."""
    from sklearn.linear_model import Ridge
    from sklearn.preprocessing import StandardScaler

    scaled = StandardScaler().fit_transform(columns)
    judged = np.empty_like(targets)
    for fold in np.unique(folds):
        held_out = folds == fold
        # rows are as many as the ridge is heavy only where there are hardly any
        model = Ridge(alpha=RIDGE, solver="cholesky").fit(scaled[~held_out], targets[~held_out])
        judged[held_out] = model.predict(scaled[held_out]).reshape(-1, targets.shape[1])
    return judged


def _aucs(judged: Float32Array, labels: BoolArray, folds: IntArray) -> FloatArray:
    """Return the AUC of each column within the folds, ties settled by the order of the rows."""
    exceeded = pairs = np.zeros(judged.shape[1])
    for fold in np.unique(folds):
        own = folds == fold
        order = np.argsort(judged[own], axis=0, kind="stable")
        sorted_labels = np.take_along_axis(labels[own], order, axis=0)
        asked = sorted_labels.sum(axis=0, dtype=np.int64)
        ranks = np.arange(1, own.sum() + 1)
        exceeded = exceeded + ranks @ sorted_labels - asked * (asked + 1) / 2
        pairs = pairs + asked * (own.sum() - asked)
    return np.asarray(exceeded / np.maximum(pairs, 1), dtype=np.float64)


def _ranks(judged: Float32Array, folds: IntArray) -> FloatArray:
    ranks = np.empty(len(judged))
    for fold in np.unique(folds):
        own = np.flatnonzero(folds == fold)
        ranks[own[np.argsort(judged[own], kind="stable")]] = (np.arange(own.size) + 0.5) / own.size
    return ranks
