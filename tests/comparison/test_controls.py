"""A control is comparable in all but the choice of questions, or is not used, which is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.controls import find_control, why_no_control, why_not_comparable
from prodigy_al.report.tables import render_tables

Draw = Callable[..., Arm]


def test_the_same_source_fold_labels_and_size_are_comparable(drawn: Draw):
    ranked, random = drawn("news-ranked"), drawn("news-random", "random", seed=1)
    assert why_not_comparable(ranked, random) is None
    assert find_control(ranked, [ranked, random]) is random
    assert why_no_control(ranked, [ranked, random]) is None
    assert why_no_control(random, [ranked, random]) is None


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"texts": slice(300)}, "drawn from another source than news-ranked (pool.jsonl, sha256"),
        ({"salt": "two"}, "has another dev fold than news-ranked (--fold-salt two, not salt)"),
        ({"labels": ["ORG", "PLACE"]}, "was asked about ORG, PLACE and news-ranked about ORG"),
        ({"number": 60}, " training answers and news-ranked "),
        ({"number": 160}, " would be comparable"),
    ],
    ids=lambda value: str(value)[:12],
)
def test_a_control_that_differs_in_more_is_not_used(
    drawn: Draw, other: dict[str, Any], reason: str
):
    ranked, random = drawn("news-ranked"), drawn("news-random", "random", seed=1, **other)
    assert find_control(ranked, [ranked, random]) is None
    said = why_no_control(ranked, [ranked, random])
    assert said is not None
    assert said.startswith("news-random ")
    assert reason in said


def test_both_sizes_stand_in_the_reason(drawn: Draw):
    ranked, random = drawn("ranked", number=160), drawn("random", "random", number=80)
    size = len(ranked.train)
    assert why_no_control(ranked, [random]) == (
        f"random has {len(random.train)} training answers and ranked {size}: "
        f"{0.8 * size:.0f} to {size / 0.8:.0f} would be comparable"
    )


def test_nothing_is_comparable_with_a_dataset_collected_elsewhere(
    drawn: Draw, arm: Any, examples: Any
):
    foreign, random = arm("foreign", examples(100)), drawn("random", "random")
    assert why_no_control(foreign, [foreign, random]) == (
        "nothing is recorded of how foreign was drawn, so random may differ in all"
    )
    assert why_no_control(drawn("ranked"), [foreign]) == (
        "there is no random dataset to compare it with"
    )


def test_a_comparable_control_is_used_even_where_the_nearest_seed_is_not(drawn: Draw):
    ranked = drawn("ranked", seed=3)
    small, far = drawn("near", "random", seed=3, number=40), drawn("far", "random", seed=9)
    assert find_control(ranked, [small, far]) is far


def test_the_report_says_both_sizes_and_the_reasons(untrained: Any, drawn: Draw):
    ranked, random = drawn("ranked", number=110), drawn("random", "random", number=100)
    small = drawn("small", number=40)
    report = untrained(ranked, random, small)
    sizes = len(ranked.train), len(random.train)
    control = report.arms["ranked"].runs["usual"].vs_random
    assert control is not None
    assert (control.train, control.against_train) == sizes
    assert f" random ({sizes[0]} training answers to {sizes[1]}) " in report.answer
    assert report.arms["small"].runs["usual"].vs_random is None
    reason = report.arms["small"].no_control
    assert reason is not None
    assert f"small: not compared with random answers: {reason}." in render_tables(report)
    two_seeds = untrained(ranked, random, small, seeds=(0, 1))
    assert two_seeds.next.startswith("To compare small with random answers, annotate about as many")
    assert two_seeds.next.endswith(
        ": prodigy al.random small-random base pool.jsonl --label ORG --fold-salt salt"
    )


def test_single_spans_against_whole_segments_are_said_to_be_that(untrained: Any, drawn: Draw):
    teach, whole = drawn("teach", "teach"), drawn("random", "random")
    report = untrained(teach, whole)
    size = len(teach.train)
    sizes = f"{size} training answers to {len(whole.train)}"
    assert f"({sizes}, single spans against whole segments) " in report.answer
    binary = drawn("random-binary", "random-binary", seed=1)
    assert "whole segments" not in untrained(teach, whole, binary).answer
    assert why_not_comparable(drawn("ranked"), binary) == (
        "random-binary holds single spans and ranked whole segments"
    )
