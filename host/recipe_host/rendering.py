"""Tasks as text for the terminal: spans in brackets, colours only on request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wasabi.util import color

__all__ = ["render_task"]

MARKS = {"accept": ("✔", "green"), "reject": ("✘", "red"), "ignore": ("–", "yellow")}
INPUTS = ("text", "html", "image", "audio", "video")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line feed
SHOWN = 200  # characters of an input that is not a text: an image may be all its bytes


def render_task(task: Mapping[str, Any], *, colours: bool = False) -> str:
    """Return what an annotator saw and said, on as many lines as it takes.

    >>> span = {"start": 0, "end": 4, "label": "ORG"}
    >>> print(render_task({"text": "Acme fell.", "spans": [span], "answer": "accept"}))
    ✔ [Acme ORG] fell.
    """
    mark, hue = MARKS.get(task.get("answer", ""), ("·", "grey"))
    label = f" {_bold(str(task['label']), colours)}" if "label" in task else ""
    lines = [f"{color(mark, fg=hue) if colours else mark} {_content(task, colours)}{label}"]
    chosen = task.get("accept") or ()
    for option in task.get("options") or ():
        box = "[x]" if option.get("id") in chosen else "[ ]"
        lines.append(f"  {box} {_without_controls(str(option.get('text', option.get('id'))))}")
    if task.get("meta"):
        pairs = ", ".join(f"{key}: {value}" for key, value in task["meta"].items())
        facts = _without_controls(pairs)
        lines.append(f"  {color(facts, fg='grey') if colours else facts}")
    return "\n".join(lines)


def _content(task: Mapping[str, Any], colours: bool) -> str:
    if isinstance(task.get("text"), str):
        return "".join(_marked(task["text"], task.get("spans") or (), colours))
    for kind in INPUTS:
        if kind in task:
            return f"{kind}: {_without_controls(str(task[kind])[:SHOWN])}"
    return "(no text)"


def _marked(text: str, spans: Any, colours: bool) -> Iterator[str]:
    """Yield the text with brackets where spans begin and end; an inner span closes first."""
    shown = _without_controls(text)
    # At one place, spans end before others begin; the longer one opens first and closes last.
    borders = sorted(
        border
        for span in spans
        if span["start"] < span["end"]
        for border in (
            (span["start"], 1, -span["end"], "["),
            (span["end"], 0, -span["start"], f" {_without_controls(str(span.get('label', '')))}]"),
        )
    )
    position = depth = 0
    for place, opens, _, bracket in borders:
        piece = shown[position:place]
        yield _bold(piece, colours and depth > 0)
        yield color(bracket, fg="cyan") if colours else bracket
        position, depth = place, depth + (1 if opens else -1)
    yield shown[position:]


def _bold(text: str, colours: bool) -> str:
    return color(text, bold=True) if colours and text else text


def _without_controls(text: str) -> str:
    """Replace control characters one by one: they could change the reader's terminal."""
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
