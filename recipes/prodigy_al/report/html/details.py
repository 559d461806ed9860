"""Tables that are read for one question: every model on every set, other labels, kinds, sizes."""

from __future__ import annotations

from collections.abc import Mapping

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size, ends
from prodigy_al.report.html.blocks import Cell, Shade, Table
from prodigy_al.report.numbers import interval, number
from prodigy_al.report.parts import Interval, Strata, Stratum, StratumScore
from prodigy_al.report.planned import SIZES
from prodigy_al.report.schema import OtherLabels, Report
from prodigy_al.report.strata_table import strata_lines

NONE = "–"
MOST_INTERVALS = 6  # models of which the matrix has room for intervals


def matrix_table(report: Report, policy: str | None) -> Table | None:
    """Return F1 of every model on every set, tinted by F1; None where there is no cell."""
    cells = {
        (cell.model, cell.set, cell.kind): cell
        for cell in report.matrix
        if cell.policy in (None, policy)
    }
    if not cells:
        return None
    models = list(dict.fromkeys(model for model, _, _ in cells))
    rows: list[list[Cell]] = []
    for name, kind in dict.fromkeys((name, kind) for _, name, kind in cells):
        row: list[Cell] = [f"{name}, {kind}" if kind != "test" else name]
        for model in models:
            cell = cells.get((model, name, kind))
            if cell is None or cell.f1 is None:
                row.append(NONE)
            else:
                bounds = interval(cell.low, cell.high) if len(models) <= MOST_INTERVALS else "-"
                ends = "" if bounds == "-" else f" {bounds}"
                row.append(Shade(number(cell.f1) + ("*" if cell.leak else "") + ends, cell.f1))
        rows.append(row)
    notes = ["The darker, the higher F1; a row is one set, so read along it."]
    if any(cell.leak for cell in cells.values()):
        notes.append("* The model was trained on a document of this set.")
    of = f", training ‘{policy}’" if policy else ""
    return Table(f"F1 of every model on every set{of}", ("measured on", *models), rows, notes)


def others_table(report: Report, policy: str) -> Table | None:
    """Return the agreement with the base on the labels not asked for; None where there is none."""
    found: Mapping[str, OtherLabels] = {
        name: arm.runs[policy].others for name, arm in report.arms.items()
    }
    if all(one.agreement_f1 is None for one in found.values()):
        return None
    labels = list(dict.fromkeys(label for one in found.values() for label in one.per_label))
    rows: list[tuple[str, ...]] = [
        ("all together", NONE, *(number(one.agreement_f1) for one in found.values()))
    ]
    for label in labels:
        own = [one.per_label.get(label) for one in found.values()]
        spans = next(one.before for one in own if one is not None)
        agreed = (NONE if one is None else number(one.agreement_f1) for one in own)
        rows.append((label, f"{spans:,}", *agreed))
    lost = [
        f"{name}: {one.worst.label} agrees least, {number(one.worst.agreement_f1)} of "
        f"{one.worst.before:,} spans."
        for name, one in found.items()
        if one.worst is not None
    ]
    notes = ["F1 with the base's own spans as truth: 1.000 means that nothing changed.", *lost]
    caption = f"Agreement with the base on the other labels, training ‘{policy}’"
    return Table(caption, ("label", "spans by the base", *found), rows, notes)


def strata_table(report: Report) -> Table | None:
    """Return every kind of segments: its share, and what was asked about it."""
    strata = report.strata
    if not isinstance(strata, Strata) or not strata.kinds:
        return None
    rows = [
        (
            kind,
            _share(one.share),
            _share(one.spans),
            _share(one.errors),
            *(_asked(one, name) for name in report.arms),
        )
        for kind, one in strata.kinds.items()
    ]
    shares = ("kind of segments", "of the pool", "of its spans", "of the base's errors")
    by = f"{strata.n:,} segments of the pool"
    if strata.by is not None:
        by = f"{strata.n:,} answers of {strata.by}, weighted to stand for the pool"
    notes = [
        f"Told by {by}: short is at most {strata.short:,.0f} tokens, medium at most "
        f"{strata.medium:,.0f}; a table has more than {strata.running:.0%} of its tokens in "
        "capitals or with a digit.",
        *filter(None, strata_lines(report).splitlines()),
    ]
    if any(answers.missed for one in strata.kinds.values() for answers in one.answers.values()):
        notes.insert(0, "! Under half of the kind's share of the pool, and not by chance.")
    header = (*shares, *(f"training answers of {name}" for name in report.arms))
    return Table("What was asked about each kind of segments", header, rows, notes)


def strata_recall_table(report: Report, policy: str | None) -> Table | None:
    """Return recall on each kind of the test set's segments, of the base alone without a policy."""
    strata = report.strata
    if not isinstance(strata, Strata):
        return None
    arms = list(report.arms) if policy else []
    rows = []
    for kind, one in strata.kinds.items():
        if not isinstance(one.test, Unavailable):
            own = (_recall(one.test.arms[name][policy]) for name in arms if policy)
            base = number(one.test.base.recall.value)
            rows.append((kind, f"{one.test.gold_spans:,}", base, *own))
    of = f", training ‘{policy}’" if policy else ""
    header = ("kind of segments", "gold spans", "base", *arms)
    return Table(f"Recall on test by kind of segments{of}", header, rows) if rows else None


def plan_table(report: Report, policy: str | None) -> Table | None:
    """Return the sizes that would find the wanted difference; None where none was wanted."""
    plan = report.plan
    if plan is None:
        return None
    if policy is None:
        rows = [(name, _size(found)) for name, found in plan.base.items()]
        caption = (
            "For an interval of the base's weighted F1 for new text that reaches "
            f"{number(plan.difference)} to either side"
        )
        return Table(caption, ("dataset", "dev answers: now → needed"), rows) if rows else None
    sizes = {name: by_policy[policy] for name, by_policy in plan.arms.items()}
    planned = [
        (name, one.against or "base", *(_size(getattr(one, field)) for field in SIZES))
        for name, one in sizes.items()
    ]
    caption = (
        f"To find a difference of {number(plan.difference)} in F1, training ‘{policy}’: now → "
        "needed, each alone"
    )
    notes = ["In brackets is the 95 % interval of a size; what is not planned says why."]
    return Table(caption, ("dataset", "against", *SIZES.values()), planned, notes)


def _size(found: Size | Unavailable) -> str:
    if isinstance(found, Unavailable):
        return found.reason
    return f"{found.now:,} → {found.needed:,} ({ends(found.low, found.high)})"


def _share(found: Interval | Unavailable) -> str:
    if isinstance(found, Unavailable) or found.value is None:
        return NONE
    if found.low is None or found.high is None or found.low == found.high:
        return f"{found.value:.0%}"
    return f"{found.value:.0%} [{found.low:.0%}, {found.high:.0%}]"


def _asked(kind: Stratum, name: str) -> str:
    answers = kind.answers.get(name)
    if answers is None:
        return NONE
    return f"{answers.train:,} ({answers.train_share:.0%}){' !' if answers.missed else ''}"


def _recall(score: StratumScore) -> str:
    found = score.recall
    bounds = interval(found.low, found.high)
    return number(found.value) + ("" if bounds == "-" else f" {bounds}")
