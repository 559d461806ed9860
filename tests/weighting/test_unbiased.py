"""Σ y/π has the right expectation, to nine digits, by quadrature over the threshold.

A fold of four texts is small enough to sum over everything that can happen: how the texts are cut
into blocks, which of a block are served, which candidate of a text is asked about, and where the
threshold then lies. The probabilities are those that `inclusion` gives for stored records, of the
dev fold and of a train fold with a design of its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy import integrate

from prodigy_al.arrays import FloatArray
from prodigy_al.records import Fold, Record, read_record
from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.sampling.proposal import (
    candidate_probabilities,
    selection_probabilities,
    strata_of,
)
from prodigy_al.sampling.questions import Header, make_record
from prodigy_al.sampling.scored import Scored

U = np.array([0.02, 0.3, 0.9, 2.0])
Y = np.array([[2.0, 1.0], [0.5, 0.5], [-3.0, 1.0], [0.0, 7.0]])  # by text and candidate
R = np.array(
    [
        candidate_probabilities(np.array(p), 0.3)
        for p in ([0.5, 0.9], [0.6, 0.1], [1, 0.5], [0.3, 1])
    ]
)
HEADER = Header(model={}, scorer={}, source={}, segmentation="tokens")
Block = tuple[int, ...]


@dataclass(frozen=True)
class Fourth:
    """A fold of four texts in a run with some `explore`, and how just that fold is to be drawn."""

    fold: Fold
    chosen: float
    own: float
    kinds: str | None = None

    def names(self, members: Block) -> list[str] | None:
        return None if self.kinds is None else [self.kinds[i] for i in members]

    def p(self, members: Block) -> FloatArray:
        return selection_probabilities(U[list(members)], self.own, self.names(members))


FOLDS = {
    "dev": Fourth("dev", 0.3, 0.3),
    "dev-of-another-design": Fourth("dev", 0.1, 0.3),
    "train": Fourth("train", 0.1, 0.1),
    "train-within-kinds": Fourth("train", 0.1, 0.1, "aabb"),
    "train-of-one-text-each": Fourth("train", 0.2, 0.2, "abcd"),
}


def stored(i: int, members: Block, block: int, position: int, *, unit: str, fold: Fourth) -> Record:
    """The record of text i, asked at a position of the block that holds these texts."""
    design = SamplingDesign(
        "tiny",
        unit,
        explore=fold.chosen,
        within_kinds=fold.kinds is not None or fold.fold == "dev",
        block_size=len(members),
        rate=1 / len(members),
        dev_share=0.5,
    )
    stratum = strata_of(U[list(members)], fold.names(members))[members.index(i)]
    draw = Draw(
        segment=Segment({"text": str(i)}, i, "g", fold=fold.fold),
        scored=Scored(float(U[i]), ()),
        block=block,
        round=0,
        position=position,
        R=len(members),
        N=4,
        considered=len(members),
        total=stratum.total,
        stratum=stratum.name,
        stratum_size=stratum.size,
    )
    return read_record({"al": make_record(draw, design, HEADER).to_dict()})


Blocks = tuple[tuple[Block, int], ...]
"""The texts of each block, and how many of them are served."""


@cache
def served_records(which: Block, blocks: Blocks, at: int, *, unit: str, fold: Fourth) -> list[Any]:
    """Return a list of records per candidate (one for segments): those of block `at` first."""
    members, _ = blocks[at]
    others = [
        (i, stored(i, texts, number, k, unit=unit, fold=fold))
        for number, (texts, served) in enumerate(blocks)
        if number != at
        for k, i in enumerate(texts[:served])
    ]
    ours = [(i, stored(i, members, at, k, unit=unit, fold=fold)) for k, i in enumerate(which)]
    if unit == "segment":
        return [[*ours, *others]]
    return [[*((i, replace(one, r=float(R[i, j]))) for i, one in ours), *others] for j in range(2)]


def sums(
    which: Block, tau: float, blocks: Blocks, at: int, *, unit: str, fold: Fourth
) -> FloatArray:
    """Return (Σ y/π, Σ y) over the served texts of block `at`, in the mean over the candidates."""
    totals = np.zeros(2)
    last = len(which) - 1
    for j, records in enumerate(served_records(which, blocks, at, unit=unit, fold=fold)):
        chance = R[list(which), j] if unit == "candidate" else 1.0
        y = Y[list(which), j] if unit == "candidate" else Y[list(which)].sum(axis=1)
        key, record = records[last]
        behind = (key, replace(record, next_key=None if math.isinf(tau) else tau))
        pi = inclusion([*records[:last], behind, *records[last + 1 :]])[: len(which)]
        totals += np.sum(chance * y / pi), np.sum(chance * y)
    return totals


def expectation(
    members: Block, served: int, fold: Fourth, value: Callable[[Block, float], FloatArray]
) -> Any:
    """E of value(the served texts, τ): τ is the key of a text that is not served."""
    if served in (0, len(members)):
        return value(members, math.inf) if served else np.zeros(2)
    p = dict(zip(members, fold.p(members), strict=True))

    def density(tau: float, which: Block) -> float:
        """Those of `which` lie below τ, one other text at τ, and the rest above."""
        left = [p[i] for i in members if i not in which]
        below = math.prod(-math.expm1(-p[i] * tau) for i in which)
        return below * sum(left) * math.exp(-sum(left) * tau)

    return sum(
        integrate.quad_vec(
            lambda tau, which=which: density(tau, which) * value(which, tau),
            0,
            40 / min(p.values()),
            points=[1 / max(p.values()), 10 / max(p.values())],
            epsabs=1e-11,
            epsrel=1e-11,
        )[0]
        for which in itertools.combinations(members, served)
    )


def expected(unit: str, size: int, asked: int, fold: Fourth) -> tuple[float, float]:
    """E of Σ y/π and of 4 times the mean of y, over cuts into blocks of `size` and all draws."""
    totals, cuts = np.zeros(2), list(itertools.combinations(range(4), size))
    for first in cuts:
        texts = [one for one in (first, tuple(i for i in range(4) if i not in first)) if one]
        # one question of each block, then the next of each: a pass asks one
        blocks = tuple((one, -(-(asked - k) // len(texts))) for k, one in enumerate(texts))
        for at, (members, served) in enumerate(blocks):
            totals += expectation(
                members,
                served,
                fold,
                lambda w, tau, b=blocks, a=at: sums(w, tau, b, a, unit=unit, fold=fold),
            )
    weighted, plain = totals / len(cuts)
    return weighted, plain * 4 / asked


@pytest.mark.parametrize("fold", FOLDS)
@pytest.mark.parametrize("unit", ["segment", "candidate"])
@pytest.mark.parametrize(
    ("size", "asked"), [(4, 1), (4, 2), (4, 3), (4, 4), (2, 1), (2, 2), (2, 3), (2, 4)]
)
def test_weighted_totals_are_unbiased_in_every_pass(unit: str, size: int, asked: int, fold: str):
    """Blocks of four and of two; with two, the first question leaves one block unopened."""
    weighted, unweighted = expected(unit, size, asked, FOLDS[fold])
    assert weighted == pytest.approx(Y.sum(), abs=1e-9)
    if unit == "candidate" or (asked < 4 and fold != "train-of-one-text-each"):
        assert abs(unweighted - Y.sum()) > 0.05
