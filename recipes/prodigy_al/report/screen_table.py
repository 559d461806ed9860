"""The one table of the screen: F1 of every arm on dev and on test."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.findings import Finding
from prodigy_al.report.layout import aligned, wrapped
from prodigy_al.report.numbers import interval, number, signed
from prodigy_al.report.parts import Interval
from prodigy_al.report.summary import ArmSummary, Summary


def table(summary: Summary, names: Mapping[str, str]) -> list[str]:
    """Return F1 of the base and of every arm, and what the columns are."""
    header = ("F1", "answers", "dev", "weighted dev", "test", "base", "control")
    dev = _with_interval(summary.base_on_dev)
    rows = [("base", "-", "-", dev, _with_interval(summary.base), "-", "-")]
    rows += [
        (
            names[arm.name],
            f"{arm.answers:,}",
            number(arm.usual.value),
            _weighted(arm),
            _with_interval(arm.test),
            _difference(arm.vs_base),
            _difference(arm.vs_control),
        )
        for arm in summary.arms
    ]
    return [*aligned([header, *rows], right=(1, 2, 5, 6), close=True), *_terms(summary)]


def table_of_intervals(summary: Summary, names: Mapping[str, str]) -> list[str]:
    """Return the differences with their intervals, beside an answer that holds none."""
    header = ("F1", "answers", "test", "against the base", "against random answers")
    rows = [("base", "-", number(summary.base.value), "-", "-")]
    rows += [
        (
            names[arm.name],
            f"{arm.answers:,}",
            number(arm.test.value if arm.test else None),
            _with_ends(arm.vs_base),
            _with_ends(arm.vs_control),
        )
        for arm in summary.arms
    ]
    return aligned([header, *rows], right=(1, 2))


def table_of_base(summary: Summary, names: Mapping[str, str]) -> list[str]:
    """Return F1 of the base on each dataset's dev answers, where nothing was trained."""
    header = ("F1 of the base", "answers", "dev answers", "dev", "weighted dev")
    rows = [
        (
            names[arm.name],
            f"{arm.answers:,}",
            f"{arm.dev_answers:,}",
            number(arm.usual.value),
            _weighted(arm),
        )
        for arm in summary.arms
    ]
    if summary.test.name is not None:
        test = _with_interval(summary.base)
        rows.append(("on test", "-", "-", "-", test))
    return [*aligned([header, *rows], right=(1, 2, 3)), *_terms(summary)]


def _terms(summary: Summary) -> list[str]:
    """Return what the columns are, of those that hold something."""
    terms = ["dev: held-back answers"]
    if not all(isinstance(arm.weighted, Unavailable) for arm in summary.arms):
        terms.append("weighted: as if drawn at random")
    if any(arm.vs_control for arm in summary.arms):
        terms.append("control: random ones")
    cautions = {caution for arm in summary.arms for caution in arm.cautions}
    if cautions:
        terms.append(f"*: {'estimated' if 'estimated' in cautions else 'with care'}, see --full")
    if any(isinstance(arm.weighted, Unavailable) for arm in summary.arms):
        terms.append("why there is no weighted F1: --full")
    return wrapped("; ".join(terms) + ".")


def _weighted(arm: ArmSummary) -> str:
    """Return the weighted F1, marked where it is to be read with care."""
    if isinstance(arm.weighted, Unavailable):
        return "-"
    return _with_interval(arm.weighted) + ("*" if arm.cautions else "")


def _with_interval(found: Interval | None) -> str:
    if found is None:
        return "-"
    ends = interval(found.low, found.high)
    return number(found.value) if ends == "-" else f"{number(found.value)} {ends}"


def _difference(found: Finding | None) -> str:
    return "-" if found is None or found.difference is None else signed(found.difference)


def _with_ends(found: Finding | None) -> str:
    if found is None or found.difference is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{signed(found.difference)} no interval"
    return f"{signed(found.difference)} [{signed(found.low)}, {signed(found.high)}]"
