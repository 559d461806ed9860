"""The comparison on the terminal: the answer first, then one table an aspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wasabi.tables import table

Row = Sequence[str]


def render(report: Mapping[str, Any]) -> str:
    """Return the whole report as text, in the order in which it is read."""
    parts = [report["answer"], report["next"], _effort(report)]
    for policy in report["policies"]:
        parts += [_dev(report, policy), _test(report, policy)]
        parts += [_effort_to_random(report, policy)] if report["curves"] else []
        parts.append(_matrix(report, policy))
    parts.append(_footnotes(report))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _effort(report: Mapping[str, Any]) -> str:
    rows = []
    for dataset, arm in report["arms"].items():
        seconds = arm["seconds_per_answer"]
        rows.append(
            (
                dataset,
                "/".join(str(arm["answers"][kind]) for kind in ("accept", "reject", "ignore")),
                f"{arm['train']:,}",
                f"{arm['dev_answers']:,}",
                f"{arm['tokens']:,}",
                f"{arm['entities']:,}",
                "-" if seconds is None else f"{seconds:g}",
            )
        )
    header = ("dataset", "accept/reject/ignore", "train", "dev", "tokens", "entities", "s/answer")
    return "What was annotated\n" + _table(rows, header)


def _test(report: Mapping[str, Any], policy: str) -> str:
    base = report["base"]["test"]
    rows: list[Row] = [("base", _interval(base), _precision_recall(base), "-", "-", "-")]
    for dataset, arm in report["arms"].items():
        run = arm["runs"][policy]
        rows.append(
            (
                dataset,
                _interval(run["test"]),
                _precision_recall(run["test"]),
                _difference(run["vs_base"]),
                _difference(run["vs_random"]),
                _number(run["others"]["agreement_f1"]),
            )
        )
    title = f"F1 on test, training '{policy}', mean of {len(report['seeds'])} training seeds"
    return f"{title}\n" + _table(
        rows, ("dataset", "F1", "P/R", "vs base", "vs random", "other labels")
    )


def _effort_to_random(report: Mapping[str, Any], policy: str) -> str:
    rows = []
    for dataset, arm in report["arms"].items():
        run = arm["runs"][policy]
        if run["vs_random"] is None:
            continue
        control = run["vs_random"]["against"]
        curve = [
            point
            for point in report["curves"]
            if (point["dataset"], point["policy"]) == (dataset, policy)
        ]
        target = report["arms"][control]["runs"][policy]["test"]
        efforts = (
            _needed(run["effort_to_random"], curve[-1], what)
            for what in ("answers", "tokens", "entities", "seconds")
        )
        rows.append((dataset, control, _f1(target), *efforts, str(len(curve))))
    title = f"Effort until the F1 on test of the random control, training '{policy}'"
    header = ("dataset", "control", "its F1", "answers", "tokens", "entities", "seconds", "n")
    return f"{title} (between n points of a curve)\n" + _table(rows, header)


def _needed(effort: Mapping[str, Any] | None, last: Mapping[str, Any], what: str) -> str:
    if last[what] is None:
        return "-"
    found = "never" if effort is None else "-" if effort[what] is None else f"{effort[what]:,.0f}"
    return f"{found} of {last[what]:,.0f}"


def _dev(report: Mapping[str, Any], policy: str) -> str:
    rows = []
    for dataset, arm in report["arms"].items():
        before, after = report["base"]["dev"][dataset], arm["runs"][policy]["dev"]
        weighted = after["weighted"]
        rows.append(
            (
                dataset,
                f"{_f1(before['usual'])} -> {_interval(after['usual'])}",
                "unavailable"
                if "unavailable" in weighted
                else f"{_f1(before['weighted'])} -> {_f1(weighted)}",
                _bounds(weighted, "low", "high"),
                _bounds(weighted, "low_pool", "high_pool"),
                _ess(weighted),
            )
        )
    header = (
        "dataset",
        "as usual: base -> tuned",
        "weighted: base -> tuned",
        "for new text",
        "for this pool",
        "ESS",
    )
    title = f"F1 on each dataset's own dev fold, training '{policy}'"
    return f"{title}\n" + _table(rows, header)


def _matrix(report: Mapping[str, Any], policy: str) -> str:
    cells = {
        (cell["model"], cell["set"], cell["kind"]): cell
        for cell in report["matrix"]
        if cell["policy"] in (None, policy)
    }
    models = list(dict.fromkeys(model for model, _, _ in cells))
    sets = list(dict.fromkeys((name, kind) for _, name, kind in cells))
    rows = [
        (name, kind, *(_cell(cells.get((model, name, kind))) for model in models))
        for name, kind in sets
    ]
    title = f"Every model on every set, training '{policy}' (* trained on one of its documents)"
    return f"{title}\n" + _table(rows, ("measured on", "how", *models))


def _footnotes(report: Mapping[str, Any]) -> str:
    test, lines = report["test"], []
    lines.append(
        f"Test {test['name']}: {test['segments']:,} segments from {test['groups']:,} groups, "
        f"{test['gold_spans']:,} gold spans. {test['overlap']['segments']} of them were also asked "
        f"about ({test['overlap']['short']} are short); training answers removed for it: "
        f"{sum(test['overlap']['trained_on_removed'].values())}."
    )
    for dataset, arm in report["arms"].items():
        reason = report["base"]["dev"][dataset]["weighted"].get("unavailable")
        if reason:
            lines.append(f"{dataset}: dev weighted is unavailable: {reason}.")
        if met := _reading(arm):
            lines.append(f"{dataset}: {met}.")
    lines.append("Other labels: F1 of what was not asked for, with the base's own spans as truth.")
    lines.append(
        "[low, high] are 95 % intervals, on test by resampling groups and training seeds. "
        "A weighted dev F1 has two: for new text (to compare with test) and for this pool."
    )
    return "\n".join(lines)


def _reading(arm: Mapping[str, Any]) -> str:
    """What reading the dataset met and what was made of it; empty where all was plain."""
    reading = arm["reading"]
    found = (
        ("contradictory answers", arm["contradictions"], " (the latest counts)"),
        ("answers that repeat another", reading["repeats"], " (merged)"),
        ("spans off token borders", reading["off_tokens"], " (left out)"),
        ("spans of labels not asked for", reading["unasked"], " (left out)"),
        ("texts answered by several annotators", reading["several_annotators"], ""),
    )
    return "; ".join(f"{what}: {number:,}{then}" for what, number, then in found if number)


def _table(rows: Sequence[Row], header: Row) -> str:
    text: str = table(rows, header=header, divider=True)
    return text


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}".replace("0.", ".", 1)


def _f1(metric: Mapping[str, Any]) -> str:
    return _number(metric.get("f1"))


def _precision_recall(metric: Mapping[str, Any]) -> str:
    return f"{_number(metric['p'])}/{_number(metric['r'])}"


def _bounds(metric: Mapping[str, Any], low: str, high: str) -> str:
    if metric.get(low) is None:
        return "-"
    return f"[{_number(metric[low])}, {_number(metric[high])}]"


def _interval(metric: Mapping[str, Any]) -> str:
    return f"{_f1(metric)} {_bounds(metric, 'low', 'high')}"


def _difference(diff: Mapping[str, Any] | None) -> str:
    if diff is None or diff["difference"] is None:
        return "-"
    return f"{diff['difference']:+.3f} [{diff['low']:+.3f}, {diff['high']:+.3f}]".replace("0.", ".")


def _ess(weighted: Mapping[str, Any]) -> str:
    return "-" if "unavailable" in weighted else f"{weighted['ess']:.0f} of {weighted['m']}"


def _cell(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "-"
    return _number(cell["f1"]) + ("*" if cell["leak"] else "")
