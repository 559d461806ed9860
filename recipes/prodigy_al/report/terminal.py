"""All that al.compare prints of a report, part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prodigy_al.report.planned import plan_tables
from prodigy_al.report.schema import Report
from prodigy_al.report.screen import render_screen
from prodigy_al.report.tables import render_tables
from prodigy_al.report.why_lines import why_block


def printed_parts(
    report: Report, places: Sequence[str], *, again: str, full: bool
) -> Iterator[str]:
    """Yield the screen, why arms differ where that was asked, and the tables that were asked for.

    `places` are the lines that say where files lie, `again` is what a command repeats of this one;
    with `full` every table is shown, otherwise those of a plan.
    """
    yield render_screen(report, places, again=again)
    if report.why:
        yield why_block(report)
    if full:
        yield render_tables(report)
    elif report.plan:
        yield plan_tables(report)
