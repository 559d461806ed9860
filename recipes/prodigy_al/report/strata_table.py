"""The kinds of segments that an arm was hardly asked about, on the terminal."""

from __future__ import annotations

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import parts
from prodigy_al.report.cells import titled
from prodigy_al.report.numbers import interval, number
from prodigy_al.report.schema import Report


def strata_table(report: Report, policy: str | None) -> str:
    """Return a row per arm and kind that it missed; empty where none did.

    Recall on test is of the base, of the arm and of its control; of the base alone without a
    `policy`.
    """
    strata = report.strata
    if not isinstance(strata, parts.Strata):
        return ""
    rows = [
        (
            dataset,
            kind,
            _share(found.share),
            _share(found.spans),
            _share(found.errors),
            f"{answers.train:,} ({answers.train_share:.0%})",
            *_recalls(report, found.test, dataset, policy),
        )
        for dataset in report.arms
        for kind, found in strata.kinds.items()
        if (answers := found.answers[dataset]).missed
    ]
    header = (
        "dataset",
        "kind of segments",
        "of the pool",
        "of its spans",
        "of the base's errors",
        "of the training answers",
        "recall on test: base -> tuned" if policy else "recall on test: base",
        *(["random's"] if policy else []),
        "n",
    )
    of = f", training '{policy}'" if policy else ""
    title = f"Kinds of segments with under half of their share among the training answers{of}"
    return "\n".join([titled(title, header, rows).rstrip("\n"), _told(strata)]) if rows else ""


def strata_lines(report: Report) -> str:
    """Return what is said of arms that missed a kind and are worse than their control."""
    return "\n".join(report.strata.said) if isinstance(report.strata, parts.Strata) else ""


def _recalls(
    report: Report, test: parts.StratumTest | Unavailable, dataset: str, policy: str | None
) -> tuple[str, ...]:
    if isinstance(test, Unavailable):
        return ("-", "-", "-") if policy else ("-", "-")
    base, spans = number(test.base.recall.value), f"{test.gold_spans:,}"
    if policy is None:
        return base, spans
    tuned = _with_interval(test.arms[dataset][policy].recall)
    against = report.arms[dataset].runs[policy].vs_random
    control = _with_interval(test.arms[against.against][policy].recall) if against else "-"
    return f"{base} -> {tuned}", control, spans


def _share(found: parts.Interval | Unavailable) -> str:
    """Return a share in percent, with its interval where it is estimated."""
    if isinstance(found, Unavailable) or found.value is None:
        return "-"
    if found.low is None or found.high is None or found.low == found.high:
        return f"{found.value:.0%}"
    return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]"


def _with_interval(found: parts.Interval) -> str:
    ends = interval(found.low, found.high)
    return number(found.value) if ends == "-" else f"{number(found.value)} {ends}"


def _told(strata: parts.Strata) -> str:
    """Return what the kinds are, what told them, and what the numbers are of."""
    by = f"{strata.n:,} segments of the pool"
    if strata.by is not None:
        by = f"{strata.n:,} answers of {strata.by}, weighted to stand for the pool"
    dev = ""
    if strata.dev_of is not None:
        dev = (
            "; spans, and those that the base misses or makes up, are estimated from "
            f"{strata.dev_answers:,} dev answers of {strata.dev_of}"
        )
    return (
        f"Kinds, told by {by}: short is at most {strata.short:,.0f} tokens, medium at most "
        f"{strata.medium:,.0f}; a table has more than {strata.running:.0%} of its tokens in "
        f"capitals or with a digit{dev}. n: gold spans of the kind on test."
    )
