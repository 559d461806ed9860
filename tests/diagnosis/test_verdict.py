"""What every verdict has, and what many of them cost."""

from __future__ import annotations

import pytest

from prodigy_al.diagnosis.verdict import Verdict, conclude, correct, unknown
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.estimators import Estimate

CLEAR = Estimate(0.8, 0.7, 0.9)


def verdict(p: float | None, word: str = "supported") -> Verdict:
    return conclude("id", "arm", word, CLEAR, n=10, p=p, why="so", following="do")  # type: ignore[arg-type]


@pytest.mark.parametrize("word", ["supported", "refuted"])
@pytest.mark.parametrize(
    "lacking", [{"number": None}, {"low": None}, {"high": None}, {"n": 0}], ids=str
)
def test_no_verdict_goes_without_number_interval_and_n(word: str, lacking: dict[str, None]):
    whole = {"number": 0.8, "low": 0.7, "high": 0.9, "n": 10}
    with pytest.raises(EstimateError, match="without a number"):
        Verdict(id="id", arm="arm", verdict=word, why="so", **(whole | lacking))  # type: ignore[arg-type]


def test_a_support_that_many_tests_would_bring_about_by_chance_is_taken_back():
    found = correct([verdict(0.005), verdict(0.03), *[verdict(0.5, "refuted") for _ in range(3)]])
    assert [one.verdict for one in found] == ["supported", "not identifiable", *["refuted"] * 3]
    assert found[0].p == pytest.approx(0.025)
    assert found[1].why == "so (one of 5 tests, and that may be chance)"
    assert (found[0].next, found[1].next) == ("do", "")


def test_what_has_no_test_does_not_count_as_one():
    alone = correct([verdict(0.03), unknown("id", "arm", "no answers"), verdict(None, "refuted")])
    assert alone[0].verdict == "supported"
    assert alone[0].p == pytest.approx(0.03)
