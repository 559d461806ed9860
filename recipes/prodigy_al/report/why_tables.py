"""Why arms differ, in full: rows of the tables that terminal and page have in common."""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_al.report.cells import difference, signed_with_ends, titled
from prodigy_al.report.numbers import number, signed
from prodigy_al.report.parts import Interval
from prodigy_al.report.reasons import Forms, Reason
from prodigy_al.report.schema import Report
from prodigy_al.report.why_lines import SIGNED, closed

LEDGER_TITLE = "What was tried against each complaint"
FORMS_TITLE = "Selection and label form apart: F1 on test"
Rows = Sequence[tuple[str, ...]]

LEDGER = ("dataset", "complaint", "gap", "tried against", "what was tried", "closed", "answers")
FORMS = ("dataset", "answers", "whole segments", "as single spans", "what single spans do")


def why_tables(report: Report, policy: str) -> str:
    """Return the tables of one policy for the terminal; empty where --why was not asked for."""
    if report.why is None:
        return ""
    parts = [
        titled(f"{LEDGER_TITLE}, training '{policy}'", LEDGER, ledger_rows(report, policy)),
        titled(f"{FORMS_TITLE}, training '{policy}'", FORMS, forms_rows(report, policy)),
        "\n".join(forms_notes(report, policy)),
        _verdicts(report, policy),
    ]
    return "\n\n".join(part.strip("\n") for part in parts if part)


def ledger_rows(report: Report, policy: str) -> Rows:
    """Return a row per complaint and remedy, and one for a complaint without any."""
    rows: list[tuple[str, ...]] = []
    for one in report.why.ledger if report.why else ():
        if one.policy != policy:
            continue
        head = (one.arm, one.said, signed_with_ends(one.gap))
        rows += [
            (
                *head,
                remedy.against,
                remedy.what,
                closed(remedy),
                f"{remedy.answers:,} instead of {remedy.instead_of:,}",
            )
            for remedy in one.remedies
        ] or [(*head, "-", "-", "-", "-")]
    return rows


def forms_rows(report: Report, policy: str) -> Rows:
    """Return, per arm, its control, itself, and what selection does in either form."""
    rows: list[tuple[str, ...]] = []
    for one in _forms(report, policy):
        cells = {(cell.answers_of, cell.form): cell for cell in one.cells}
        for of in ("random", "active"):
            name = next(cell.dataset for cell in one.cells if cell.answers_of == of)
            shown = (cells.get((of, form)) for form in ("whole", "single"))
            texts = (
                "-" if cell is None else f"{_with_ends(cell.f1)} (n {cell.answers:,})"
                for cell in shown
            )
            rows.append((one.arm, name, *texts, difference(one.effects.get(f"form-{of}"))))
        effects = (one.effects.get(f"selection-{form}") for form in ("whole", "single"))
        rows.append((one.arm, "what selection does", *map(difference, effects), "-"))
    return rows


def forms_notes(report: Report, policy: str) -> list[str]:
    """Return what stands below the two by two."""
    notes = []
    for one in _forms(report, policy):
        form, chosen = one.effects["form-random"], one.effects["selection-single"]
        known = form.difference is not None and chosen.difference is not None
        if "selection-whole" not in one.effects and known:
            total = (form.difference or 0.0) + (chosen.difference or 0.0)
            notes.append(
                f"{one.arm}: its {signed(total)} to random whole segments is "
                f"{signed(form.difference or 0.0)} by the label form and "
                f"{signed(chosen.difference or 0.0)} by selection."
            )
        notes += [
            f"{name}: {count:,} segments without a candidate are left out as single spans."
            for name, count in one.left_out.items()
            if count
        ]
    for name, reason in (report.why.no_forms if report.why else {}).items():
        notes.append(f"{name}: no two by two: {reason.reason}.")
    return list(dict.fromkeys(notes))


def reason_number(reason: Reason) -> str:
    """Return a verdict's number with its interval and unit; a dash where there is none."""
    if reason.number is None or reason.low is None or reason.high is None:
        return "-"
    write = signed if reason.id in SIGNED else number
    ends = f"[{write(reason.low)}, {write(reason.high)}]"
    return f"{write(reason.number)} {ends} {reason.unit}"


def _with_ends(found: Interval) -> str:
    if found.low is None or found.high is None:
        return number(found.value)
    return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"


def _forms(report: Report, policy: str) -> list[Forms]:
    return [one for one in (report.why.forms if report.why else ()) if one.policy == policy]


def _verdicts(report: Report, policy: str) -> str:
    """Return every verdict in two lines: a table of whole sentences would be too wide."""
    lines = [f"Hypotheses, training '{policy}' (p: Holm's over one dataset's)"]
    for one in report.verdicts:
        if one.policy == policy:
            p = "" if one.p is None else f", p = {one.p:.2g}"
            n = f" (n = {one.n:,}{p})" if one.number is not None else ""
            lines.append(f"{one.arm}  {one.id}: {one.verdict}  {reason_number(one)}{n}")
            lines.append(f"    {one.why}." + (f" Next: {one.next}." if one.next else ""))
    return "\n".join(lines)
