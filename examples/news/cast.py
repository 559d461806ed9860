"""Who is in a document, and which form of a name each mention takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random

from news.figures import FIGURES
from news.knobs import Knobs
from news.mentions import Mention, Piece
from news.names import Name, Sort, pick_name, word

# slot -> what fills it, and how many of them a document has
SLOTS: Mapping[str, tuple[Sort, int]] = {
    "firm": ("firm", 2),
    "rival": ("firm", 2),
    "brand": ("brand", 1),
    "brand2": ("brand", 1),
    "office": ("office", 1),
    "office2": ("office", 1),
    "institute": ("institute", 1),
    "club": ("club", 1),
    "opponent": ("club", 1),
    "paper": ("paper", 1),
    "chief": ("person", 1),
    "person": ("person", 2),
    "other": ("person", 2),
    "town": ("town", 2),
    "country": ("country", 1),
    "country2": ("country", 1),
}
OTHERS = ("person", "other", "town", "country")
SHORT = 0.75  # of the mentions after the first
IN_FULL = 0.7  # of the first mentions that could have a legal form


class Cast:
    """The names of one document. They are made when needed, and mentioned again."""

    def __init__(self, rng: Random, knobs: Knobs) -> None:
        self._rng = rng
        self._knobs = knobs
        self._names: dict[str, list[Name]] = {}
        self._met: set[Name] = set()
        self.headline = False
        # `anyone` is one of these while `naming`, else a person or a place
        self.organisations: tuple[str, ...] = ("firm", "rival", "office", "institute")
        self.naming = False

    def fill(self, slot: str) -> Iterator[Piece]:
        """Yield what stands for a slot here: a figure, a capitalised word, or a mention."""
        if slot in FIGURES:
            yield FIGURES[slot](self._rng)
        elif slot == "maker":
            yield self._maker()
        elif slot == "demonym":
            yield demonym(self._rng.choice(self._of("country")).short)
        else:
            if slot == "anyone":
                slot = self._rng.choice(self.organisations if self.naming else OTHERS)
            yield from self._mention(self._rng.choice(self._of(slot)))

    def _of(self, slot: str) -> list[Name]:
        if slot not in self._names:
            sort, number = SLOTS[slot]
            self._names[slot] = [self._new(sort) for _ in range(number)]
        return self._names[slot]

    def _new(self, sort: Sort) -> Name:
        taken = {name for names in self._names.values() for name in names}
        while True:
            name = pick_name(
                sort, self._rng, rarity=self._knobs.rarity, ambiguity=self._knobs.ambiguity
            )
            if name not in taken:
                return name

    def _maker(self) -> str:
        """Return what a product or a street is called after: a firm or a town at hand, or new."""
        slot = self._rng.choice(["firm", "town", ""])
        return self._rng.choice(self._of(slot)).short if slot else word("any", self._rng, True)

    def _mention(self, name: Name) -> Iterator[Piece]:
        short = self._rng.random() < SHORT
        if self.headline:
            yield mention(name, short=short)
        elif name in self._met:
            if short and name.sort == "person" and self._rng.random() < 0.15:
                yield self._rng.choice(["Mr. ", "Ms. ", "Dr. "])
            yield mention(name, short=short)
        else:
            self._met.add(name)
            legal = name.legal if self._rng.random() < IN_FULL else ""
            yield mention(name, short=False, legal=legal)
            if name.short.isupper():
                yield " ("
                yield Mention(name.sort, name.short)
                yield ")"


def mention(name: Name, *, short: bool, legal: str = "") -> Mention:
    """Return a mention of a name in one of its two forms."""
    if short:
        article = "the " if name.short_article else ""
        return Mention(name.sort, name.short, article, town=name.town)
    article = "the " if name.full_article else ""
    return Mention(name.sort, name.full, article, legal, name.town)


def demonym(country: str) -> str:
    """Return the adjective of a country.

    >>> demonym("Krellia"), demonym("Torvenland"), demonym("Ostestan")
    ('Krellian', 'Torvenlandic', 'Ostestani')
    """
    if country.endswith("land"):
        return country + "ic"
    return country + ("i" if country.endswith("n") else "n")
