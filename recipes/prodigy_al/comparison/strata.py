"""Kinds of segments (`sampling.kinds`): their shares of the pool, and of what was answered.

An arm that leaves out a kind cannot show it on its own answers. The thirds that tell the kinds
apart are those of the pool where ``--pool`` names it, else of the answers of an arm that stands for
it by its weights, a random one first. Nothing is chosen by the test set, which is only sorted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import source_of
from prodigy_al.comparison.pool import PoolSource
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable, weighted_scores
from prodigy_al.evaluation.paired import Side
from prodigy_al.evaluation.shares import chance_of_so_few
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.sampling.kinds import FEWEST_SEGMENTS, KIND_NAMES, Kinds, measure_texts
from prodigy_al.training.answers import Answer

SIZABLE = 0.05
"""Share of the pool from which on a kind is missed."""
LEVEL = 0.01
"""Chance, at most, that as many random answers hold so few of a kind that is said to be missed."""


@dataclass(frozen=True)
class PoolShare:
    """A kind's share of the pool in [0, 1], with its interval where it is estimated."""

    value: float
    interval: Estimate | Unavailable


@dataclass(frozen=True)
class Strata:
    """Kinds, and each one's share of the pool, by name.

    `by` is the arm whose `n` answers told both, None where the pool's `n` segments did.
    """

    kinds: Kinds
    shares: Mapping[str, PoolShare]
    by: Arm | None
    n: int

    def sort(self, items: Iterable[Answer]) -> list[str]:
        """Return the kind of each text."""
        return [self.kinds.name_text(_text(item)) for item in items]

    def missed(self, arm: Arm, items: Sequence[Answer]) -> Iterator[str]:
        """Yield the kinds of which answers hold under half of their share, and not by chance.

        `items` are answers of `arm`; of an arm that may have another pool nothing is known.
        """
        if self.by is not None and not (arm.records and source_of(arm) == source_of(self.by)):
            return
        found = Counter(self.sort(items))
        for kind, share in self.shares.items():
            if share.value < SIZABLE or found[kind] >= share.value / 2 * len(items):
                continue
            if chance_of_so_few(found[kind], len(items), share.value) <= LEVEL:
                yield kind


def find_strata(arms: Sequence[Arm], pool: PoolSource | None) -> Strata | Unavailable:
    """Return the kinds that the pool tells, else the first random arm, else another with weights.

    They are unavailable where fewer than 20 segments or answers tell them.
    """
    if pool is not None:
        return _of_pool(pool.segments)
    whole = [arm for arm in arms if arm.train.form == "full" and arm.records]
    for arm in sorted(whole, key=lambda arm: not arm.is_random):
        items, pi, groups = _drawn(arm)
        if len(items) >= FEWEST_SEGMENTS:
            return _of_answers(arm, items, pi, groups)
    return Unavailable(
        "kinds of segments are told by the pool (--pool), or by at least "
        f"{FEWEST_SEGMENTS} answers about whole segments that have probabilities"
    )


def in_words(name: str) -> str:
    """Return what a kind is called where people read it.

    >>> in_words("short table"), in_words("long text")
    ('short segments with capitals or digits, such as tables', 'long segments of running text')
    """
    length, look = name.split()
    return f"{length} segments " + (
        "with capitals or digits, such as tables" if look == "table" else "of running text"
    )


def share_within(side: Side, parts: FloatArray, inside: BoolArray) -> Estimate | Unavailable:
    """Return which share of all `parts` (n,) lies in the segments `inside` (n,), for new text.

    `side` tells what each of the n answers stands for, and its document.
    """
    weights = np.ones(len(parts)) if side.weights is None else side.weights
    found = weighted_scores(
        Counts(parts * inside, parts, parts),
        pi=weights.min() / weights,
        groups=side.groups,
        inflation=side.inflation,
    )
    return found if isinstance(found, Unavailable) else found.recall.new_text


def _of_pool(texts: Sequence[str]) -> Strata | Unavailable:
    if len(texts) < FEWEST_SEGMENTS:
        return Unavailable(
            f"the pool has {len(texts)} segments; kinds need at least {FEWEST_SEGMENTS}"
        )
    kinds = measure_texts(texts)
    found = Counter(map(kinds.name_text, texts))
    shares = {kind: found[kind] / len(texts) for kind in KIND_NAMES if found[kind]}
    exact = {kind: PoolShare(x, Estimate(x, x, x)) for kind, x in shares.items()}
    return Strata(kinds, exact, by=None, n=len(texts))


def _of_answers(arm: Arm, items: Sequence[Answer], pi: FloatArray, groups: Sequence[str]) -> Strata:
    kinds = measure_texts([_text(item) for item in items], 1 / pi)
    names = np.array([kinds.name_text(_text(item)) for item in items])
    shares = {}
    for kind in KIND_NAMES:
        inside = (names == kind).astype(np.float64)
        ones = np.ones(len(items))
        found = weighted_scores(Counts(inside, ones, ones), pi=pi, groups=groups)
        assert not isinstance(found, Unavailable)  # there are answers, each with its probability
        if found.recall.value:
            shares[kind] = PoolShare(found.recall.value, found.recall.pool)
    return Strata(kinds, shares, by=arm, n=len(items))


def _drawn(arm: Arm) -> tuple[list[Answer], FloatArray, list[str]]:
    """Return the answers of both folds that have a probability, with it, and their documents."""
    pi: dict[int, float] = {}
    for fold in ("train", "dev"):
        drawn = [(key, record) for key, record in arm.records.items() if record.fold == fold]
        found = inclusion(drawn).tolist()
        pi |= {key: p for (key, _), p in zip(drawn, found, strict=True) if not np.isnan(p)}
    items = [item for item in (*arm.train.items, *arm.dev.items) if item.input_hash in pi]
    keys = [item.input_hash for item in items]
    return items, np.array([pi[key] for key in keys]), [arm.groups[key] for key in keys]


def _text(item: Answer) -> str:
    spaces = (" " if space else "" for space in item.spaces)
    return "".join(part for pair in zip(item.words, spaces, strict=True) for part in pair)
