"""What several datasets of one strategy say together, and when they say nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.strategies import find_copies, find_replicates
from prodigy_al.comparison.testset import TestSet
from prodigy_al.report.schema import Strategy
from prodigy_al.report.tables import render_tables

Draw = Callable[..., Arm]


@pytest.fixture
def pairs(drawn: Draw) -> Callable[..., list[Arm]]:
    """Draw replicates of ranked and their controls: (number, salts), all with their own seeds."""

    def make(number: int, salts: int | None = None) -> list[Arm]:
        arms = []
        for seed in range(number):
            salt = f"salt-{seed % (salts or number)}"
            arms.append(drawn(f"ranked-{seed}", "ranked", seed, salt=salt))
            arms.append(drawn(f"random-{seed}", "random", seed, salt=salt))
        return arms

    return make


def ranked(report: Any) -> Strategy:
    found: Strategy = report.strategies["ranked"]["usual"]
    return found


def test_replicates_with_a_control_each_have_both_intervals(untrained: Any, pairs: Any):
    report = untrained(*pairs(3))
    found = ranked(report)
    assert (found.replicates, found.compared, found.left_out) == (3, 3, {})
    assert found.no_comparison is None
    runs = [report.arms[f"ranked-{seed}"].runs["usual"] for seed in range(3)]
    expected = sum(run.vs_random.difference for run in runs) / 3
    for difference in (found.vs_random, found.vs_random_this_test):
        assert difference is not None
        assert difference.difference == pytest.approx(expected)
        assert difference.low < expected < difference.high
    random = report.strategies["random"]["usual"]
    assert (random.vs_random, random.no_comparison) == (None, "it is the control itself")
    shown = " ".join(render_tables(report).split())
    assert "ranked 3 of 3 datasets" in shown
    assert "other training seeds would change is not in their intervals" in shown
    assert "Segments that were also asked about: 0 (short: 0)" in shown
    assert "not compared with random as a strategy" not in shown


def test_five_replicates_with_a_control_each_are_a_claim_about_the_strategy(
    untrained: Any, pairs: Any
):
    few = untrained(*pairs(4), seeds=(0, 1))
    assert "ranked ×4: not decided against base" in few.answer
    assert "To speak of ranked in general, repeat the annotation 5 times" in few.next
    report = untrained(*pairs(5), seeds=(0, 1))
    found = ranked(report)
    for name, compared in (("base", found.vs_base), ("random", found.vs_random)):
        assert compared is not None
        ends = f"{compared.difference:+.3f} [{compared.low:+.3f}, {compared.high:+.3f}]"
        assert re.search(
            rf"against {name}( \(.*\))? {re.escape(ends.replace('0.', '.'))}", report.answer
        )
    assert "To speak of" not in report.next


def test_five_copies_of_one_dataset_are_one_replicate_and_tell_no_interval(
    untrained: Any, pairs: Any
):
    original, control = pairs(1)
    copies = [replace(original, dataset=f"copy-{i}") for i in range(4)]
    assert find_copies([original, control, *copies]) == {c.dataset: "ranked-0" for c in copies}
    report = untrained(original, control, *copies)
    found = ranked(report)
    assert (found.replicates, len(found.datasets), found.test.n) == (1, 5, 1)
    assert found.left_out == {copy.dataset: "a copy of ranked-0" for copy in copies}
    assert (found.vs_random, found.vs_random_this_test) == (None, None)
    assert found.no_comparison == "1 replicate has a comparable control; at least 2 are needed"
    assert (found.test.low, found.sd.selection) == (None, None)
    shown = render_tables(report)
    assert "copy-1: no replicate: a copy of ranked-0." in shown
    assert "ranked: not compared with random as a strategy: 1 replicate has" in shown


def test_one_shared_control_tells_no_interval(untrained: Any, pairs: Any):
    """The control's own chance would stand in every difference."""
    *arms, _ = pairs(3, salts=1)
    several = [arm for arm in arms if arm.strategy == "ranked"]
    found = ranked(untrained(*several, arms[1]))
    assert (found.vs_random, found.vs_random_this_test) == (None, None)
    assert found.no_comparison is not None
    assert "each needs a --fold-salt of its own" in found.no_comparison


def test_copies_of_one_control_are_one_control(pairs: Any):
    first, control, second, _ = pairs(2)
    copy = replace(control, dataset="copy", fold_salt=second.fold_salt, seed=second.seed)
    copied = replace(copy, records={}, seed=control.seed)
    arms = [first, control, replace(second, records={}), copied]
    found = find_replicates(arms)["ranked"]
    assert found.pairs == ()
    assert found.problem == (
        "2 replicates have 1 random dataset with a seed of its own to be compared with: "
        "each needs one"
    )


