"""The top of a source is a selection where the source is in some order, and else none."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from prodigy_al.arrays import AnyFloatArray
from prodigy_al.diagnosis.evidence import Evidence, Pool
from prodigy_al.diagnosis.features import loss_features
from prodigy_al.diagnosis.selection import judge_selection
from prodigy_al.diagnosis.source_order import find_reach, judge_order

pytest.importorskip("sklearn")

Asked = Callable[..., Evidence]
MakePool = Callable[..., Pool]
TOP = range(60)


def views(pool: Pool) -> dict[str, AnyFloatArray]:
    return {"loss": loss_features(pool)}


@pytest.fixture(scope="module")
def drifting(make_pool: MakePool) -> Pool:
    """Make a pool whose texts grow longer from the top to the end, document by document."""
    pool = make_pool(size=600)
    mean = np.array([pool.tokens[i : i + 5].mean() for i in range(0, 600, 5)])
    noise = np.random.default_rng(0).normal(scale=0.5 * mean.std(), size=mean.size)
    documents = np.argsort(mean + noise)
    return pool.take([5 * document + i for document in documents for i in range(5)])


def test_the_top_of_a_source_in_order_is_a_selection(asked: Asked, drifting: Pool):
    found = judge_selection(asked(TOP, pool=drifting), permutations=199)
    assert found.verdict == "supported"
    assert found.why.startswith("95% of the questions stand in the first 10% of the source")
    assert found.unit.endswith("half against half")
    assert found.details["order"]["p"] < found.details["p"]
    assert found.next == "ask from the whole source: al.random, or shuffle it first"


def test_the_top_of_a_source_in_random_order_is_none(asked: Asked, make_pool: MakePool):
    p = []
    for seed in range(60):
        pool = make_pool(seed=seed)
        order = judge_order(asked(TOP, pool=pool, seed=seed), views(pool), permutations=39)
        assert order.reach == 0.1425  # 57 of 60 questions, of 400 segments
        p.append(order.p)
    assert np.mean(np.array(p) <= 0.1) <= 0.2
    assert np.mean(p) == pytest.approx(0.5, abs=0.12)


def test_an_order_that_decides_nothing_is_not_the_number_of_the_verdict(
    asked: Asked, make_pool: MakePool
):
    """Else the halves of a source would stand as the number by which a selection is refuted."""
    found = [
        judge_selection(asked(TOP, pool=make_pool(seed=seed), seed=seed), permutations=39)
        for seed in range(20)
    ]
    p = [(one.details["order"]["p"], one.details["p"]) for one in found]
    assert any(order < direct for order, direct in p)  # smaller, and yet of no weight
    assert all(2 * order >= 0.05 for order, _ in p)
    for one in found:
        assert "half against half" not in one.unit
        assert one.number == max(one.details["auc"].values(), key=_clearness)["value"]


def _clearness(one: dict[str, float]) -> tuple[float, float]:
    return -one["p"], one["value"]


def test_random_questions_of_a_source_in_order_are_none(asked: Asked, drifting: Pool):
    at = [
        np.random.default_rng(seed).choice(len(drifting), 60, replace=False) for seed in range(100)
    ]
    found = [judge_order(asked(one, pool=drifting), views(drifting), permutations=39) for one in at]
    assert np.mean([one.p <= 0.05 for one in found]) <= 0.1
    # what is settled by the places of the questions costs nothing
    assert np.mean([one.halves == {} for one in found]) >= 0.8


def test_reach_holds_95_percent_of_the_questions(asked: Asked, pool: Pool):
    reach, p = find_reach(asked([*range(19), 399], pool=pool))
    assert reach == 19 / 400
    assert p < 1e-9
