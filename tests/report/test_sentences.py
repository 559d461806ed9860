"""The words of the answer count every comparison that they are chosen from."""

from __future__ import annotations

import numpy as np
from scipy import stats

from prodigy_al.report.metrics import Comparison
from prodigy_al.report.sentences import verdicts

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


def test_a_small_p_among_four_comparisons_is_not_decided():
    arms = {name: compared(0.022) for name in ("a", "b", "c", "d")}  # p = .028 each
    said = verdicts(arms)
    assert set(said.values()) == {
        "is not decided when all 4 comparisons are counted: +.022 [+.002, +.042]"
    }
    assert verdicts({"a": arms["a"]}) == {"a": "is better by .022 [+.002, +.042]"}


def test_what_stays_after_all_are_counted_is_said():
    arms = {"a": compared(0.05), "b": compared(-0.04), "c": compared(0.005), "d": compared(0.02)}
    assert verdicts(arms) == {
        "a": "is better by .050 [+.030, +.070]",
        "b": "is worse by .040 [-.060, -.020]",
        "c": "shows no difference: +.005 [-.015, +.025], .028 would have been detectable",
        "d": "is not decided when all 4 comparisons are counted: +.020 [+.000, +.040]",
    }


def test_a_comparison_without_an_interval_is_not_counted():
    bare = Comparison(
        difference=0.1, low=None, high=None, p=None, detectable=None, no_interval="few groups"
    )
    said = verdicts({"a": compared(0.022), "b": bare})
    assert said == {"a": "is better by .022 [+.002, +.042]", "b": "+.100 without an interval"}


def test_of_equal_arms_one_in_twenty_answers_finds_a_difference_and_no_more():
    """Chosen by intervals alone, a word would be wrong in a quarter of the answers."""
    rng = np.random.default_rng(0)
    wrong, by_interval = [], []
    for differences in rng.normal(0, ERROR, (WORLDS, ARMS)):
        arms = {str(i): compared(d) for i, d in enumerate(differences.tolist())}
        said = verdicts(arms).values()
        wrong.append(any(word.startswith(("is better", "is worse")) for word in said))
        by_interval.append(any(one.low > 0 or one.high < 0 for one in arms.values()))
    assert np.mean(wrong) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / WORLDS)
    assert np.mean(by_interval) > 0.2
