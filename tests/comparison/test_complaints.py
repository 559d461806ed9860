"""Verdicts and complaints about models that predict as told, without any training."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.report.build import build_report
from prodigy_al.report.reasons import Reason
from prodigy_al.report.schema import Report
from prodigy_al.training.answers import Answer
from prodigy_al.training.truths import TokenSpan

Drawn = Callable[..., Arm]
Predict = Callable[[Answer], set[TokenSpan]]
Made = Callable[..., Report]


@pytest.fixture
def told(plan: Any, drawn: Drawn, predicted: Callable[..., Measurements]) -> Made:
    """Report on a random and a ranked arm: (base, random, ranked)."""
    arms = [drawn("random", "random", number=100), drawn("ranked", "ranked", number=100)]

    def make(base: Predict, random: Predict, ranked: Predict) -> Report:
        asked = plan(arms, questions={}, remedy=None)
        return build_report(predicted(asked, base, random=random, ranked=ranked))

    return make


def verdict(report: Report, name: str, arm: str = "ranked") -> Reason:
    (found,) = [one for one in report.verdicts if (one.id, one.arm) == (name, arm)]
    return found


def complaints(report: Report, arm: str = "ranked") -> dict[str, Any]:
    return {one.id: one for one in report.why.ledger if one.arm == arm}


def right(item: Answer) -> set[TokenSpan]:
    return set(item.accepted)


def nothing(item: Answer) -> set[TokenSpan]:
    return set()


def is_test(item: Answer) -> bool:
    """Test segments are numbered, texts of the pool hashed."""
    return 0 <= item.input_hash < 1000


def half(item: Answer) -> set[TokenSpan]:
    return right(item) if item.input_hash % 2 else set()


def person(item: Answer) -> set[TokenSpan]:
    return {(len(item.words) - 1, len(item.words), "PERSON")}


def test_other_labels_that_are_kept_refute_forgetting_and_lost_ones_support_it(told: Made):
    def keeps(share: int) -> Predict:
        return lambda item: person(item) if item.input_hash % 20 < share else set()

    kept = verdict(told(person, person, person), "forgetting")
    assert (kept.verdict, kept.number) == ("refuted", 1.0)
    # where all agree, resampling shows no spread, and nobody knows of other spans for sure
    assert 0.97 < kept.low < kept.high == 1.0
    lost = verdict(told(person, person, nothing), "forgetting")
    assert (lost.verdict, lost.number, lost.low) == ("supported", 0.0, 0.0)
    assert 0 < lost.high < 0.03
    some = verdict(told(person, person, keeps(10)), "forgetting")
    assert some.verdict == "supported"
    assert some.number == pytest.approx(2 / 3, abs=0.05)
    assert some.low < some.number < some.high < 0.95
    nearly = verdict(told(person, person, keeps(19)), "forgetting")
    assert nearly.number == pytest.approx(0.974, abs=0.01)
    assert nearly.verdict == "refuted"
    none = verdict(told(nothing, nothing, nothing), "forgetting")
    assert (none.verdict, none.number) == ("not identifiable", None)


def test_asked_labels_that_now_stand_on_other_spans_are_counted(told: Made):
    def takes(item: Answer) -> set[TokenSpan]:
        return {(start, end, "ORG") for start, end, _ in person(item)}

    found = verdict(told(person, person, takes), "forgetting").details
    assert found["overwritten"] == verdict(told(person, person, takes), "forgetting").n > 100


def test_an_arm_that_is_worse_than_base_and_random_is_complained_of_with_its_reasons(told: Made):
    report = told(right, right, half)
    found = complaints(report)
    assert set(found) == {"worse-than-base", "no-better-than-random"}
    assert found["worse-than-base"].gap.value < -0.2
    # of whole segments: their label form is not what hurts them
    assert found["worse-than-base"].reasons == ("forgetting", "scheme", "selection-train")
    assert verdict(report, "noise").verdict == "refuted"
    assert verdict(report, "selection-train").verdict == "supported"
    assert not complaints(report, "random")


def test_another_meaning_of_the_label_is_no_reason_where_answers_of_the_same_meaning_help(
    told: Made,
):
    found = complaints(told(half, right, nothing))
    assert found["worse-than-base"].reasons == ("forgetting", "selection-train")
    alike = complaints(told(half, half, nothing))
    assert "scheme" in alike["worse-than-base"].reasons


def test_an_arm_that_helps_is_not_complained_of(told: Made):
    report = told(nothing, half, right)
    assert not complaints(report)
    assert verdict(report, "selection-train").verdict == "refuted"


def test_dev_that_promises_more_than_test_is_complained_of(told: Made):
    def only_on_dev(item: Answer) -> set[TokenSpan]:
        return half(item) if is_test(item) else right(item)

    (found,) = [
        one for one in complaints(told(nothing, half, only_on_dev)).values() if "dev" in one.id
    ]
    assert found.id == "dev-up-test-down"
    assert found.gap.low > 0
    assert found.said.startswith("dev says 1.000 and test .")
    assert found.reasons == ("selection-dev", "partial-dev", "leak")
    assert "dev-up-test-down" not in complaints(told(nothing, half, half))


def test_equal_models_differ_by_chance_at_most(told: Made):
    def other_half(item: Answer) -> set[TokenSpan]:
        return right(item) if item.input_hash // 2 % 2 else set()

    report = told(nothing, half, other_half)
    found = verdict(report, "noise")
    assert found.low < 0 < found.high
    assert found.verdict in ("supported", "not identifiable")
    inside = -found.details["detectable"] <= found.low <= found.high <= found.details["detectable"]
    assert inside == (found.verdict == "supported")
    assert found.p is None


def test_p_is_holms_over_the_hypotheses_about_one_arm(told: Made):
    report = told(right, right, half)
    own = [one for one in report.verdicts if one.arm == "ranked"]
    tested = [one for one in own if one.p is not None]
    assert {one.policy for one in own} == {"usual"}
    # one seed of 2,000 resamples cannot say less than 1/2,000, times all that were tested
    smallest = min(one.p for one in tested if one.id == "selection-train")
    assert smallest >= len(tested) / 2000 - 1e-12
