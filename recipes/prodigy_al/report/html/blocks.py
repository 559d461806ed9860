"""What a page is made of: figures and tables in sections. The template knows no more than these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Figure:
    """A drawing for a wide screen and one for a narrow one, of which the page shows one.

    Both are SVG with text alternatives. `sentence` says what the figure means for these data.
    """

    slug: str
    title: str
    wide: str
    narrow: str
    sentence: str


@dataclass(frozen=True)
class Shade:
    """A cell with a tint: `level` in [0, 1] is how much of it, beside the number as text."""

    text: str
    level: float


Cell: TypeAlias = str | Shade


@dataclass(frozen=True)
class Table:
    """A table; the first column names its rows. `notes` stand below it, a sentence each."""

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class ReasonCard:
    """The verdict on one hypothesis: its word, with a sign and a class, numbers and sentences."""

    hypothesis: str
    word: str
    sign: str
    css: str
    numbers: str
    why: str
    next: str


@dataclass(frozen=True)
class ReasonCards:
    """The verdicts on one dataset, under a heading; `lines` say what is wrong with it, if anything.

    Where nothing is, they are folded away.
    """

    title: str
    lines: Sequence[str]
    cards: Sequence[ReasonCard]


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading; one without any content is not shown."""

    slug: str
    title: str
    intro: str
    blocks: Sequence[Figure | Table] = ()
    facts: Sequence[tuple[str, str]] = ()
    lines: Sequence[str] = ()
    reasons: Sequence[ReasonCards] = ()
