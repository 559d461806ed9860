"""Why arms differ, in about three lines per arm: what is wrong, what it comes from, what helps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap

from prodigy_al.diagnosis.trained_ledger import DEV_UP, WORSE
from prodigy_al.report.folding import answered_policy
from prodigy_al.report.numbers import counted, number, signed
from prodigy_al.report.reasons import Complaint, Reason, Remedy
from prodigy_al.report.schema import Report

WIDTH = 79
ON_DEV = ("selection-dev", "partial-dev")
"""The reasons whose remedies are about F1 on dev; all others are about F1 on test."""
REST = "Redundancy, and how questions differ from their pool: al.diagnose."
PHRASES: Mapping[str, str] = {
    "label-form": "single spans teach less ({})",
    "selection-train": "its selection ({})",
    "forgetting": "other labels lost ({} kept)",
    "scheme": "the base follows another rule ({} of what it finds)",
    "selection-dev": "dev answers not drawn evenly ({})",
    "partial-dev": "false alarms that dev does not count ({})",
    "leak": "dev texts that stand in train ({})",
    "noise": "within chance ({})",
}
"""What a supported hypothesis says, with its number."""
SIGNED = ("label-form", "selection-train", "selection-dev", "noise")
"""The hypotheses whose number is a difference."""


def why_block(report: Report) -> str:
    """Return the block below the screen; empty where --why was not asked for."""
    if report.why is None:
        return ""
    lines = [line for arm in why_sentences(report) for line in _lines(arm)]
    if not lines:
        return "Why: no arm is worse than its base or than random answers."
    return "\n".join(["Why", *lines, *_wrapped(f"{_elsewhere(report)}{REST}")])


def why_sentences(report: Report) -> Iterator[list[str]]:
    """Yield, of each arm with a complaint, what is wrong, the reasons found, and what helped most.

    Under the policy that is answered about, unless the arm is worse than its base under another
    alone, or has a complaint under another alone.
    """
    ledger = report.why.ledger if report.why else ()
    for arm in report.arms:
        policy = _policy(arm, report)
        own = [one for one in ledger if (one.arm, one.policy) == (arm, policy)]
        if not own:
            continue
        yield [
            f"{arm}, training '{policy}': {'; '.join(map(_said, own))}",
            reasons_sentence(own, report),
            remedy_sentence(own),
        ]


def reasons_sentence(complaints: Sequence[Complaint], report: Report) -> str:
    """Return which reasons for some complaints of one run are supported, and which are not."""
    names = list(dict.fromkeys(name for one in complaints for name in one.reasons))
    first = complaints[0]
    verdicts = {
        one.id: one for one in report.verdicts if (one.arm, one.policy) == (first.arm, first.policy)
    }
    found = [verdicts[name] for name in names if name in verdicts]
    supported = [_phrase(one) for one in found if one.verdict == "supported"]
    if supported:
        return f"supported: {', '.join(supported)}"
    open_ = [one.id for one in found if one.verdict == "not identifiable"]
    refuted = [one.id for one in found if one.verdict == "refuted"]
    parts = [
        f"{word}: {', '.join(own)}" for word, own in (("refuted", refuted), ("open", open_)) if own
    ]
    return f"no reason is supported ({'; '.join(parts)})"


def remedy_sentence(complaints: Sequence[Complaint]) -> str:
    """Return which remedy closed most beyond chance, of F1 on test and of F1 on dev."""
    found = [one for complaint in complaints for one in complaint.remedies]
    on_test = _best([one for one in found if one.against not in ON_DEV])
    on_dev = _best([one for one in found if one.against in ON_DEV])
    best = [f"{one.what}, {closed(one)}" for one in (on_dev, on_test) if one]
    if best:
        return f"brings most: {'; '.join(best)}"
    return "nothing that was tried closed any of it beyond chance" if found else ""


def _best(remedies: Sequence[Remedy]) -> Remedy | None:
    gained = [one for one in remedies if one.closed.low is not None and one.closed.low > 0]
    return max(gained, key=lambda one: one.closed.difference or 0, default=None)


def closed(remedy: Remedy) -> str:
    """Return how much a remedy closed, with its interval."""
    found = remedy.closed
    if found.difference is None:
        return "F1 not defined"
    if found.low is None or found.high is None:
        return f"{signed(found.difference)} (no interval)"
    return f"{signed(found.difference)} [{signed(found.low)}, {signed(found.high)}]"


def _policy(arm: str, report: Report) -> str | None:
    """Return the policy that an arm's complaints are told of."""
    own = [one for one in (report.why.ledger if report.why else ()) if one.arm == arm]
    worse = {one.policy for one in own if one.id == WORSE}
    answered = answered_policy(report)
    return min(
        (one.policy for one in own),
        key=lambda policy: (policy not in worse, policy != answered),
        default=None,
    )


def _said(one: Complaint) -> str:
    """Return a complaint with its gap; about dev, both numbers are in it."""
    if one.id == DEV_UP or one.gap.value is None:
        return one.said
    return f"{one.said} ({signed(one.gap.value)})"


def _phrase(reason: Reason) -> str:
    value = reason.number
    shown = "" if value is None else signed(value) if reason.id in SIGNED else number(value)
    return PHRASES[reason.id].format(shown)


def _elsewhere(report: Report) -> str:
    """Return how many complaints stand in the tables alone."""
    ledger = report.why.ledger if report.why else ()
    more = sum(one.policy != _policy(one.arm, report) for one in ledger)
    return f"{counted(more, 'complaint')} under other training: --full. " if more else ""


def _lines(sentences: Sequence[str]) -> Iterator[str]:
    head, *rest = sentences
    yield from _wrapped(head, "", "  ")
    for one in filter(None, rest):
        yield from _wrapped(one, "  ", "    ")


def _wrapped(text: str, first: str = "", indent: str = "") -> list[str]:
    # a name that is broken at a hyphen is no name
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False)
