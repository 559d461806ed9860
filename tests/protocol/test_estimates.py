"""Numbers of a protocol: paired by redraw, unavailable where they are not known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.protocol.estimates import difference, level
from prodigy_al.protocol.plan import ANSWERS, ORACLE, PARTS, POOL, RANDOM, SECONDS
from prodigy_al.protocol.result import Ends

GROUPS = [str(i) for i in range(20)]


def counts(found: float, spans: float = 10.0) -> Counts:
    gold = np.full(len(GROUPS), spans)
    return Counts(np.full(len(GROUPS), found), gold, gold)


def test_differences_are_paired_by_redraw():
    """Random order that varies with its arm hides nothing."""
    controls = [counts(n) for n in (3, 5, 7)]
    arms = [counts(n) for n in (4, 6.1, 7.9)]
    change = difference(arms, controls, GROUPS, 0.02)
    assert change.values == pytest.approx([0.1, 0.11, 0.09])
    assert isinstance(change.this_test, Ends)
    assert change.this_test.low > 0.07
    crossed = difference(arms, controls[::-1], GROUPS, 0.02)
    assert crossed.mean == pytest.approx(change.mean)
    assert isinstance(crossed.this_test, Ends)
    assert crossed.this_test.low < 0


def test_one_redraw_has_a_difference_and_no_interval():
    change = difference([counts(6)], [counts(5)], GROUPS, 0.02)
    assert (change.mean, change.n, change.word) == (pytest.approx(0.1), 1, "not decided")
    assert isinstance(change.new_text, Unavailable)
    assert level([counts(6)]).low is None


def test_f1_that_is_undefined_in_a_redraw_leaves_nothing():
    none = Counts(np.zeros(20), np.zeros(20), np.zeros(20))
    change = difference([counts(6), none], [counts(5), none], GROUPS, 0.02)
    assert change.mean is None
    assert isinstance(change.new_text, Unavailable)
    assert level([counts(6), none]).mean is None


def test_levels_lie_between_0_and_1():
    found = level([counts(10), counts(8)])
    assert found.high == 1.0
    assert found.mean == pytest.approx(0.9)


def test_a_result_holds_only_what_its_parts_measured(found: Any):
    budgets = found({"ranked": 0.03}, parts=("budgets",))
    assert list(budgets.arms) == [RANDOM, "ranked", "teach"]
    assert budgets.starts == {}
    assert budgets.successor is None
    assert list(budgets.settings["ranked"]) == ["robust"]
    whole = found({"ranked": 0.03}, parts=PARTS)
    assert list(whole.arms) == [RANDOM, "ranked", "teach", ORACLE, POOL]
    assert {name: list(by) for name, by in whole.arms.items()} == {
        RANDOM: [ANSWERS],
        "ranked": [ANSWERS, SECONDS],
        "teach": [ANSWERS, SECONDS],
        ORACLE: [ANSWERS, SECONDS],
        POOL: [ANSWERS],
    }
    assert list(whole.settings["teach"]) == ["usual", "robust", "scratch"]
    assert list(whole.successor) == ["ranked", "teach"]
    assert list(whole.starts) == ["mixed-1of6", "mixed-1of3"]


def test_the_family_of_holm_holds_the_arms_and_not_the_bounds(found: Any):
    result = found({"ranked": 0.03, "teach": 0.0})
    ranked = result.arms["ranked"][SECONDS].against_random
    assert ranked.holm == pytest.approx(2 * ranked.new_text.p)
    assert result.arms[ORACLE][SECONDS].against_random.holm is None


def test_a_smaller_difference_takes_more_redraws(found: Any):
    sizes = [
        found({"ranked": 0.03}, spread=0.01, wanted=wanted, parts=("budgets",))
        .arms["ranked"][SECONDS]
        .redraws_needed
        for wanted in (0.03, 0.015)
    ]
    assert sizes[0].now == sizes[1].now == 5
    assert sizes[0].needed < sizes[1].needed
