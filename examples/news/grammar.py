"""A grammar of phrases: text files of rules, and the choice among them.

A symbol stands at the margin, its rules below it, indented. In a rule, ``{symbol}`` expands,
``(a|b)`` chooses, ``[has/have]`` agrees with the noun phrase before it; a rule that starts with
``1:`` or ``2:`` is a singular or a plural one. What no file defines is a slot: a name or a figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from random import Random

from news.mentions import Piece

PHRASES = Path(__file__).parent / "phrases"
CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
PART = re.compile(r"\{(?P<symbol>\w+)\}|\[(?P<one>[^]/]+)/(?P<many>[^]/]+)\]|(?P<literal>[^{[]+)")
SINGULAR = 1


@cache
def rules() -> Mapping[str, tuple[str, ...]]:
    """Return symbol -> its rules, of all files."""
    found: dict[str, list[str]] = {}
    symbol = ""
    for path in sorted(PHRASES.glob("*.txt")):
        for line in path.read_text("utf8").splitlines():
            if line.startswith("  "):
                found[symbol].append(line.strip())
            elif line and not line.startswith("#"):
                symbol = line
                found[symbol] = []
    return {symbol: tuple(choices) for symbol, choices in found.items()}


class Deck:
    """The rules of every symbol, shuffled: each is dealt once before any is dealt again."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self._left: dict[str, list[str]] = {}

    def deal(self, symbol: str) -> str:
        """Return the symbol's next rule, its ``(a|b)`` chosen."""
        if not self._left.get(symbol):
            self._left[symbol] = self.rng.sample(rules()[symbol], len(rules()[symbol]))
        rule = self._left[symbol].pop()
        while CHOICE.search(rule):  # innermost first
            rule = CHOICE.sub(lambda group: self.rng.choice(group[1].split("|")), rule)
        return rule


def expand(symbol: str, deck: Deck, fill: Callable[[str], Iterator[Piece]]) -> list[Piece]:
    """Return an expansion of `symbol`, with every slot filled by `fill`."""
    return _expand(symbol, deck, fill, SINGULAR)[0]


def _expand(
    symbol: str, deck: Deck, fill: Callable[[str], Iterator[Piece]], number: int
) -> tuple[list[Piece], int | None]:
    """Return the pieces, and the number of the noun phrase that they are, None for others."""
    if symbol not in rules():
        return list(fill(symbol)), None
    rule, own = deck.deal(symbol), None
    if rule[:2] in ("1:", "2:"):
        rule, own = rule[2:].strip(), int(rule[0])
    pieces: list[Piece] = []
    for part in PART.finditer(rule):
        if part["symbol"]:
            inner, found = _expand(part["symbol"], deck, fill, number)
            pieces += inner
            number = found or number
        else:
            pieces.append(part["literal"] or part["one" if number == SINGULAR else "many"])
    return pieces, own
