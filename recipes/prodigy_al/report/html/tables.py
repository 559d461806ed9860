"""The tables of the page under one policy: the same numbers as report.json, as people read them."""

from __future__ import annotations

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.cells import difference, f1_of, precision_recall, with_interval, worth
from prodigy_al.report.curve_comparison import HEADER, TITLE, curve_rows
from prodigy_al.report.dev_notes import (
    binary_lines,
    gap_rows,
    of_the_answers_alone,
    percent,
    remarks,
)
from prodigy_al.report.guard import guard_lines
from prodigy_al.report.html.blocks import Table
from prodigy_al.report.html.figures.replicates import replicated
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import counted, interval, number
from prodigy_al.report.quick import BASE_DEV_HEADER
from prodigy_al.report.schema import Arm, Dev, Report
from prodigy_al.report.seconds import at_seconds

NONE = "–"


def annotated_table(report: Report) -> Table:
    """Return what was annotated, a row per dataset."""
    rows = [(name, *_annotated(arm)) for name, arm in report.arms.items()]
    header = (
        "dataset",
        "strategy",
        "accepted",
        "rejected",
        "ignored",
        "train",
        "dev",
        "tokens",
        "entities",
        "seconds",
        "seconds per answer",
    )
    return Table("What was annotated", header, rows)


def dev_table(report: Report, policy: str, *, answered: str) -> Table:
    """Return F1 on each dataset's dev fold, before and after training.

    What the guard says stands here but for the `answered` policy, where it is said above.
    """
    rows, notes = [], [*binary_lines(report, policy)]
    for name, arm in report.arms.items():
        before, after = report.base.dev[name], arm.runs[policy].dev
        usual = f"{number(before.usual.f1)} → {with_interval(after.usual)}"
        found = after.weighted
        if isinstance(found, Unavailable):
            rows.append((name, usual, percent(after.ignored), "unavailable", *(NONE,) * 4))
            continue
        flag = " (estimated)" if found.method == "estimated" else ""
        rows.append(
            (
                name,
                usual,
                percent(after.ignored),
                f"{f1_of(before.weighted)} → {f1_of(found)}{flag}",
                difference(after.vs_base),
                interval(found.low, found.high),
                interval(found.low_pool, found.high_pool),
                worth(found),
            )
        )
        said = (*remarks(found), *of_the_answers_alone(before.weighted, found))
        notes += [f"{name}: {note}." for note in said]
    if policy != answered:
        notes += guard_lines(report, policy)
    header = (
        "dataset",
        "as usual: base → tuned",
        "ignored",
        "weighted: base → tuned",
        "change",
        "for new text",
        "for this pool",
        "answers worth",
    )
    return Table(f"F1 on each dataset's dev fold, training ‘{policy}’", header, rows, notes)


def base_dev_table(report: Report) -> Table:
    """Return F1 of the base on each dataset's dev fold, where nothing was trained."""
    rows, notes = [], [*binary_lines(report, None)]
    for name, dev in report.base.dev.items():
        rows.append((name, with_interval(dev.usual), percent(dev.ignored), *_weighted(dev)))
        if isinstance(dev.weighted, WeightedMetric):
            notes += [f"{name}: {note}." for note in remarks(dev.weighted)]
    return Table("F1 of the base on each dataset's dev fold", BASE_DEV_HEADER, rows, notes)


def test_table(report: Report, policy: str) -> Table:
    """Return F1 on test, and the changes to the base and to the control."""
    timed = at_seconds(report, policy)
    base = report.base.test
    # where nobody was asked about a test text, it is the same number again
    asked = any(arm.runs[policy].test_unseen_text.n < base.n for arm in report.arms.values())
    blank = (NONE,) * (3 + bool(timed) + asked)
    rows: list[tuple[str, ...]] = [("base", with_interval(base), precision_recall(base), *blank)]
    for name, arm in report.arms.items():
        run = arm.runs[policy]
        rows.append(
            (
                name,
                with_interval(run.test),
                precision_recall(run.test),
                difference(run.vs_base),
                *([difference(timed.get(name))] if timed else []),
                difference(run.vs_random),
                run.vs_random.against if run.vs_random else NONE,
                *([with_interval(run.test_unseen_text)] if asked else []),
            )
        )
    equal = ("vs random, equal seconds", "vs random, equal answers") if timed else ("vs random",)
    header = (
        *("model", "F1", "precision/recall", "vs base", *equal),
        "control",
        *(["on texts nobody was asked"] if asked else []),
    )
    count = len(report.seeds)
    seeds = "one training seed" if count == 1 else f"mean of {count} training seeds"
    return Table(f"F1 on test, training ‘{policy}’, {seeds}", header, rows)


