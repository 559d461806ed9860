"""A verdict on one hypothesis about one dataset, and the correction for many of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.auc import Auc
from prodigy_al.evaluation.bootstrap import LEVEL, holm
from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.evaluation.shares import chance_of_so_many, share_interval

Word = Literal["supported", "refuted", "not identifiable"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the evidence says of one hypothesis (`id`) about one dataset (`arm`).

    `number` is what decided it, of what `unit` says, with the ends of its 95 % interval, from `n`
    items. They are None only where it is *not identifiable* because there is no number. `p` is that
    of the test, None where there is none; `correct` replaces it by Holm's. `why` is a sentence and
    `next` what to do, empty where nothing is to be done. `details` are numbers beside it.

    Raises `EstimateError` for a verdict without its number, interval or n.
    """

    id: str
    arm: str
    verdict: Word
    number: float | None
    low: float | None
    high: float | None
    n: int
    why: str
    next: str = ""
    unit: str = ""
    p: float | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = (self.number, self.low, self.high)
        if self.verdict != "not identifiable" and (None in numbers or self.n < 1):
            raise EstimateError(
                f"the verdict on {self.id} of {self.arm} is {self.verdict} without a number, its "
                "interval and n"
            )


def unknown(hypothesis: str, arm: str, why: str, following: str = "", *, n: int = 0) -> Verdict:
    """Return the verdict that nothing can be said, and why."""
    return Verdict(
        id=hypothesis,
        arm=arm,
        verdict="not identifiable",
        number=None,
        low=None,
        high=None,
        n=n,
        why=why,
        next=following,
    )


def conclude(
    hypothesis: str,
    arm: str,
    word: Word,
    found: Estimate | Auc,
    *,
    following: str = "",
    **parts: Any,
) -> Verdict:
    """Return the verdict of a number; what `following` says is to be done only where supported."""
    return Verdict(
        id=hypothesis,
        arm=arm,
        verdict=word,
        number=float(found.value),
        low=float(found.low),
        high=float(found.high),
        next=following if word == "supported" else "",
        **parts,
    )


def conclude_share(
    hypothesis: str, arm: str, hits: int, *, n: int, limit: float, **parts: Any
) -> Verdict:
    """Return the verdict on a share, `hits` of n: is it above `limit`, by the binomial law?

    *Refuted* where its whole interval is below.
    """
    found, p = share_interval(hits, n), chance_of_so_many(hits, n, limit)
    word = decide(p, negligible=found.high < limit)
    return conclude(hypothesis, arm, word, found, n=n, p=p, **parts)


def decide(p: float, *, harmful: bool = True, negligible: bool) -> Word:
    """Return the word for a test of p-value `p`.

    `harmful`: the number lies on the side that the hypothesis says; `negligible`: its whole
    interval lies where nothing would follow from it.

    >>> decide(0.001, negligible=False), decide(0.3, negligible=True), decide(0.3, negligible=False)
    ('supported', 'refuted', 'not identifiable')
    """
    if negligible:
        return "refuted"
    return "supported" if p < LEVEL and harmful else "not identifiable"


def within(interval: Estimate, low: float, high: float) -> bool:
    """Return whether a whole interval lies strictly between two bounds.

    >>> within(Estimate(0.5, 0.4, 0.6), 0.3, 0.7), within(Estimate(0.5, 0.4, 0.6), 0.45, 0.7)
    (True, False)
    """
    return low < interval.low and interval.high < high


def correct(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts with Holm's p over all of them that have one.

    What is no longer below .05 is no longer supported: among so many tests, one as clear as that
    comes about by chance too often.
    """
    tested = [i for i, verdict in enumerate(verdicts) if verdict.p is not None]
    adjusted = dict(zip(tested, holm([verdicts[i].p or 0.0 for i in tested]), strict=True))
    found = list(verdicts)
    for i, p in adjusted.items():
        found[i] = replace(found[i], p=float(p))
        if found[i].verdict == "supported" and p >= LEVEL:
            found[i] = replace(
                found[i],
                verdict="not identifiable",
                next="",
                why=f"{found[i].why} (one of {len(tested)} tests, and that may be chance)",
            )
    return found
