"""Over a thousand draws: the weighted number is right on average, and its intervals hold.

Each draw is another pool of documents from one world and another seed, and goes the whole way from
the draw to the estimate. So both targets are known: the number of just that pool's dev fold, and
that of all text the world would ever make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.inclusion import inclusion

DRAWS = 1_000
WORDS = 7
SIZE, DOCUMENTS, DEV = 240, 30, 0.85
DESIGNS = {
    "ranked": (SamplingDesign("ranked", "segment", dev_share=DEV), 80),
    # two candidates a text, and answers of two or three passes
    "candidates": (
        SamplingDesign("teach", "candidate", block_size=40, rate=0.15, dev_share=DEV),
        80,
    ),
}
PoolOf = Callable[..., Any]
Rows = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def drawn(pool_of: PoolOf) -> Callable[[str], Rows]:
    """Return the rows of all draws of a design, made once."""
    frame = pool_of(SIZE, documents=DOCUMENTS, dev_share=DEV).frame
    text = pool_of(60_000, documents=6_000, frame=frame).tables

    @cache
    def rows(name: str) -> Rows:
        design, asked = DESIGNS[name]
        found = []
        for seed in range(DRAWS):
            pool = pool_of(SIZE, documents=DOCUMENTS, seed=seed, frame=frame)
            arm = pool.read(pool.ask(replace(design, seed=seed), asked))
            binary = design.unit == "candidate"
            weighted, unweighted = pool.both(arm)
            f1 = weighted.found.f1
            values = [f1.value, unweighted.f1, pool.truth(binary=binary).f1]
            found.append([*values, *bounds(f1), *errors_of_sums(pool, arm, binary=binary)])
        names = [
            "value",
            "unweighted",
            "pool",
            "low",
            "high",
            "low_text",
            "high_text",
            "matched",
            "spans",
        ]
        rows = dict(zip(names, np.array(found, dtype=float).T, strict=True))
        return rows | {"text": f1_of(text, binary=design.unit == "candidate")}

    return rows


def f1_of(tables: Any, *, binary: bool) -> np.ndarray:
    """The world's own F1, of all spans or of those that are candidates."""
    width = tables.marginals.shape[1] if binary else WORDS
    gold, predicted = tables.gold[:, :width], tables.predicted[:, :width]
    if binary:
        asked = ~np.isnan(tables.marginals)
        gold, predicted = gold & asked, predicted & asked
    return np.array(2 * (gold & predicted).sum() / (gold.sum() + predicted.sum()))


def bounds(f1: Any) -> list[float]:
    ends = []
    for interval in (f1.pool, f1.new_text):
        assert isinstance(interval, Estimate)
        ends += [interval.low, interval.high]
    return ends


def errors_of_sums(pool: Any, arm: Any, *, binary: bool) -> list[float]:
    """How far Σ w 2t and Σ w d are from the sums over the whole dev fold."""
    dev = [(key, record) for key, record in arm.records.items() if record.fold == "dev"]
    w = dict(zip((key for key, _ in dev), 1 / inclusion(dev), strict=True))
    weights = np.array([w[item.input_hash] for item in arm.dev.items])
    ours, whole = pool.counts(arm).parts("f1"), pool.whole(binary=binary).parts("f1")
    return [weights @ part - every.sum() for part, every in zip(ours, whole, strict=True)]


def off_by(errors: np.ndarray) -> float:
    """Return the mean error in its standard errors."""
    return float(abs(errors.mean()) / (errors.std() / np.sqrt(errors.size)))


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("part", ["matched", "spans"])
def test_weighted_sums_are_those_of_the_pool_on_average(
    drawn: Callable[[str], Rows], name: str, part: str
):
    assert off_by(drawn(name)[part]) < 3


@pytest.mark.parametrize("target", ["pool", "text"])
def test_the_weighted_number_is_right_on_average_and_the_unweighted_is_not(
    drawn: Callable[[str], Rows], target: str
):
    rows = drawn("ranked")
    assert off_by(rows["value"] - rows[target]) < 3
    assert off_by(rows["unweighted"] - rows[target]) > 3


def test_of_few_uneven_answers_the_ratio_of_sums_is_off_by_little_of_its_spread(
    drawn: Callable[[str], Rows],
):
    """A ratio has a bias of order 1/M: with 68 candidates a fifth of what the plain one is off."""
    rows = drawn("candidates")
    errors, plain = rows["value"] - rows["pool"], rows["unweighted"] - rows["pool"]
    assert abs(errors.mean()) < 0.15 * errors.std()
    assert abs(errors.mean()) < abs(plain.mean()) / 2
    assert off_by(plain) > 3


@pytest.mark.parametrize("name", DESIGNS)
def test_each_interval_covers_its_own_target_as_often_as_it_says(
    drawn: Callable[[str], Rows], name: str
):
    rows = drawn(name)
    of_pool = (rows["low"] <= rows["pool"]) & (rows["pool"] <= rows["high"])
    of_text = (rows["low_text"] <= rows["text"]) & (rows["text"] <= rows["high_text"])
    assert 0.93 <= of_pool.mean() <= 0.97
    assert 0.93 <= of_text.mean() <= 0.97


@pytest.mark.parametrize("name", DESIGNS)
def test_the_interval_of_one_target_does_not_cover_the_other(
    drawn: Callable[[str], Rows], name: str
):
    rows = drawn(name)
    crossed = (rows["low"] <= rows["text"]) & (rows["text"] <= rows["high"])
    assert crossed.mean() < 0.93
