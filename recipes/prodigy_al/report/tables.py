"""Every table of the report (``--full``): one per aspect, each with what is to be said of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

from prodigy_al.report.cells import (
    TERMS,
    difference,
    f1_of,
    precision_recall,
    titled,
    with_interval,
    worth,
)
from prodigy_al.report.curve_comparison import HEADER, TITLE, curve_rows
from prodigy_al.report.dev_notes import (
    binary_lines,
    gap_rows,
    of_the_answers_alone,
    percent,
    remarks,
)
from prodigy_al.report.exchange import exchange_lines
from prodigy_al.report.folding import answered_policy
from prodigy_al.report.footnotes import footnotes
from prodigy_al.report.guard import guard_lines
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import counted, interval, number
from prodigy_al.report.others import others_cell
from prodigy_al.report.planned import plan_tables
from prodigy_al.report.quick import quick_tables
from prodigy_al.report.schema import Cell, Report, Strategy
from prodigy_al.report.seconds import at_seconds
from prodigy_al.report.strata_table import strata_lines, strata_table
from prodigy_al.report.why_tables import why_tables

EFFORTS = ("answers", "tokens", "entities", "seconds")


def render_tables(report: Report) -> str:
    """Return all tables, in the order in which they are read, and how they are to be read."""
    parts = [f"Check {check['id']}: {check['why']}." for check in report.health if not check["ok"]]
    policies = report.policies
    marked = guard_lines(report, answered_policy(report) or "") if policies else ()
    parts += ["\n".join(marked), strata_lines(report), *_left_out_of_test(report)]
    parts.append(_annotated(report))
    replicates = []
    if not policies:
        parts += [quick_tables(report), strata_table(report, None)]
    for policy in policies:
        parts += [_dev(report, policy), _test(report, policy), strata_table(report, policy)]
        parts.append(_gap(report, policy))
        if report.curves:
            parts += [_effort_to_random(report, policy), _curves(report, policy)]
            parts.append("\n".join(exchange_lines(report, policy)))
        parts += [_matrix(report, policy), why_tables(report, policy)]
        if any(len(found.datasets) > 1 for found in _strategies(report, policy).values()):
            replicates.append(_replicates(report, policy))
    parts += [*replicates, plan_tables(report), footnotes(report)]
    return "\n\n".join(part.strip("\n") for part in parts if part) + "\n"


def _left_out_of_test(report: Report) -> Iterator[str]:
    """Yield what of the test set could not be used."""
    if ignored := report.test.ignored:
        yield (
            f"{ignored:,} segment{'s' if ignored > 1 else ''} of test {report.test.name} "
            f"{'were' if ignored > 1 else 'was'} ignored or rejected and left out; F1 on test is "
            "of the others."
        )


def _annotated(report: Report) -> str:
    rows = []
    for dataset, arm in report.arms.items():
        seconds = arm.seconds_per_answer
        simulated = " (simulated)" if arm.seconds_simulated else ""
        rows.append(
            (
                dataset,
                "/".join(str(arm.answers[kind]) for kind in ("accept", "reject", "ignore")),
                f"{arm.train:,}",
                f"{arm.dev_answers:,}",
                f"{arm.tokens:,}",
                f"{arm.entities:,}",
                "-" if arm.seconds is None else f"{arm.seconds:,.0f}{simulated}",
                "-" if seconds is None else f"{seconds:g}",
            )
        )
    kinds = "accept/reject/ignore"
    header = ("dataset", kinds, "train", "dev", "tokens", "entities", "seconds", "s/answer")
    return titled("What was annotated", header, rows)


def _dev(report: Report, policy: str) -> str:
    rows = []
    notes = []
    for dataset, arm in report.arms.items():
        before, after = report.base.dev[dataset], arm.runs[policy].dev
        usual = f"{number(before.usual.f1)} -> {with_interval(after.usual)}"
        if isinstance(after.weighted, WeightedMetric):
            said = (
                *remarks(after.weighted),
                *of_the_answers_alone(before.weighted, after.weighted),
            )
            notes += [f"{dataset}: {note}." for note in said]
            flag = " (estimated)" if after.weighted.method == "estimated" else ""
            weighted = (
                f"{f1_of(before.weighted)} -> {f1_of(after.weighted)}{flag}",
                difference(after.vs_base),
                interval(after.weighted.low, after.weighted.high),
                interval(after.weighted.low_pool, after.weighted.high_pool),
                worth(after.weighted),
            )
        else:
            weighted = ("unavailable", "-", "-", "-", "-")
        rows.append((dataset, usual, percent(after.ignored), *weighted))
    header = (
        "dataset",
        "as usual: base -> tuned",
        "ignored",
        "weighted: base -> tuned",
        "change",
        "for new text",
        "for this pool",
        "answers worth",
    )
    if policy != answered_policy(report):  # of that one they stand at the top
        notes += guard_lines(report, policy)
    if policy == report.policies[0]:
        notes.insert(0, TERMS)
    shown = titled(f"F1 on each dataset's dev fold, training '{policy}'", header, rows)
    return "\n".join([shown.rstrip("\n"), *binary_lines(report, policy), *notes])


def _test(report: Report, policy: str) -> str:
    base = report.base.test
    timed = at_seconds(report, policy)
    rows = [("base", with_interval(base), precision_recall(base), *("-" * (4 if timed else 3)))]
    for dataset, arm in report.arms.items():
        run = arm.runs[policy]
        rows.append(
            (
                dataset,
                with_interval(run.test),
                precision_recall(run.test),
                difference(run.vs_base),
                *([difference(timed.get(dataset))] if timed else []),
                difference(run.vs_random),
                others_cell(run.others),
            )
        )
    trained = len(report.seeds)
    seeds = "one training seed" if trained == 1 else f"mean of {trained} training seeds"
    title = f"F1 on test, training '{policy}', {seeds}"
    control = ("vs random, equal seconds", "equal answers") if timed else ("vs random",)
    header = ("dataset", "F1", "P/R", "vs base", *control, "other labels, the worst")
    return titled(title, header, rows)


def _gap(report: Report, policy: str) -> str:
    rows = gap_rows(report, policy)
    title = f"F1 on dev as usual minus F1 on test, training '{policy}'"
    header = ("dataset", "difference", "usual - weighted", "made of", "weighted - test: the rest")
    return titled(title, header, rows) if rows else ""


def _effort_to_random(report: Report, policy: str) -> str:
    rows = []
    for dataset, arm in report.arms.items():
        run = arm.runs[policy]
        if run.vs_random is None:
            continue
        control = run.vs_random.against
        curve = [p for p in report.curves if (p.dataset, p.policy) == (dataset, policy)]
        whole = asdict(curve[-1])
        if run.effort_to_random is None:
            units = [f"not shown: {run.no_effort}", *("-" for _ in EFFORTS[1:])]
        else:
            needed = asdict(run.effort_to_random)
            units = [_needed(needed[unit], whole[unit]) for unit in EFFORTS]
        rows.append(
            (
                dataset,
                control,
                number(report.arms[control].runs[policy].test.f1),
                *units,
                str(len(curve)),
            )
        )
    title = (
        f"Effort from which on an arm is surely at the F1 on test of its control, training "
        f"'{policy}' (lower bound of a smoothed curve of n points)"
    )
    header = ("dataset", "control", "its F1", *EFFORTS, "n")
    return titled(title, header, rows)


def _curves(report: Report, policy: str) -> str:
    rows = curve_rows(report, policy)
    title = TITLE.format(policy=f"'{policy}'")
    return titled(title, HEADER, rows) if rows else ""


def _needed(effort: float | None, whole: float | None) -> str:
    return "-" if effort is None or whole is None else f"{effort:,.0f} of {whole:,.0f}"


def _matrix(report: Report, policy: str) -> str:
    cells = {
        (cell.model, cell.set, cell.kind): cell
        for cell in report.matrix
        if cell.policy in (None, policy)
    }
    models = list(dict.fromkeys(model for model, _, _ in cells))
    sets = list(dict.fromkeys((name, kind) for _, name, kind in cells))
    rows = [
        (name, kind, *(_cell(cells.get((model, name, kind))) for model in models))
        for name, kind in sets
    ]
    title = f"Every model on every set, training '{policy}' (* trained on one of its documents)"
    return titled(title, ("measured on", "how", *models), rows)


def _strategies(report: Report, policy: str) -> dict[str, Strategy]:
    """Return the strategies of which a dataset counts as a replicate."""
    found = {name: by_policy[policy] for name, by_policy in report.strategies.items()}
    return {name: one for name, one in found.items() if one.replicates}


def _replicates(report: Report, policy: str) -> str:
    rows, strategies = [], _strategies(report, policy)
    timed = any(found.vs_random_seconds for found in strategies.values())
    for name, found in strategies.items():
        shown = f"{found.replicates} of {counted(len(found.datasets), 'dataset')}"
        new_text = difference(found.vs_random)
        this_test = difference(found.vs_random_this_test)
        at_equal = [difference(found.vs_random_seconds)] if timed else []
        rows.append((name, shown, with_interval(found.test), *at_equal, new_text, this_test))
    title = (
        f"Strategies, training '{policy}': mean over replicates; intervals are for the next "
        "replicate on this test set, or on other documents too"
    )
    at_equal = ["vs random, equal seconds, new text"] if timed else []
    against = ("vs random, new text", "vs random, this test")
    header = ("strategy", "replicates", "F1", *at_equal, *against)
    return titled(title, header, rows)


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return number(cell.f1) + ("*" if cell.leak else "")
