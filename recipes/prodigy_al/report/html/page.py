"""The whole page, from the report and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.resources import files
from itertools import count

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from prodigy_al.report.html.first_screen import first_screen
from prodigy_al.report.html.marks import find_marks
from prodigy_al.report.html.sections import sections
from prodigy_al.report.schema import Report
from prodigy_al.report.summary import summarize

PACKAGE = "prodigy_al.report.html"
_NEGATIVE = re.compile(r"(?:(?<=[\s\[(])|^)-(?=\.\d)")
_OPTION = re.compile(r"(?<!\S)--[a-z][a-z-]*")


def render_page(report: Report) -> str:
    """Return report.html: one file that refers to no other. The same report gives the same bytes.

    Needs matplotlib, of the extra ``report``.
    """
    summary, marks = summarize(report), find_marks(report)
    # everything that is filled in is escaped, but what the template marks as safe: our SVG and CSS
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"prose": as_prose, "command": as_command}
    template = environment.from_string(_text("page.html"))
    return template.render(
        first=first_screen(report, summary, marks),
        sections=sections(report, marks, answered=summary.policy),
        css=_text("page.css"),
        next_id=_numbering(),
    )


def as_prose(text: str) -> Markup:
    """Return a text, escaped, with true minus signs, and options that no line breaks.

    >>> as_prose("-.125 [-.182, +.010] of <news-0>; use --seeds 5")
    Markup('−.125 [−.182, +.010] of &lt;news-0&gt;; use <span class="option">--seeds</span> 5')
    """
    return as_command(_NEGATIVE.sub("−", text))


def as_command(text: str) -> Markup:
    """Return a command, escaped, with options that no line breaks; it is copied as it was."""
    return Markup(_OPTION.sub(r'<span class="option">\g<0></span>', str(escape(text))))


def _numbering() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"table-{next(numbers)}"


def _text(name: str) -> str:
    return files(PACKAGE).joinpath(name).read_text(encoding="utf8")
