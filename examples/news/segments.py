"""From pieces to a segment: text, tokens, gold spans, and the record that Prodigy reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from random import Random
from typing import Any

import spacy
from spacy.language import Language

from news.knobs import Scheme
from news.mentions import LABELS, Mention, Piece
from news.words import WORDS

ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou8]|11|18)(?!uni|use|one|eu)")
OPENING = re.compile(r'((?:^|(?<=\s))"|^)([a-z])')


@dataclass(frozen=True)
class Segment:
    """A sentence, a headline or a row. `tokens`: (start, end), characters of `text`; `spans`:
    (first, end, label) in tokens, end exclusive, in text order, never overlapping.
    """

    text: str
    tokens: tuple[tuple[int, int], ...]
    spans: tuple[tuple[int, int, str], ...]

    def record(self, meta: dict[str, Any]) -> dict[str, Any]:
        """Return the segment as one line of JSONL: `end` exclusive, `token_end` inclusive."""
        ends = [*(start for start, _ in self.tokens[1:]), len(self.text)]
        return {
            "text": self.text,
            "tokens": [
                {"text": self.text[a:b], "start": a, "end": b, "id": i, "ws": b < following}
                for i, ((a, b), following) in enumerate(zip(self.tokens, ends, strict=True))
            ],
            "spans": [
                {
                    "start": self.tokens[first][0],
                    "end": self.tokens[end - 1][1],
                    "token_start": first,
                    "token_end": end - 1,
                    "label": label,
                }
                for first, end, label in self.spans
            ],
            "meta": meta,
        }


def make_segment(pieces: Sequence[Piece], scheme: Scheme) -> Segment:
    """Return the segment of a sentence's pieces, its spans drawn as the scheme has them."""
    text, marked = "", list[tuple[int, int, str]]()
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        if isinstance(piece, str):
            text += piece
            continue
        owns = isinstance(following, str) and following.startswith("'s")
        if span := piece.span(scheme, possessive=owns):
            start, end, label = span
            marked.append((len(text) + start, len(text) + end, label))
        text += piece.text
    tokens = tuple((t.idx, t.idx + len(t)) for t in _tokenizer().make_doc(text) if not t.is_space)
    first = {start: i for i, (start, _) in enumerate(tokens)}
    last = {end: i for i, (_, end) in enumerate(tokens)}
    return Segment(text, tokens, tuple((first[a], last[b] + 1, x) for a, b, x in marked))


def sentence(pieces: Sequence[Piece]) -> list[Piece]:
    """Return the pieces as running text: capital letters where they belong, "an" before vowels."""
    merged = _merged(pieces)
    if isinstance(merged[0], Mention):
        merged[0] = merged[0].capitalized()
    return [
        OPENING.sub(lambda found: found[1] + found[2].upper(), piece)
        if isinstance(piece, str) and (i == 0 or '"' in piece)
        else piece
        for i, piece in enumerate(merged)
    ]


def headline(pieces: Sequence[Piece], rng: Random) -> list[Piece]:
    """Return the pieces as a headline: mostly in title case, else in capitals or as a sentence."""
    styles: list[Callable[[str], str]] = [title_case, title_case, title_case, str.upper, str]
    style = rng.choice(styles)
    return [
        piece.styled(str.upper if style is str.upper else str)
        if isinstance(piece, Mention)
        else style(piece)
        for piece in sentence(pieces)
    ]


def title_case(text: str) -> str:
    """Return the text with a capital for all but the small words.

    >>> title_case("shares of the mill fall")
    'Shares of the Mill Fall'
    """
    return re.sub(
        r"(?<![\w'])[a-z]+",
        lambda word: word[0] if word[0] in WORDS["small"] else word[0].capitalize(),
        text,
    )


def mistaken(segment: Segment, share: float, rng: Random) -> Segment:
    """Return the segment as a careless annotator marks it: `share` of its spans are wrong."""
    spans, free = [], 0
    for i, (first, end, label) in enumerate(segment.spans):
        follows = segment.spans[i + 1][0] if i + 1 < len(segment.spans) else len(segment.tokens)
        if rng.random() < share:
            mistake = rng.choice(["missed", "long", "short", "label"])
            if mistake == "missed":
                continue
            if mistake == "label" or (mistake == "long" and end == follows):
                label = rng.choice([other for other in LABELS if other != label])
            elif mistake == "long":
                end += 1
            elif end - first > 1:
                first += 1
            else:
                continue
        spans.append((max(first, free), end, label))
        free = end
    return replace(segment, spans=tuple(spans))


def _merged(pieces: Sequence[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for literal, run in groupby(pieces, key=lambda piece: isinstance(piece, str)):
        if literal:
            # a clause may already end in a comma
            text = "".join(map(str, run)).replace(",,", ",")
            merged.append(ARTICLE.sub(r"\1n ", text))
        else:
            merged += run
    return [piece for piece in merged if piece]


@cache
def _tokenizer() -> Language:
    return spacy.blank("en")