def gap_table(report: Report, policy: str) -> Table | None:
    """Return dev as usual minus test and its parts; None where no part is known."""
    rows = gap_rows(report, policy)
    header = ("dataset", "difference", "usual − weighted", "made of", "weighted − test: the rest")
    caption = f"F1 on dev as usual minus F1 on test, training ‘{policy}’"
    return Table(caption, header, rows) if rows else None


def effort_table(report: Report, policy: str) -> Table | None:
    """Return the effort that brought an arm surely to its control; None without curves."""
    rows = []
    for name, arm in report.arms.items():
        run = arm.runs[policy]
        if run.vs_random is None or not report.curves:
            continue
        needed = run.effort_to_random
        efforts: tuple[str, ...] = (NONE,) * 4
        if needed is not None:
            found = (needed.answers, needed.tokens, needed.entities, needed.seconds)
            efforts = tuple(NONE if one is None else f"{one:,.0f}" for one in found)
        rows.append((name, run.vs_random.against, *efforts, run.no_effort or ""))
    if not rows:
        return None
    header = ("dataset", "control", "answers", "tokens", "entities", "seconds", "why not")
    caption = (
        "Effort from which on an arm is surely at the F1 on test of its whole control, "
        f"training ‘{policy}’"
    )
    return Table(caption, header, rows)


def curve_table(report: Report, policy: str) -> Table | None:
    """Return the curves held against their controls'; None without curves."""
    rows = curve_rows(report, policy)
    caption = TITLE.format(policy=f"‘{policy}’")
    return Table(caption, HEADER, rows) if rows else None


def replicates_table(report: Report, policy: str) -> Table | None:
    """Return the strategies taken together; None where nothing was repeated."""
    found = replicated(report, policy)
    if not found:
        return None
    rows = [
        (
            name,
            f"{one.replicates} of {counted(len(one.datasets), 'dataset')}",
            with_interval(one.test),
            difference(one.vs_random_seconds),
            difference(one.vs_random),
            difference(one.vs_random_this_test),
            " / ".join(number(x) for x in (one.sd.selection, one.sd.training, one.sd.test)),
        )
        for name, one in found.items()
    ]
    header = (
        "strategy",
        "replicates",
        "F1 on test",
        "vs random, equal seconds, new text",
        "vs random, new text",
        "vs random, this test",
        "SD of selection / training / test",
    )
    notes = ["Intervals are for the next replicate, on this test set or on other documents too."]
    return Table(f"Strategies, training ‘{policy}’: mean over replicates", header, rows, notes)


def _annotated(arm: Arm) -> tuple[str, ...]:
    simulated = " (simulated)" if arm.seconds_simulated else ""
    seconds = NONE if arm.seconds is None else f"{arm.seconds:,.0f}{simulated}"
    per_answer = NONE if arm.seconds_per_answer is None else f"{arm.seconds_per_answer:g}"
    kinds = (f"{arm.answers.get(kind, 0):,}" for kind in ("accept", "reject", "ignore"))
    counts = (arm.train, arm.dev_answers, arm.tokens, arm.entities)
    return (arm.strategy, *kinds, *(f"{one:,}" for one in counts), seconds, per_answer)


def _weighted(dev: Dev) -> tuple[str, ...]:
    found = dev.weighted
    if isinstance(found, Unavailable):
        return ("unavailable", *(NONE,) * 4)
    flag = " (estimated)" if found.method == "estimated" else ""
    ends = (interval(found.low, found.high), interval(found.low_pool, found.high_pool))
    return (f"{f1_of(found)}{flag}", *ends, worth(found), f"{found.missing:,}")
