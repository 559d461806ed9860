"""The section that says why arms differ: a card per verdict, and the tables behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodigy_al.diagnosis.verdict import Word
from prodigy_al.report.cells import signed_with_ends
from prodigy_al.report.html.blocks import Figure, ReasonCard, ReasonCards, Section, Table
from prodigy_al.report.html.figures.remedies import remedies
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.reasons import Reason
from prodigy_al.report.schema import Report
from prodigy_al.report.why_lines import REST, remedy_sentence
from prodigy_al.report.why_tables import (
    FORMS,
    FORMS_TITLE,
    LEDGER,
    LEDGER_TITLE,
    forms_notes,
    forms_rows,
    ledger_rows,
    reason_number,
)

INTRO = (
    "Each hypothesis was tested by training: supported, refuted, or not identifiable with these "
    "answers."
)
# a sign beside each word, so that nothing is said by colour alone
SIGNS: Mapping[Word, tuple[str, str]] = {
    "supported": ("●", "supported"),
    "refuted": ("○", "refuted"),
    "not identifiable": ("?", "undecided"),
}


def why_section(report: Report, marks: Mapping[str, Mark], answered: str) -> Section:
    """Return the section, `answered` training first; it is empty without --why."""
    if report.why is None:
        return Section("why", "Why", "")
    policies = sorted(report.policies, key=lambda policy: policy != answered)
    return Section(
        "why",
        "Why",
        INTRO,
        blocks=[one for policy in policies for one in _blocks(report, policy, marks)],
        reasons=[_cards(report, arm, policy) for policy in policies for arm in report.arms],
        lines=[REST],
    )


def _cards(report: Report, arm: str, policy: str) -> ReasonCards:
    own = [
        one
        for one in (report.why.ledger if report.why else ())
        if (one.arm, one.policy) == (arm, policy)
    ]
    lines = [f"{one.said}: {signed_with_ends(one.gap)}" for one in own]
    if own and (best := remedy_sentence(own)):
        lines.append(best)
    verdicts = [one for one in report.verdicts if (one.arm, one.policy) == (arm, policy)]
    verdicts.sort(key=lambda one: list(SIGNS).index(one.verdict))
    return ReasonCards(
        title=f"{arm}, training ‘{policy}’",
        lines=lines,
        cards=[_card(one) for one in verdicts],
    )


def _card(reason: Reason) -> ReasonCard:
    sign, css = SIGNS[reason.verdict]
    numbers = f"{reason_number(reason)} (n = {reason.n:,})" if reason.number is not None else ""
    begin = reason.why[:1] if reason.why.startswith("spaCy") else reason.why[:1].upper()
    why = f"{begin}{reason.why[1:]}."
    following = f"Next: {reason.next}." if reason.next else ""
    return ReasonCard(reason.id, reason.verdict, sign, css, numbers, why, following)


def _blocks(report: Report, policy: str, marks: Mapping[str, Mark]) -> Iterator[Figure | Table]:
    if figure := remedies(report, policy, marks):
        yield figure
    if rows := ledger_rows(report, policy):
        yield Table(f"{LEDGER_TITLE}, training ‘{policy}’", LEDGER, rows)
    if rows := forms_rows(report, policy):
        yield Table(f"{FORMS_TITLE}, training ‘{policy}’", FORMS, rows, forms_notes(report, policy))
