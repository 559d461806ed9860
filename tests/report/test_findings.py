"""The words of the answer count every comparison that they are chosen from."""

from __future__ import annotations

import numpy as np
from scipy import stats

from prodigy_al.report.findings import OF_RANDOM, Finding, find_words
from prodigy_al.report.metrics import Comparison

WORLDS, ARMS, ERROR = 1_000, 6, 0.01


def compared(difference: float) -> Comparison:
    """A comparison of known standard error, as resampling finds it."""
    reach = 1.96 * ERROR
    return Comparison(
        difference=difference,
        low=difference - reach,
        high=difference + reach,
        p=float(2 * stats.norm.sf(abs(difference) / ERROR)),
        detectable=2.8 * ERROR,
    )


def words(comparisons: dict[str, Comparison], wanted: float | None = None) -> dict[str, str]:
    return {name: word for name, (word, _) in find_words(comparisons, wanted).items()}


def test_a_small_p_among_four_comparisons_is_not_decided():
    arms = {name: compared(0.022) for name in ("a", "b", "c", "d")}  # p = .028 each
    why = "it may be chance, with 4 comparisons counted"
    assert set(find_words(arms).values()) == {("not decided", why)}
    assert find_words({"a": arms["a"]}) == {"a": ("helps", "")}


def test_what_stays_after_all_are_counted_is_said():
    arms = {"a": compared(0.05), "b": compared(-0.04), "c": compared(0.005), "d": compared(0.02)}
    assert words(arms) == {
        "a": "helps",
        "b": "harms",
        "c": "no difference found",
        "d": "not decided",
    }


def test_no_difference_is_found_only_where_all_of_the_interval_is_within_the_detectable_one():
    near, far = compared(0.008), compared(0.01)  # detectable .028, intervals to .0276 and .0296
    assert words({"a": near}) == {"a": "no difference found"}
    why = "the interval holds 0, and changes larger than ±.028"
    assert find_words({"a": far}) == {"a": ("not decided", why)}


def test_the_difference_that_was_asked_for_takes_the_place_of_the_detectable_one():
    found = compared(0.001)
    assert words({"a": found}) == {"a": "no difference found"}
    assert words({"a": found}, wanted=0.02) == {"a": "not decided"}
    assert words({"a": compared(0.015)}, wanted=0.05) == {"a": "no difference found"}
    assert words({"a": compared(0.05)}, wanted=0.2) == {"a": "helps"}


def test_behind_random_answers_is_another_word_than_worse_than_before():
    arms = {"a": compared(0.05), "b": compared(-0.05), "c": compared(0.0)}
    against_random = find_words(arms, None, OF_RANDOM)
    assert [word for word, _ in against_random.values()] == [
        "ahead", "behind", "no difference found",
    ]  # fmt: skip
    assert list(words(arms).values()) == ["helps", "harms", "no difference found"]


def test_an_interval_allows_no_change_larger_than_its_farther_end():
    found = Finding(
        word="no difference found", against="base", difference=-0.01, low=-0.024, high=0.004,
        within=0.028,
    )  # fmt: skip
    assert found.allows == 0.024
    bare = Finding(
        word="not decided", against="base", difference=0.1, low=None, high=None, within=None
    )
    assert bare.allows is None


def test_a_comparison_without_an_interval_is_not_counted():
    bare = Comparison(
        difference=0.1, low=None, high=None, p=None, detectable=None, no_interval="few groups"
    )
    assert find_words({"a": compared(0.022), "b": bare}) == {
        "a": ("helps", ""),
        "b": ("not decided", "few groups"),
    }


def test_of_equal_arms_one_in_twenty_answers_finds_a_difference_and_no_more():
    """Chosen by intervals alone, a word would be wrong in a quarter of the answers."""
    rng = np.random.default_rng(0)
    wrong, by_interval = [], []
    for differences in rng.normal(0, ERROR, (WORLDS, ARMS)):
        arms = {str(i): compared(d) for i, d in enumerate(differences.tolist())}
        wrong.append(any(word in ("helps", "harms") for word in words(arms).values()))
        by_interval.append(any(one.low > 0 or one.high < 0 for one in arms.values()))
    assert np.mean(wrong) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / WORLDS)
    assert np.mean(by_interval) > 0.2
