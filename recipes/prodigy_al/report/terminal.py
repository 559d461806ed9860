"""The comparison on the terminal: the answer first, then one table an aspect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wasabi.tables import table

Row = Sequence[str]


def render(report: Mapping[str, Any]) -> str:
    """Return the whole report as text, in the order in which it is read."""
    parts = [report["answer"], report["next"], _effort(report)]
    parts += [_scores(report, policy) for policy in report["policies"]]
    parts += [_matrix(report, policy) for policy in report["policies"]]
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


def _scores(report: Mapping[str, Any], policy: str) -> str:
    base = report["base"]
    rows: list[Row] = [("base", "-", "-", "-", _interval(base["test"]), "", "-", "-")]
    for dataset, arm in report["arms"].items():
        run, before = arm["runs"][policy], base["dev"][dataset]
        rows.append(
            (
                dataset,
                f"{_f(before['usual'])} -> {_interval(run['dev']['usual'])}",
                f"{_f(before['weighted'])} -> {_interval(run['dev']['weighted'])}",
                _ess(run["dev"]["weighted"]),
                _interval(run["test"]),
                f"{_number(run['test']['p'])}/{_number(run['test']['r'])}",
                _difference(run["vs_base"]),
                _difference(run["vs_random"]),
            )
        )
    header = (
        "dataset",
        "dev as usual: base -> tuned",
        "dev weighted: base -> tuned",
        "ESS",
        "test F1",
        "P/R",
        "vs base",
        "vs random",
    )
    title = (
        f"F1 of {', '.join(report['labels'])}, training '{policy}', {len(report['seeds'])} seeds"
    )
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
        if arm["contradictions"]:
            lines.append(f"{dataset}: {arm['contradictions']} contradictions; the latest counts.")
    lines.append(
        "[low, high] are 95 % intervals: on test by resampling groups and training seeds, "
        "of the weighted dev F1 for new text."
    )
    return "\n".join(lines)


def _table(rows: Sequence[Row], header: Row) -> str:
    text: str = table(rows, header=header, divider=True)
    return text


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}".replace("0.", ".", 1)


def _f(metric: Mapping[str, Any]) -> str:
    return _number(metric.get("f1"))


def _interval(metric: Mapping[str, Any]) -> str:
    if metric.get("low") is None:
        return _f(metric)
    return f"{_f(metric)} [{_number(metric['low'])}, {_number(metric['high'])}]"


def _difference(diff: Mapping[str, Any] | None) -> str:
    if diff is None or diff["difference"] is None:
        return "-"
    return f"{diff['difference']:+.3f} [{diff['low']:+.3f}, {diff['high']:+.3f}]".replace("0.", ".")


def _ess(weighted: Mapping[str, Any]) -> str:
    return "-" if "unavailable" in weighted else f"{weighted['ess']:.0f}/{weighted['m']}"


def _cell(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "-"
    return _number(cell["f1"]) + ("*" if cell["leak"] else "")
