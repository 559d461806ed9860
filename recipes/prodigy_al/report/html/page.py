"""The whole page, from the report and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from itertools import count

from jinja2 import Environment, StrictUndefined

from prodigy_al.report.html.first_screen import first_screen
from prodigy_al.report.html.marks import find_marks
from prodigy_al.report.html.sections import sections
from prodigy_al.report.schema import Report
from prodigy_al.report.summary import summarize

PACKAGE = "prodigy_al.report.html"


def render_page(report: Report) -> str:
    """Return report.html: one file that refers to no other. The same report gives the same bytes.

    Needs matplotlib, of the extra ``report``.
    """
    summary, marks = summarize(report), find_marks(report)
    # everything that is filled in is escaped, but what the template marks as safe: our SVG and CSS
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    template = environment.from_string(_text("page.html"))
    return template.render(
        first=first_screen(report, summary, marks),
        sections=sections(report, marks, answered=summary.policy),
        css=_text("page.css"),
        next_id=_numbering(),
    )


def _numbering() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"table-{next(numbers)}"


def _text(name: str) -> str:
    return files(PACKAGE).joinpath(name).read_text(encoding="utf8")
