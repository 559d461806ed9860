"""Text for a terminal of 80 columns, the same on every terminal and in a pipe."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, takewhile
from unicodedata import combining, east_asian_width

WIDTH = 79  # the last column of 80 is left free: some terminals begin a new line there
GAP = "  "
ELLIPSIS = "…"
MANY = 7  # names; of more, a line is enough
TOLD_APART = 3
"""Letters in which two short names differ where they can: one among twelve is overlooked."""


def width(text: str) -> int:
    """Return how many columns a text takes: two for a wide character, none for a combining one.

    >>> width("Zürich"), width("新聞")
    (6, 4)
    """
    return sum(
        0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text
    )


def fit(text: str, columns: int) -> str:
    """Return a text that takes no more columns, shortened in the middle where it would.

    >>> fit("news-manual-ranked", 12), fit("news", 12)
    ('news…-ranked', 'news')
    """
    return _cut(text, columns, columns // 3) if width(text) > columns else text


def fit_names(names: Iterable[str], columns: int) -> dict[str, str]:
    """Return each name in no more columns, and no two alike. The end tells more than the start.

    What all begin with goes first, where that is enough.

    >>> fit_names(["news-monday-ranked", "news-friday-ranked"], 14)
    {'news-monday-ranked': '…monday-ranked', 'news-friday-ranked': '…friday-ranked'}
    >>> fit_names(["news-monday-ranked", "news-friday-ranked"], 12)
    {'news-monday-ranked': 'news-mon…ked', 'news-friday-ranked': 'news-fri…ked'}
    """
    names = list(dict.fromkeys(names))
    if len(names) > 1 and any(width(name) > columns for name in names):
        bare = {name: f"{ELLIPSIS}{name[_shared(names) :]}" for name in names}
        if all(1 < width(short) <= columns for short in bare.values()):
            return bare
    middle, wanted = columns // 3, _letters_apart(names)
    tried: dict[int, dict[str, str]] = {}
    # the cut wanders from the middle to both ends until the names differ well enough
    for head in sorted(range(columns), key=lambda at: abs(at - middle)):
        short = {n: n if width(n) <= columns else _cut(n, columns, head) for n in names}
        apart = _letters_apart(list(short.values()))
        if apart >= wanted:
            return short
        tried.setdefault(apart, short)
    if most := max(tried, default=0):
        return tried[most]
    numbered = {}
    for number, name in enumerate(names, 1):
        tail = f"{ELLIPSIS}{number}"
        numbered[name] = _head(name, columns - len(tail)) + tail
    return numbered


def _shared(names: Sequence[str]) -> int:
    """Return how many characters all names begin with, up to and with a `-`, `_`, `.` or `/`."""
    # what the first and the last in the alphabet share, all share
    pairs = zip(min(names), max(names), strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return max(names[0][:same].rfind(sign) for sign in "-_./") + 1


def _letters_apart(names: Sequence[str]) -> int:
    """Return in how many letters the two most alike differ, `TOLD_APART` at most."""
    apart = (
        abs(len(one) - len(other)) + sum(a != b for a, b in zip(one, other, strict=False))
        for one, other in combinations(names, 2)
    )
    return min(TOLD_APART, *apart) if len(names) > 1 else TOLD_APART


def _cut(text: str, columns: int, head: int) -> str:
    """Return a text of which the first `head` columns stay, and as many of the last as fit."""
    tail = _head(text[::-1], columns - 1 - head)[::-1]
    return f"{_head(text, head)}{ELLIPSIS}{tail}"


def _head(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[:-1]
    return text


def aligned(
    rows: Sequence[Sequence[str]],
    *,
    right: Iterable[int] = (),
    indent: str = "",
    close: bool = False,
) -> list[str]:
    """Return rows as lines of equally wide columns, those in `right` flush right.

    Two spaces stand between columns; one where they are to be `close`.
    """
    numbers = set(right)
    wide = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        line = indent
        for i, cell in enumerate(row):
            gap = GAP[close:] if i else ""
            space = " " * (wide[i] - width(cell))
            line += gap + (space + cell if i in numbers else cell + space)
        lines.append(line.rstrip())
    return lines


def wrapped(text: str, first: str = "", indent: str = "") -> list[str]:
    """Return a text in lines of so many columns."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )


def command_lines(command: str, indent: str = "  ") -> list[str]:
    r"""Return a command in lines that a shell takes for one.

    >>> for line in command_lines("prodigy al.random " + "news-" * 10 + "random base --seed 3"):
    ...     print(line)
      prodigy al.random news-news-news-news-news-news-news-news-news-news-random \
        base --seed 3
    """
    lines, line = [], indent
    for word in _kept_together(command):
        longer = f"{line} {word}" if line.strip() else line + word
        if width(longer) > WIDTH - len(" \\") and line.strip():
            lines.append(f"{line} \\")
            longer = f"{indent}  {word}"
        line = longer
    return [*lines, line]


def _kept_together(command: str) -> list[str]:
    """Return the words of a command, each option with its value where a line holds both."""
    found: list[str] = []
    option = False
    for word in map(shlex.quote, shlex.split(command)):
        both = f"{found[-1]} {word}" if option else ""
        if both and word[0] != "-" and width(both) <= WIDTH // 2:
            found[-1] = both
        else:
            found.append(word)
        option = found[-1] == word and word[0] == "-"
    return found


def by_words(said: Mapping[str, Sequence[str]], indent: str = GAP) -> list[str]:
    """Return a wrapped line per word and the names of which it holds; of many, as many as fit.

    >>> by_words({"helps": ["a", "b"], "harms": [f"dataset-{i}" for i in range(9)]}, "")[1]
    'harms: dataset-0, dataset-1, dataset-2, dataset-3, dataset-4 and 4 more'
    """
    lines = []
    for word, names in said.items():
        told = wrapped(f"{word}: {', '.join(names)}", indent, indent + GAP)
        shown = len(names)
        while len(told) > 1 and len(names) > MANY and shown > 1:
            shown -= 1
            some = f"{', '.join(names[:shown])} and {len(names) - shown} more"
            told = wrapped(f"{word}: {some}", indent, indent + GAP)
        lines += told
    return lines
