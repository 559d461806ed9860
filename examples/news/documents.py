"""News documents: articles, wire stories, match reports with tables, market lists, a trade letter.

A document is a cast of names and a plan of segments. Each is made from its own seed, so the n-th
document is the same whatever comes before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

from news.cast import Cast
from news.grammar import Deck, expand
from news.knobs import KINDS, Kind, Knobs
from news.mentions import Piece
from news.segments import Segment, headline, make_segment, mistaken, sentence

STORIES = ("business", "politics", "incident")


@dataclass(frozen=True)
class Document:
    """A document: `name` is unique within a seed, segments are in reading order."""

    name: str
    kind: Kind | Literal["letter"]
    segments: tuple[Segment, ...]

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield one record of JSONL per segment."""
        for segment in self.segments:
            yield segment.record({"doc": self.name, "kind": self.kind})


def documents(n: int, seed: int, knobs: Knobs | None = None) -> Iterator[Document]:
    """Yield `n` documents. The same seed and knobs give the same documents, anywhere.

    Seeds give different documents of one world: its famous names turn up in all of them.
    """
    for number in range(n):
        yield _document(f"news-{seed}-{number:05}", knobs or Knobs())


def records(made: Iterable[Document]) -> Iterator[dict[str, Any]]:
    """Yield the records of all documents."""
    for document in made:
        yield from document.records()


def _document(name: str, knobs: Knobs) -> Document:
    rng = Random(name)
    weights = [knobs.mix.get(kind, 0.0) for kind in KINDS]
    kind: Kind | Literal["letter"] = rng.choices(KINDS, weights)[0]
    if Random(f"{name} letter").random() < knobs.blind:
        kind = "letter"
    # spans are drawn last, from a generator of their own: no knob about them changes the text
    spoilt = Random(f"{name} noise")
    plan = _Plan(rng, knobs)
    return Document(
        name,
        kind,
        tuple(
            mistaken(make_segment(pieces, knobs.scheme), knobs.noise, spoilt)
            for pieces in getattr(plan, kind)()
        ),
    )


class _Plan:
    """What a document of each kind consists of, as pieces per segment."""

    def __init__(self, rng: Random, knobs: Knobs) -> None:
        self.rng, self.knobs = rng, knobs
        self.cast, self.deck = Cast(rng, knobs), Deck(rng)

    def article(self) -> Iterator[list[Piece]]:
        topic = self.rng.choice(STORIES)
        yield self._headline(topic)
        yield self._sentence(f"{topic}_lead")
        yield from self._body(topic, self.rng.randint(4, 9))

    def wire(self) -> Iterator[list[Piece]]:
        topic = self.rng.choice(STORIES)
        yield self._headline(topic)
        dateline = [
            piece
            if isinstance(piece, str)
            else piece.styled(str.upper if piece.sort == "town" else str)
            for piece in self._expand("dateline")
        ]
        yield [*dateline, " ", *self._sentence(f"{topic}_lead")]
        yield from self._body(topic, self.rng.randint(3, 6))

    def match(self) -> Iterator[list[Piece]]:
        self.cast.organisations = ("club", "opponent")
        yield self._headline("sport")
        yield self._sentence("sport_lead")
        yield from self._body("sport", self.rng.randint(3, 7))
        if self.rng.random() < 0.6:
            yield self._headline("table")
            yield from self._rows(self.rng.choice(["table_row", "result_row"]), (3, 6))

    def market(self) -> Iterator[list[Piece]]:
        yield self._headline("market")
        yield self._sentence("market_lead")
        yield from self._body("market", self.rng.randint(3, 6))
        yield from self._rows("market_row", (3, 6))

    def letter(self) -> Iterator[list[Piece]]:
        self.cast.organisations = ("brand", "brand2")
        yield self._headline("letter")
        yield self._sentence("letter_lead")
        yield from self._body("letter", self.rng.randint(4, 8))

    def _body(self, topic: str, sentences: int) -> Iterator[list[Piece]]:
        for _ in range(sentences):
            self.cast.naming = self.rng.random() < self.knobs.prevalence
            yield self._sentence(f"{topic}_{'org' if self.cast.naming else 'plain'}")

    def _rows(self, symbol: str, sizes: tuple[int, int]) -> Iterator[list[Piece]]:
        for _ in range(self.rng.randint(*sizes)):
            row = Cast(self.rng, self.knobs)  # nobody stands in a table twice
            row.headline = True
            pieces = expand(symbol, self.deck, row.fill)
            yield [piece if isinstance(piece, str) else piece.styled(str) for piece in pieces]

    def _headline(self, topic: str) -> list[Piece]:
        self.cast.headline = True
        pieces = headline(self._expand(f"{topic}_headline"), self.rng)
        self.cast.headline = False
        return pieces

    def _sentence(self, symbol: str) -> list[Piece]:
        return sentence(self._expand(symbol))

    def _expand(self, symbol: str) -> list[Piece]:
        return expand(symbol, self.deck, self.cast.fill)
