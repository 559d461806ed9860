"""What may be said of a difference, in one of four words; against random answers they are others.

helps, harms
    Against the base. The 95 % interval lies above, or below, 0, and Holm's p over the family of
    comparisons is under .05: intervals are those of each comparison alone, so that one may exclude
    0 where nothing is decided.
ahead, behind
    The same against random answers: an arm that helps may still be behind them.
no difference found
    The interval holds 0 and lies within ± the difference that was asked for (``--plan``); without
    one, within ± the difference that the comparison would have found four times out of five.
not decided
    All others: there is no interval, it reaches further than that, or it excludes 0 and the family
    is too large for it. On a test set whose gold is broken, all (`against`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from prodigy_al.evaluation.bootstrap import LEVEL, holm
from prodigy_al.report.metrics import Comparison
from prodigy_al.report.numbers import number

Word: TypeAlias = Literal["helps", "harms", "ahead", "behind", "no difference found", "not decided"]
Decided: TypeAlias = tuple[Word, Word]
OF_BASE: Decided = ("helps", "harms")
OF_RANDOM: Decided = ("ahead", "behind")
Form: TypeAlias = Literal["whole", "spans", "mixed"]
FEWEST_REPLICATES = 5
UNUSABLE_GOLD = "much of the gold is unusable"
"""Why nothing is said of a difference on a broken test set, whatever it is."""


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much an arm and its control hold where they are compared.

    With `seconds` they are the answers, of both folds, given in that time; without (None), all
    those to train on. `simulated` seconds come, at least in part, from a cost model. `form` says
    what the arm was asked about, where its control was asked about whole segments.
    """

    answers: int
    against_answers: int
    seconds: float | None
    simulated: bool
    form: Form


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One arm `against` the base or random answers: a word, and the difference of F1 behind it.

    `against` names a dataset, or is "base" or "random". `within` is the difference that "no
    difference found" is relative to; None without an interval. `why` says why nothing is decided,
    empty otherwise. `sizes` are None against the base.

    Of the replicates of a strategy, the word is of their mean on new text, and "not decided" with
    fewer than five; `counts` are the replicates of which each word holds, one by one.
    """

    word: Word
    against: str
    difference: float | None
    low: float | None
    high: float | None
    within: float | None
    why: str = ""
    sizes: Sizes | None = None
    counts: Mapping[Word, int] = field(default_factory=dict)

    @property
    def no_number(self) -> str:
        """Why there is no difference to show, where there is none."""
        return UNUSABLE_GOLD if self.why == UNUSABLE_GOLD else "F1 not defined"

    @property
    def allows(self) -> float | None:
        """The largest change, up or down, that the interval holds; None without an interval."""
        if self.low is None or self.high is None:
            return None
        return max(abs(self.low), abs(self.high))


def find_words(
    comparisons: Mapping[str, Comparison],
    wanted: float | None = None,
    decided: Decided = OF_BASE,
) -> dict[str, tuple[Word, str]]:
    """Return the word for each of one family of comparisons, by name, and why none is decided.

    `wanted` is the difference of F1 that somebody asked for, if anybody did; `decided` are the
    words for a difference above and below 0.
    """
    known = {name: found.p for name, found in comparisons.items() if found.p is not None}
    adjusted = dict(zip(known, holm(list(known.values())).tolist(), strict=True))
    return {
        name: _undecided(found, adjusted.get(name, 1.0), family=len(known), wanted=wanted)
        or _decided(found, decided)
        for name, found in comparisons.items()
    }


def _decided(found: Comparison, decided: Decided) -> tuple[Word, str]:
    above, below = decided
    return (above if found.difference and found.difference > 0 else below), ""


def _undecided(
    found: Comparison, p: float, *, family: int, wanted: float | None
) -> tuple[Word, str] | None:
    """Return the word for a difference that is not shown, and why; None where it is shown."""
    value, low, high = found.difference, found.low, found.high
    if value is None:
        return "not decided", found.no_interval or "F1 is not defined for one of the two"
    if low is None or high is None:
        return "not decided", found.no_interval or "there is no interval"
    if low <= 0 <= high:
        within = wanted or found.detectable
        if within is not None and -within <= low and high <= within:
            return "no difference found", ""
        return "not decided", f"the interval holds 0, and changes larger than ±{number(within)}"
    # alone, p and interval agree but for the last digit
    if p >= LEVEL and family > 1:
        return "not decided", f"it may be chance, with {family} comparisons counted"
    return None
