"""Were the questions taken from the top of a source that changes along its way?

Whoever reads a source from its top and stops has asked about its first part alone. That selects
nothing where texts stand in random order, and may select much in an archive that is sorted by kind
or by date. The questions themselves tell little of it, since they are few and of few documents; the
source tells much, since all of its documents do. So two things are asked: do nearly all questions
stand near the top, and does the first half of the source differ from the second? Only where both
are beyond chance do the questions differ from the pool by its order: p is the larger of the two (an
intersection-union test: Berger 1982, Technometrics 24(4)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import AnyFloatArray, BoolArray, IntArray
from prodigy_al.diagnosis.evidence import Evidence
from prodigy_al.diagnosis.two_sample import PERMUTATIONS, TwoSample, compare_samples, joint_p
from prodigy_al.evaluation.bootstrap import LEVEL
from prodigy_al.evaluation.shares import chance_of_so_many

NEARLY_ALL = 0.95
MOST_SEGMENTS = 4000
"""So many segments of a source tell whether its halves differ."""


@dataclass(frozen=True)
class SourceOrder:
    """Nearly all questions stand in the first `reach` (0, 1] of the source; `p` that chance did it.

    `halves` are the tests between the halves of the source by each view. They are not made, and p
    is 1, where the questions reach about as far as random ones do.
    """

    reach: float
    p: float
    halves: Mapping[str, TwoSample]

    @property
    def selects(self) -> bool:
        """Whether it is beyond chance, as one of the two tests of a selection (Bonferroni)."""
        return 2 * self.p < LEVEL


def judge_order(
    evidence: Evidence, views: Mapping[str, AnyFloatArray], *, permutations: int = PERMUTATIONS
) -> SourceOrder:
    """Return how far questions reach and whether the source changes, by `views` (N, k) of it."""
    reach, p = find_reach(evidence)
    halves: dict[str, TwoSample] = {}
    if p < LEVEL:
        chosen, first = _halves(evidence.pool.codes, np.random.default_rng(evidence.seed))
        for name, columns in views.items():
            one = compare_samples(
                columns[chosen],
                first[chosen],
                evidence.pool.codes[chosen],
                rng=np.random.default_rng(evidence.seed),
                permutations=permutations,
                whole_documents=True,
            )
            if isinstance(one, TwoSample):
                halves[name] = one
    return SourceOrder(reach, max(p, joint_p(list(halves.values()))) if halves else 1.0, halves)


def find_reach(evidence: Evidence) -> tuple[float, float]:
    """Return the share of the source, from its top, that holds 95 % of the questions, and p of it.

    p is the chance that random questions stand so near the top, by the binomial distribution: drawn
    without replacement they would do so even less.
    """
    at = np.sort(evidence.at)
    enough = int(np.ceil(NEARLY_ALL * at.size))
    reach = float(at[enough - 1] + 1) / len(evidence.pool)
    return reach, chance_of_so_many(enough, at.size, reach)


def _halves(codes: IntArray, rng: np.random.Generator) -> tuple[IntArray, BoolArray]:
    """Return the places to compare, and for all segments whether their document begins early."""
    _, begins, own = np.unique(codes, return_index=True, return_inverse=True)
    first = (begins < len(codes) / 2)[own]
    size = min(len(codes), MOST_SEGMENTS)
    return np.sort(rng.choice(len(codes), size, replace=False)), first
