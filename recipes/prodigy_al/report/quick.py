"""A look half-way: the base on the dev answers that there are, before anything is trained."""

from __future__ import annotations

from prodigy_al.report.cells import TERMS, f1_of, precision_recall, titled, with_interval, worth
from prodigy_al.report.dev_notes import binary_lines, percent, remarks
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import interval
from prodigy_al.report.schema import Dev, Report

BASE_DEV_HEADER = (
    "dataset",
    "as usual",
    "ignored",
    "weighted",
    "for new text",
    "for this pool",
    "answers worth",
    "unanswered",
)
"""The columns of the base's F1 on each dataset's dev fold."""


def quick_answer(report: Report) -> str:
    """Return what the numbers are of and for, and the weighted F1 of the base on each dataset."""
    said = [quick_heading(report)]
    known = [
        f"{dataset} {with_interval(dev.weighted)} ({_answers(dataset, dev.weighted)})"
        for dataset, dev in report.base.dev.items()
        if isinstance(dev.weighted, WeightedMetric)
    ]
    if known:
        said.append(f"Weighted F1 of the base for new text, by dev answers: {'; '.join(known)}.")
    if len(known) < len(report.base.dev):
        without = [
            dataset
            for dataset, dev in report.base.dev.items()
            if not isinstance(dev.weighted, WeightedMetric)
        ]
        said.append(f"Without a weighted F1, for reasons below: {', '.join(without)}.")
    return " ".join(said)


def quick_heading(report: Report) -> str:
    """Return what the numbers are of and for."""
    model = " ".join(filter(None, (report.model["name"], report.model.get("version"))))
    return (
        f"Nothing was trained (--quick). All numbers are of the base, {model}: they say how well "
        "it does on your text now, and nothing of what the answers bring."
    )


def quick_tables(report: Report) -> str:
    """Return the base on every dataset's dev answers, and on the test set if there is one."""
    rows = [(dataset, *_row(dev)) for dataset, dev in report.base.dev.items()]
    notes = [
        f"{dataset}: {note}."
        for dataset, dev in report.base.dev.items()
        if isinstance(dev.weighted, WeightedMetric)
        for note in remarks(dev.weighted)
    ]
    shown = titled("F1 of the base on each dataset's dev fold", BASE_DEV_HEADER, rows).rstrip("\n")
    found = "\n".join([shown, *binary_lines(report, None), TERMS, *notes])
    if report.test.name is None:
        return found
    test = report.base.test
    row = ("base", with_interval(test), precision_recall(test))
    return f"{found}\n\n{titled('F1 on test', ('', 'F1', 'P/R'), [row])}"


def _answers(dataset: str, weighted: WeightedMetric) -> str:
    of = "" if weighted.on == dataset else f" of {weighted.on}"
    flag = ", estimated" if weighted.method == "estimated" else ""
    return f"{weighted.m:,} dev answers{of}{flag}"


def _row(dev: Dev) -> tuple[str, ...]:
    usual = (with_interval(dev.usual), percent(dev.ignored))
    found = dev.weighted
    if not isinstance(found, WeightedMetric):
        return (*usual, "unavailable", "-", "-", "-", "-")
    flag = " (estimated)" if found.method == "estimated" else ""
    return (
        *usual,
        f"{f1_of(found)}{flag}",
        interval(found.low, found.high),
        interval(found.low_pool, found.high_pool),
        worth(found),
        f"{found.missing:,}",
    )
