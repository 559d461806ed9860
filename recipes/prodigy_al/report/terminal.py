"""The report on the terminal: the answer first, then one table per aspect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from wasabi.tables import table

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.numbers import interval, number, signed
from prodigy_al.report.schema import Arm, Cell, Comparison, Metric, Report, WeightedMetric

EFFORTS = ("answers", "tokens", "entities", "seconds")


def render(report: Report) -> str:
    """Return the whole report as text, in the order in which it is read."""
    parts = [report.answer, report.next]
    if unusable := report.test.unusable_spans:
        parts.append(
            f"{unusable:,} gold span{'s' if unusable > 1 else ''} of test {report.test.name} "
            f"{'are' if unusable > 1 else 'is'} off token borders, reversed or outside the text "
            f"and {'were' if unusable > 1 else 'was'} left out."
        )
    parts.append(_annotated(report))
    for policy in report.policies:
        parts += [_dev(report, policy), _test(report, policy)]
        if report.curves:
            parts.append(_effort_to_random(report, policy))
        parts.append(_matrix(report, policy))
    parts.append(_footnotes(report))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _annotated(report: Report) -> str:
    rows = []
    for dataset, arm in report.arms.items():
        seconds = arm.seconds_per_answer
        rows.append(
            (
                dataset,
                "/".join(str(arm.answers[kind]) for kind in ("accept", "reject", "ignore")),
                f"{arm.train:,}",
                f"{arm.dev_answers:,}",
                f"{arm.tokens:,}",
                f"{arm.entities:,}",
                "-" if seconds is None else f"{seconds:g}",
            )
        )
    header = ("dataset", "accept/reject/ignore", "train", "dev", "tokens", "entities", "s/answer")
    return _titled("What was annotated", header, rows)


def _dev(report: Report, policy: str) -> str:
    rows = []
    notes = []
    for dataset, arm in report.arms.items():
        before, after = report.base.dev[dataset], arm.runs[policy].dev
        usual = f"{number(before.usual.f1)} -> {_with_interval(after.usual)}"
        if isinstance(after.weighted, WeightedMetric):
            notes += [f"{dataset}: {note}." for note in _remarks(after.weighted)]
            flag = " (estimated)" if after.weighted.method == "estimated" else ""
            weighted = (
                f"{_f1(before.weighted)} -> {_f1(after.weighted)}{flag}",
                interval(after.weighted.low, after.weighted.high),
                interval(after.weighted.low_pool, after.weighted.high_pool),
                _worth(after.weighted),
            )
        else:
            weighted = ("unavailable", "-", "-", "-")
        rows.append((dataset, usual, *weighted))
    header = (
        "dataset",
        "as usual: base -> tuned",
        "weighted: base -> tuned",
        "for new text",
        "for this pool",
        "answers worth",
    )
    table_ = _titled(f"F1 on each dataset's own dev fold, training '{policy}'", header, rows)
    return "\n".join([table_.rstrip("\n"), *notes])


def _worth(metric: WeightedMetric) -> str:
    return f"{metric.m:,} as {'-' if metric.worth is None else f'{metric.worth:,.0f}'}"


def _remarks(metric: WeightedMetric) -> Iterator[str]:
    """Yield what stands below the table where a weighted number is to be read with care."""
    if "random-within-bins" in metric.cautions:
        yield (
            "the weighted numbers are estimated: no probability was recorded, the share of the "
            "pool that was answered stands for it, and selection within score bins is taken to be "
            "at random"
        )
    if metric.plain is not None and metric.coefficient is not None:
        plain = metric.plain
        yield (
            f"weighted with what the model expects of the pool (by {number(metric.coefficient)}); "
            f"by the answers alone {number(plain.f1)}, for new text "
            f"{interval(plain.low, plain.high)}, for this pool "
            f"{interval(plain.low_pool, plain.high_pool)}"
        )
    if "low-worth" in metric.cautions:
        yield (
            f"the {metric.m:,} answers tell less about weighted F1 than half as many uniform ones "
            "would"
        )
    if "heavy-weight" in metric.cautions:
        yield f"a single answer holds {metric.largest_weight:.0%} of all weight"
    if metric.if_missing_wrong is not None and metric.if_missing_right is not None:
        yield (
            f"{metric.missing} questions have no answer; weighted F1 is "
            f"{number(metric.if_missing_wrong)} if all of them were wrong, "
            f"{number(metric.if_missing_right)} if all were right"
        )


def _test(report: Report, policy: str) -> str:
    base = report.base.test
    rows = [("base", _with_interval(base), _precision_recall(base), "-", "-", "-")]
    for dataset, arm in report.arms.items():
        run = arm.runs[policy]
        rows.append(
            (
                dataset,
                _with_interval(run.test),
                _precision_recall(run.test),
                _difference(run.vs_base),
                _difference(run.vs_random),
                number(run.others.agreement_f1),
            )
        )
    title = f"F1 on test, training '{policy}', mean of {len(report.seeds)} training seeds"
    header = ("dataset", "F1", "P/R", "vs base", "vs random", "other labels")
    return _titled(title, header, rows)


def _effort_to_random(report: Report, policy: str) -> str:
    rows = []
    for dataset, arm in report.arms.items():
        run = arm.runs[policy]
        if run.vs_random is None:
            continue
        control = run.vs_random.against
        curve = [p for p in report.curves if (p.dataset, p.policy) == (dataset, policy)]
        whole = asdict(curve[-1])
        needed = asdict(run.effort_to_random) if run.effort_to_random else None
        rows.append(
            (
                dataset,
                control,
                number(report.arms[control].runs[policy].test.f1),
                *(_needed(needed, whole, unit) for unit in EFFORTS),
                str(len(curve)),
            )
        )
    title = (
        f"Effort until the F1 on test of the random control, training '{policy}' "
        "(between n points of a curve)"
    )
    header = ("dataset", "control", "its F1", *EFFORTS, "n")
    return _titled(title, header, rows)


def _needed(
    needed: Mapping[str, float | None] | None, whole: Mapping[str, float | None], unit: str
) -> str:
    total = whole[unit]
    if total is None:
        return "-"
    if needed is None:
        return f"never of {total:,.0f}"
    effort = needed[unit]
    return f"{'-' if effort is None else f'{effort:,.0f}'} of {total:,.0f}"


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
    return _titled(title, ("measured on", "how", *models), rows)


def _footnotes(report: Report) -> str:
    test = report.test
    lines = [
        f"Test {test.name}: {test.segments:,} segments from {test.groups:,} groups, "
        f"{test.gold_spans:,} gold spans. {test.overlap.segments} of them were also asked "
        f"about ({test.overlap.short} are short); training answers removed for it: "
        f"{sum(test.overlap.trained_on_removed.values())}."
    ]
    for dataset, arm in report.arms.items():
        weighted = report.base.dev[dataset].weighted
        if isinstance(weighted, Unavailable):
            lines.append(f"{dataset}: dev weighted is unavailable: {weighted.reason}.")
        if met := _reading(arm):
            lines.append(f"{dataset}: {met}.")
    lines.append("Other labels: F1 of what was not asked for, with the base's own spans as truth.")
    lines.append(
        "[low, high] are 95 % intervals, on test by resampling groups and training seeds. "
        "A weighted dev F1 has two: for new text (to compare with test) and for this pool. "
        "Answers are worth as many uniform answers as would say as much about this pool."
    )
    return "\n".join(lines)


def _reading(arm: Arm) -> str:
    """Return what reading the dataset met and what was made of it; empty where all was plain."""
    reading = arm.reading
    found = (
        ("contradictory answers", arm.contradictions, " (the latest counts)"),
        ("answers that repeat another", reading.repeats, " (merged)"),
        ("spans off token borders", reading.off_tokens, " (left out)"),
        ("spans of labels not asked for", reading.unasked, " (left out)"),
        ("texts answered by several annotators", reading.several_annotators, ""),
    )
    return "; ".join(f"{what}: {count:,}{then}" for what, count, then in found if count)


def _titled(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return f"{title}\n{table(rows, header=header, divider=True)}"


def _f1(metric: Metric | Unavailable) -> str:
    return "-" if isinstance(metric, Unavailable) else number(metric.f1)


def _with_interval(metric: Metric) -> str:
    return f"{number(metric.f1)} {interval(metric.low, metric.high)}"


def _precision_recall(metric: Metric) -> str:
    return f"{number(metric.p)}/{number(metric.r)}"


def _difference(found: Comparison | None) -> str:
    if found is None or found.difference is None or found.low is None or found.high is None:
        return "-"
    return f"{signed(found.difference)} [{signed(found.low)}, {signed(found.high)}]"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return number(cell.f1) + ("*" if cell.leak else "")
