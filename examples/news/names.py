"""A grammar of names: syllables to words, words to firms, offices, clubs, people and towns.

Half of the difficulty of finding names lies here: firms are called after people and towns, shared
words tell no kind from another, full names carry their kind and short ones do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Literal

from news.words import WORDS

Sort = Literal["firm", "brand", "office", "institute", "club", "paper", "person", "town", "country"]

FAMOUS = 120  # names of a sort that turn up again and again
FAME = 0.8  # the n-th most famous is met in proportion to 1 / n^FAME

# no "Inc" or "Ltd": at the end of a sentence their full stop would belong to the name
LEGAL = ["", "", " plc", " Group", " Corporation", " AG", " SA", " Holdings"]


@dataclass(frozen=True)
class Name:
    """Somebody's or something's name.

    `full` and `short` are two ways to say it, each with or without "the"; `legal` may follow
    `full`; `town` is the place name that is part of it, "" where there is none.
    """

    sort: Sort
    full: str
    short: str
    legal: str = ""
    town: str = ""
    full_article: bool = False
    short_article: bool = False


def pick_name(sort: Sort, rng: Random, *, rarity: float, ambiguity: float) -> Name:
    """Return a famous name, or with probability `rarity` one that nobody has heard of."""
    ambiguous = rng.random() < ambiguity
    if rng.random() < rarity:
        return MAKERS[sort](rng, ambiguous)
    names, weights = _famous(sort, ambiguous)
    return rng.choices(names, weights)[0]


@cache
def _famous(sort: Sort, ambiguous: bool) -> tuple[list[Name], list[float]]:
    rng = Random(f"famous {sort} {ambiguous}")
    names = [MAKERS[sort](rng, ambiguous) for _ in range(FAMOUS)]
    return names, [(rank + 1) ** -FAME for rank in range(FAMOUS)]


def word(kind: str, rng: Random, ambiguous: bool) -> str:
    """Return one capitalised word made of syllables.

    >>> word("town", Random(1), False), word("town", Random(1), True)
    ('Duniststad', 'Dunistet')
    """
    stem = _one("onset", rng) + _one("vowel", rng) + _one("middle", rng)
    if rng.random() < 0.3:
        stem += _one("vowel", rng) + _one("middle", rng)
    return stem + _one(f"ending-{'any' if ambiguous else kind}", rng)


def _one(words: str, rng: Random) -> str:
    return rng.choice(WORDS[words])


def first_name(rng: Random) -> str:
    """Return a given name: shorter than other words, and mostly with an open end."""
    start = _one("onset", rng) + rng.choice("aeiou") + _one("first-consonant", rng)
    return start + _one("first-ending", rng)


def person(rng: Random, ambiguous: bool) -> Name:
    """Return a person: known in full first, by the family name later."""
    family = word("person", rng, ambiguous)
    initial = f" {rng.choice('ABDEHJKLMR')}." if rng.random() < 0.06 else ""
    return Name("person", f"{first_name(rng)}{initial} {family}", family)


def town(rng: Random, ambiguous: bool) -> Name:
    """Return a town, now and then of two words."""
    name = word("town", rng, ambiguous)
    before = f"{_one('town-prefix', rng)} " if rng.random() < 0.12 else ""
    return Name("town", before + name, before + name)


def country(rng: Random, ambiguous: bool) -> Name:
    """Return a country; a republic goes with an article."""
    name = word("any", rng, True) + _one("ending-country", rng)
    if rng.random() < 0.15:
        return Name("country", f"Republic of {name}", name, full_article=True)
    return Name("country", name, name)


def firm(rng: Random, ambiguous: bool) -> Name:
    """Return a company; an ambiguous one may be called after a founder, a town or a plain word."""
    legal = rng.choice(LEGAL)
    if not ambiguous:
        core = word("firm", rng, False)
        trade = f" {_one('trade', rng)}" if rng.random() < 0.5 else ""
        return Name("firm", core + trade, core, legal)
    shape, own = rng.random(), word("any", rng, True)
    if shape < 0.3:
        return Name("firm", f"{own} {_one('trade', rng)}", own, legal)
    if shape < 0.5:
        return Name("firm", f"{own} & {word('person', rng, True)}", own, legal)
    if shape < 0.65:
        full = f"{_one('common', rng)} {_one('trade', rng)}"
        return Name("firm", full, full.split()[0], legal)
    if shape < 0.8:
        place = town(rng, True).full
        return Name("firm", f"Bank of {place}", f"{place} Bank", legal, place, full_article=True)
    return Name("firm", own, own, legal)


def brand(rng: Random, ambiguous: bool) -> Name:
    """Return a firm that writes itself in lower case."""
    name = word("any" if ambiguous else "firm", rng, ambiguous).lower()
    return Name("brand", name, name)


def office(rng: Random, ambiguous: bool) -> Name:
    """Return a public body, with its abbreviation where it has one."""
    if rng.random() < 0.35:
        place = town(rng, ambiguous).full
        rest = rng.choice(["City Council", "High Court", "Port Authority", "Police Department"])
        full = f"{place} {rest}"
        return Name("office", full, rest, town=place, full_article=True, short_article=True)
    one, other = rng.sample(WORDS["field"], 2)
    full = rng.choice(
        [
            f"Ministry of {one}",
            f"Federal {one} Agency",
            f"National {one} Board",
            f"Office for {one} and {other}",
            f"{one} Oversight Commission",
        ]
    )
    initials = "".join(part[0] for part in full.split() if part[0].isupper())
    short = initials if len(initials) > 2 else full
    return Name("office", full, short, full_article=True, short_article=True)


def institute(rng: Random, ambiguous: bool) -> Name:
    """Return a university, a hospital or a foundation, called after a town or a person."""
    place, family = town(rng, ambiguous).full, word("person", rng, ambiguous)
    shape = rng.choice(["University of {}", "{} University", "{} General Hospital", "{} Institute"])
    if rng.random() < 0.3:
        full = f"{first_name(rng)} {family} Foundation"
        return Name("institute", full, f"{family} Foundation", full_article=True)
    full, wide = shape.format(place), "University" in shape
    short = place if wide and ambiguous else full
    article = full.startswith("University")
    return Name("institute", full, short, "", place, article, article and short == full)


def club(rng: Random, ambiguous: bool) -> Name:
    """Return a sports club; an ambiguous one is called by its town alone."""
    place, nickname = town(rng, ambiguous).full, _one("nickname", rng)
    if ambiguous:
        return Name("club", f"{place} {nickname}", place, town=place)
    return Name("club", f"{place} {nickname}", nickname, town=place, short_article=True)


def paper(rng: Random, ambiguous: bool) -> Name:
    """Return a newspaper or a news agency."""
    if rng.random() < 0.4:
        own = word("any", rng, True)
        return Name("paper", f"{own} News", f"{own} News")
    place, title = town(rng, ambiguous).full, _one("paper", rng)
    full = f"{place} {title}"
    return Name("paper", full, title, town=place, full_article=True, short_article=True)


MAKERS: Mapping[Sort, Callable[[Random, bool], Name]] = {
    "firm": firm,
    "brand": brand,
    "office": office,
    "institute": institute,
    "club": club,
    "paper": paper,
    "person": person,
    "town": town,
    "country": country,
}