def test_two_datasets_of_one_seed_are_one_replicate(pairs: Any, drawn: Draw):
    first, control, second, other = pairs(2)
    again = drawn("longer", "ranked", 0, salt="salt-0", number=120)
    found = find_replicates([first, control, second, other, again])["ranked"]
    assert found.left_out == {"longer": "drawn with the seed of ranked-0"}
    assert len(found.pairs) == 2


def test_datasets_collected_elsewhere_are_no_replicates(untrained: Any, arm: Any, examples: Any):
    first, second = arm("first", examples(80)), arm("second", examples(160)[80:])
    report = untrained(first, second)
    found = report.strategies["unknown"]["usual"]
    reason = "nothing is recorded of how the answers were drawn"
    assert (found.replicates, found.datasets) == (0, ["first", "second"])
    assert found.left_out == {name: reason for name in ("first", "second")}
    assert (found.test.f1, found.test.n, found.test.no_interval) == (None, 0, reason)
    assert (found.vs_random, found.no_comparison) == (None, reason)
    assert (found.sd.selection, found.sd.test) == (None, None)
    shown = render_tables(report)
    assert "Strategies, training" not in shown
    assert f"first: no replicate: {reason}." in shown
    assert "unknown" not in shown
    alone = render_tables(untrained(first))
    assert "no replicate" not in alone


def test_few_documents_leave_the_interval_for_this_test_set(
    untrained: Any, pairs: Any, gold: TestSet
):
    few = tuple(str(i % 6) for i in range(len(gold.groups)))
    found = ranked(untrained(*pairs(2), test=replace(gold, groups=few)))
    assert found.vs_random is None
    assert found.no_comparison == "there are 6 documents, at least 10 are needed"
    assert found.vs_random_this_test is not None
    assert found.sd.test is None


def test_datasets_from_another_source_are_no_replicates(drawn: Draw):
    arms = [
        drawn("news-0", "random", 0, texts=slice(0, 300)),
        drawn("news-1", "random", 1, texts=slice(0, 300)),
        drawn("mail-0", "random", 0, texts=slice(300, 600)),
        drawn("mail-2", "random", 2, texts=slice(300, 600)),
    ]
    found = find_replicates(arms)["random"]
    assert [arm.dataset for arm in found.distinct] == ["news-0", "news-1"]
    assert found.left_out == {
        name: "drawn from another source than news-0" for name in ("mail-0", "mail-2")
    }


@pytest.mark.parametrize("other", [{"explore": 0.1}, {"within_kinds": True}])
def test_datasets_ranked_by_another_design_are_no_replicates(drawn: Draw, other: dict[str, Any]):
    arms = [drawn("a-0", seed=0), drawn("a-1", seed=1), drawn("b-2", seed=2, **other)]
    found = find_replicates(arms)["ranked"]
    assert [arm.dataset for arm in found.distinct] == ["a-0", "a-1"]
    assert found.left_out == {"b-2": "ranked by another design than a-0"}


def test_two_scores_are_two_strategies_with_replicates_of_their_own(untrained: Any, drawn: Draw):
    arms = []
    for seed in range(2):
        own = {"seed": seed, "salt": f"salt-{seed}"}
        arms += [
            drawn(f"ranked-{seed}", **own),
            drawn(f"ranked-by-mnlp-{seed}", **own, acquisition="mnlp"),
            drawn(f"random-{seed}", "random", **own),
        ]
    report = untrained(*arms)
    assert list(report.strategies) == ["ranked", "ranked-by-mnlp", "random"]
    for name in ("ranked", "ranked-by-mnlp"):
        found = report.strategies[name]["usual"]
        assert (found.datasets, found.left_out) == ([f"{name}-0", f"{name}-1"], {})
        assert found.vs_random is not None


def test_nothing_is_advised_that_could_not_give_unrecorded_answers_a_control(
    untrained: Any, arm: Any, examples: Any, drawn: Draw
):
    alone = untrained(arm("old", examples(80))).next
    assert alone.startswith("Nothing is recorded of how these answers were drawn")
    beside = untrained(arm("old", examples(80)), drawn("random-0", "random", 0))
    assert beside.arms["old"].no_control
    assert "To compare old with random answers" not in beside.next
