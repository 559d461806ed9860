"""What answers about single spans were worth, in whole segments: in the report and in words."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_al.comparison.exchange import Exchange, find_exchange
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import parts
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


def _rate(found: parts.Exchange) -> str:
    if found.binary_per_segment is None:
        return (
            f"how many answers about single spans did the work of a whole segment of "
            f"{found.control} is not known: {found.why}"
        )
    low = "0" if found.low is None else f"{found.low:.1f}"
    high = "any number" if found.high is None else f"{found.high:.1f}"
    return (
        f"{found.binary_per_segment:.1f} answers about single spans [{low}, {high}] did the work "
        f"of one whole segment of {found.control} ({found.answers:,} that of {found.segments:,.0f})"
    )


def _speed(found: parts.Exchange) -> str:
    if found.times_faster is None:
        return ""
    by = "by time stamps" if found.measured else "simulated"
    return f"; a typical one was {found.times_faster:.2f} times as fast ({by})"
