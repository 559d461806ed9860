"""Printing where the terminal or the pipe is not UTF-8."""

from __future__ import annotations

import codecs
import io
import sys

__all__ = ["make_printing_safe"]

HANDLER = "recipe_host.readable"
SIGNS = {
    "✔": "+",
    "✘": "x",
    "–": "-",
    "—": "-",
    "−": "-",
    "·": ".",
    "×": "x",
    "→": "->",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "∞": "inf",
    "ε": "epsilon",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "…": "...",
}


def make_printing_safe() -> None:
    """Have characters that stdout or stderr lacks printed as signs it has, or as their number.

    Also in UTF-8: half a character, as texts may hold, is none.
    """
    codecs.register_error(HANDLER, _readable)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a program may have put something else there
            stream.reconfigure(errors=HANDLER)


def _readable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(char, ascii(char)[1:-1]) for char in lacking), error.end
