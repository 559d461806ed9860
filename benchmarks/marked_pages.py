"""Pages of docs/ whose tables are written by a script, each between two marks of its name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path


def write_between_marks(page: Path, written: Mapping[str, Iterable[str]]) -> None:
    """Replace the lines between ``<!-- NAME: begin -->`` and ``<!-- NAME: end -->``, by name.

    Raises `ValueError` where a page has no such marks, and changes nothing then.
    """
    text = page.read_text(encoding="utf8")
    for name, lines in written.items():
        begin, end = (f"<!-- {name}: {mark} -->" for mark in ("begin", "end"))
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}"
    page.write_text(text, encoding="utf8")
