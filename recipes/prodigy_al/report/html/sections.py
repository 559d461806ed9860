"""What stands below the first screen, in the order of the questions that it leaves open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.exchange import exchange_lines
from prodigy_al.report.footnotes import footnotes
from prodigy_al.report.html import details, tables
from prodigy_al.report.html.blocks import Figure, Section, Table
from prodigy_al.report.html.figures.curves import curves
from prodigy_al.report.html.figures.dev_and_test import dev_and_test
from prodigy_al.report.html.figures.forest import forest
from prodigy_al.report.html.figures.gap import gap
from prodigy_al.report.html.figures.replicates import replicates
from prodigy_al.report.html.marks import Mark
from prodigy_al.report.html.why import why_section
from prodigy_al.report.schema import Report

Blocks = Iterable[Figure | Table | None]


def sections(
    report: Report, marks: Mapping[str, Mark], *, answered: str | None
) -> Sequence[Section]:
    """Return the sections that have something to show; `answered` is the first screen's policy."""
    trained = _trained(report, marks, answered) if answered else _untrained(report)
    found = [*trained, _method(report)]
    return [one for one in found if one.blocks or one.lines or one.facts or one.reasons]


Each = Callable[[Callable[[str], Blocks]], list[Figure | Table]]


def _trained(report: Report, marks: Mapping[str, Mark], answered: str) -> list[Section]:
    def each(make: Callable[[str], Blocks]) -> list[Figure | Table]:
        policies = sorted(report.policies, key=lambda policy: policy != answered)
        return [block for policy in policies for block in make(policy) if block is not None]

    return [
        why_section(report, marks, answered),
        *_with_figures(report, marks, answered, each),
        *_of_tables(report, each),
    ]


def _with_figures(
    report: Report, marks: Mapping[str, Mark], answered: str, each: Each
) -> list[Section]:
    """Return the sections that have figures; `each` makes blocks of every policy."""

    def on_test(policy: str) -> Blocks:
        # of the answered policy both figures stand on the first screen
        again = policy != answered
        return (
            forest(report, policy, marks) if again else None,
            tables.test_table(report, policy),
        )

    def on_dev(policy: str) -> Blocks:
        several = any(len(by[policy].datasets) > 1 for by in report.strategies.values())
        return (
            dev_and_test(report, policy, marks) if several or policy != answered else None,
            tables.dev_table(report, policy, answered=answered),
            gap(report, policy, marks),
            tables.gap_table(report, policy),
        )

    return [
        Section(
            "test",
            "Every arm on the test set",
            "Held-out text that nobody chose: the number to believe.",
            each(on_test),
        ),
        Section(
            "curves",
            "What more answers bring",
            "Each point is a model trained on the first part of an arm's answers.",
            each(
                lambda policy: (
                    curves(report, policy, marks),
                    tables.curve_table(report, policy),
                    tables.effort_table(report, policy),
                )
            ),
            lines=[one for policy in report.policies for one in exchange_lines(report, policy)],
        ),
        Section(
            "dev",
            "Why dev and test differ",
            "Dev answers that a model chose are not a plain sample. Weighted, each answer counts "
            "by one over the probability with which it was drawn; what remains has other causes.",
            each(on_dev),
        ),
        Section(
            "replicates",
            "Would it come out again?",
            "Replicates repeat the whole annotation with another seed.",
            each(
                lambda policy: (
                    replicates(report, policy, marks),
                    tables.replicates_table(report, policy),
                )
            ),
        ),
    ]


def _of_tables(report: Report, each: Each) -> list[Section]:
    """Return the sections of tables alone."""
    kinds = details.strata_table(report)
    recall = each(lambda policy: (details.strata_recall_table(report, policy),))
    return [
        Section(
            "kinds",
            "Which kinds of segments were asked about",
            "What is never asked about is never learned.",
            [kinds, *recall] if kinds else [],
        ),
        Section(
            "matrix",
            "Every model on every set",
            "A model that is good on its own dev fold alone was measured on what it chose.",
            each(lambda policy: (details.matrix_table(report, policy),)),
        ),
        Section(
            "others",
            "Other labels",
            "Fine-tuning on one label may unlearn others.",
            each(lambda policy: (details.others_table(report, policy),)),
        ),
        Section(
            "plan",
            "What a smaller difference would take",
            "",
            each(lambda policy: (details.plan_table(report, policy),)),
        ),
        Section("annotated", "The answers", "", [tables.annotated_table(report)]),
    ]


def _untrained(report: Report) -> list[Section]:
    found = (
        tables.base_dev_table(report),
        details.strata_table(report),
        details.strata_recall_table(report, None),
        details.matrix_table(report, None),
        details.plan_table(report, None),
    )
    return [
        Section("dev", "The base on your dev answers", "", [one for one in found if one]),
        Section("annotated", "The answers", "", [tables.annotated_table(report)]),
    ]


def _method(report: Report) -> Section:
    """Return what was compared with what, on which machine, and what was left out."""
    test, model = report.test, report.model
    facts = [("Base model", " ".join(filter(None, (model.get("name"), model.get("version")))))]
    facts += [
        (f"Base model, {name}", model[name]) for name in model if name not in ("name", "version")
    ]
    facts += [(f"Pool, {name}", _plain(value)) for name, value in (report.pool or {}).items()]
    if test.name is not None:
        facts.append(
            ("Test set", f"{test.name}: {test.segments:,} segments, {test.groups:,} documents")
        )
    left_out = [
        f"{count:,} {what}"
        for count, what in (
            (
                test.unusable_spans,
                "gold spans of the test set off token borders or outside the text",
            ),
            (test.ignored, "test segments without a usable answer"),
            (
                sum(test.overlap.trained_on_removed.values()),
                "training answers about texts of the test set",
            ),
        )
        if count
    ]
    facts.append(("Left out", "; ".join(left_out) or "nothing"))
    facts.append(("Labels", ", ".join(report.labels)))
    if report.policies:
        facts.append(("Training policies", ", ".join(report.policies)))
        facts.append(("Training seeds", ", ".join(map(str, report.seeds))))
    facts += [(f"Machine, {name}", _plain(value)) for name, value in report.machine.items()]
    return Section("method", "Method and provenance", "", facts=facts, lines=_said(report))


def _said(report: Report) -> list[str]:
    lines = [report.answer, *footnotes(report).splitlines()]
    if isinstance(report.strata, Unavailable):
        lines.append(f"Kinds of segments are unavailable: {report.strata.reason}.")
    return [line for line in lines if line]


def _plain(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
