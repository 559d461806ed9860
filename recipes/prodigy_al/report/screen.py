"""The report on one screen of a terminal: 24 lines of 79 columns for three arms.

It grows by one line per further arm. What does not fit is left out from the least needed on: blank
lines, what the words mean, then the intervals of the answer go into the table, then reasons and the
exchange rate. Names are shortened; paths and commands are not, since a part of one is no use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from prodigy_al.report.answer_lines import answer_lines, grouped_lines, legend
from prodigy_al.report.layout import WIDTH, command_lines, fit, fit_names, width, wrapped
from prodigy_al.report.quick import quick_heading
from prodigy_al.report.schema import Report
from prodigy_al.report.screen_table import table, table_of_base, table_of_intervals
from prodigy_al.report.summary import Summary, summarize

LINES, ARMS = 24, 3
MOST_CHECKS = 3
NAME_WIDTHS = range(30, 7, -1)  # columns to try


@dataclass(frozen=True)
class _Part:
    """Lines that stand together; `apart` where a blank line is to stand before them."""

    lines: Sequence[str]
    apart: bool = True


def render_screen(report: Report, places: Sequence[str] = (), *, again: str = "") -> str:
    """Return a report on one screen; `places` are sentences that say where its files are.

    `again` are the options that al.compare is to be run with again: where to write and compute.
    """
    summary = summarize(report)
    limit = LINES + max(0, len(summary.arms) - ARMS)
    if again and summary.next.command.startswith("prodigy al.compare "):
        step = replace(summary.next, command=f"{summary.next.command} {again}")
        summary = replace(summary, next=step)
    for parts in _layouts(report, summary, places):
        size = sum(len(part.lines) for part in parts)
        if size <= limit:
            break
    return "\n".join(_spaced(parts, limit - size)) + "\n"


def _layouts(report: Report, summary: Summary, places: Sequence[str]) -> Iterator[list[_Part]]:
    """Yield all parts in ever fewer lines, with names as long as their columns allow."""
    checks, exchange = _Part(_checks(summary)), _Part(_indented(summary.exchange))
    reasons = [_Part(_indented([one]), apart=i == 0) for i, one in enumerate(summary.reasons)]
    end = [_Part(_next(summary)), _Part(_where(report, summary, places))]
    if summary.policy is None:
        heading = _Part(wrapped(quick_heading(report)))
        yield [checks, heading, *_narrow(summary, table_of_base), *end]
        return
    answer, numbers = _narrow(summary, answer_lines, table)
    told = _Part(legend(summary), apart=False)
    yield [checks, answer, told, numbers, exchange, *reasons, *end]
    yield [checks, answer, numbers, exchange, *reasons, *end]
    short = _narrow(summary, grouped_lines, table_of_intervals)
    for most in range(len(reasons), -1, -1):
        yield [checks, *short, exchange, *reasons[:most], *end]
    yield [checks, *short, *end]


def _narrow(
    summary: Summary, *makers: Callable[[Summary, Mapping[str, str]], list[str]]
) -> list[_Part]:
    """Return the parts with names so short that all lines fit."""
    for columns in NAME_WIDTHS:
        names = fit_names([arm.name for arm in summary.arms], columns)
        parts = [_Part(make(summary, names)) for make in makers]
        if all(width(line) <= WIDTH for part in parts for line in part.lines):
            break
    return parts


def _next(summary: Summary) -> list[str]:
    step = summary.next
    lines = _indented([f"Next: {step.sentence[0].lower()}{step.sentence[1:]}"])
    return lines + (command_lines(step.command) if step.command else [])


def _where(report: Report, summary: Summary, places: Sequence[str]) -> list[str]:
    """Return where everything is, in as few lines as hold each place whole."""
    others = [policy for policy in report.policies if policy != summary.policy]
    also = f" (also training {', '.join(others)})" if others else ""
    lines: list[str] = []
    for place in [*places, f"All tables{also}: the same command with --full"]:
        together = f"{lines[-1]}   {place}" if lines else place
        if lines and width(together) <= WIDTH:
            lines[-1] = together
        else:
            lines.append(place)
    return lines


def _indented(sentences: Sequence[str]) -> list[str]:
    return [line for one in sentences for line in wrapped(one, "", "  ")]


def _spaced(parts: Sequence[_Part], room: int) -> list[str]:
    """Return the lines of all parts, with blank lines between them while there is room."""
    lines: list[str] = []
    for part in parts:
        if part.lines and part.apart and lines and room > 0:
            lines.append("")
            room -= 1
        lines += part.lines
    return lines


def _checks(summary: Summary) -> list[str]:
    """Return a line per failed check, of so many."""
    lines = [fit(f"Check failed: {why}", WIDTH) for why in summary.brief[:MOST_CHECKS]]
    more = len(summary.brief) - len(lines)
    return [*lines, f"and {more} more: --full"] if more else lines
