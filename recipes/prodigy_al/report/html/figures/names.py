"""Names of datasets in a drawing: broken into lines, and cut only where they fill three."""

from __future__ import annotations

import re

from prodigy_al.report.layout import fit, width

MOST_LINES = 3
_PIECES = re.compile(r"(?<=[-_./+: ])")


def broken(name: str, columns: int) -> str:
    """Return a name in lines of so many columns, broken behind hyphens and the like if it can be.

    What is longer than three lines loses its middle.

    >>> broken("news-random", 20), broken("news-monday-random", 12)
    ('news-random', 'news-monday-\\nrandom')
    """
    shown = "".join(c if c.isprintable() else " " for c in name)
    lines, room = _lines(shown, columns), MOST_LINES * columns
    while len(lines) > MOST_LINES:
        # a line that ends early leaves room, so that three lines may hold less than they could
        lines, room = _lines(fit(shown, room), columns), room - 1
    return "\n".join(lines)


def _lines(name: str, columns: int) -> list[str]:
    lines = [""]
    for piece in _PIECES.split(name):
        for part in _chunks(piece, columns):
            if lines[-1] and width(lines[-1] + part.rstrip()) > columns:
                lines.append("")
            lines[-1] += part
    return [line.rstrip() for line in lines]


def _chunks(piece: str, columns: int) -> list[str]:
    """Return a piece as parts that fit on a line."""
    if width(piece) <= columns:
        return [piece]
    parts = [""]
    for letter in piece:
        if width(parts[-1] + letter) > columns:
            parts.append("")
        parts[-1] += letter
    return parts
