"""What answers about single spans were worth, in whole segments: in the report and in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodigy_al.comparison.exchange import Exchange, find_exchange
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import parts
from prodigy_al.report.folding import fold
from prodigy_al.report.schema import Report


def describe_exchange(measured: Measurements) -> list[parts.Exchange]:
    """Return `exchange` of report.json: an entry per arm with single spans, and policy."""
    plan = measured.plan
    found = (
        (arm.dataset, policy, find_exchange(arm, policy, measured))
        for arm in plan.arms
        for policy in plan.policies
    )
    return [_entry(dataset, policy, one) for dataset, policy, one in found if one is not None]


def _entry(dataset: str, policy: str, found: Exchange) -> parts.Exchange:
    rate = found.rate
    known = None if isinstance(rate, Unavailable) else rate
    return parts.Exchange(
        dataset=dataset,
        control=found.control.dataset,
        policy=policy,
        binary_per_segment=known.value if known else None,
        low=known.low if known else None,
        high=known.high if known else None,
        answers=known.answers if known else None,
        segments=known.segments if known else None,
        times_faster=found.times_faster,
        measured=found.measured,
        why=rate.reason if isinstance(rate, Unavailable) else "",
    )


def exchange_lines(report: Report, policy: str) -> Iterator[str]:
    """Yield a sentence per arm with single spans under one policy, where curves were asked for."""
    for found in report.exchange:
        if found.policy == policy and report.curves:
            yield f"{found.dataset}: {_rate(found)}{_speed(found)}."


def brief_exchange(report: Report, policy: str) -> Iterator[str]:
    """Yield the same in a few words, replicates together, with the least and the most of them."""
    rates = {one.dataset: one for one in report.exchange if one.policy == policy}
    for line, datasets in fold(report, policy).items():
        own = [rates[name] for name in datasets if name in rates]
        if own and report.curves:
            yield f"{line}: {_brief_rate(own)}{_brief_speed(own)}."


def _brief_rate(own: Sequence[parts.Exchange]) -> str:
    known = [one.binary_per_segment for one in own if one.binary_per_segment is not None]
    if not known:
        return "how many single spans did the work of a whole segment is not known"
    did = "single spans did the work of a whole segment"
    if len(own) > 1:
        return f"{min(known):.1f} to {max(known):.1f} {did} ({len(known)} of {len(own)} known)"
    low, high = _ends(own[0])
    return f"{known[0]:.1f} [{low}, {high}] {did}"


def _brief_speed(own: Sequence[parts.Exchange]) -> str:
    known = [one.times_faster for one in own if one.times_faster is not None]
    if not known:
        return ""
    ends = dict.fromkeys(f"{one:.2f}" for one in (min(known), max(known)))
    by = "" if all(one.measured for one in own) else " (simulated)"
    return f", each {' to '.join(ends)} times as fast{by}"


def _ends(found: parts.Exchange) -> tuple[str, str]:
    """Return the ends of the interval, which may lie outside the curve."""
    low = "0" if found.low is None else f"{found.low:.1f}"
    return low, "any number" if found.high is None else f"{found.high:.1f}"


def _rate(found: parts.Exchange) -> str:
    if found.binary_per_segment is None:
        return (
            f"how many answers about single spans did the work of a whole segment of "
            f"{found.control} is not known: {found.why}"
        )
    low, high = _ends(found)
    return (
        f"{found.binary_per_segment:.1f} answers about single spans [{low}, {high}] did the work "
        f"of one whole segment of {found.control} ({found.answers:,} that of {found.segments:,.0f})"
    )


def _speed(found: parts.Exchange) -> str:
    if found.times_faster is None:
        return ""
    by = "by time stamps" if found.measured else "simulated"
    return f"; a typical one was {found.times_faster:.2f} times as fast ({by})"
