"""Kinds of segments: how long they are, and whether they look like a table.

A score compares segments by what a model proposes in them. Where it proposes nothing in a whole
kind of text (tables of results, in which teams are named by places), no score is high, nothing is
asked and nothing is learned of it. Kinds are told by the text alone, so a model cannot miss one.

There are six: a third of the segments by their number of tokens, and within each those in which the
share of tokens that are all capitals or hold a digit is above its upper tertile. Both tertiles are
those of a whole fold, measured once, so that a restart and a refitted model find the same kinds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.sampling.shapes import count_shape
from prodigy_al.sampling.table import Segment

THIRDS = (1 / 3, 2 / 3)
LENGTHS = ("short", "medium", "long")
KIND_NAMES = tuple(f"{length} {look}" for look in ("text", "table") for length in LENGTHS)
FEWEST_SEGMENTS = 20
"""Fewer have no thirds to speak of."""


@dataclass(frozen=True)
class Kinds:
    """Where one kind ends: the most tokens of a short segment and of a medium one, and the largest
    share of tokens in capitals or with a digit of running text.
    """

    short: float
    medium: float
    running: float

    def name(self, segment: Segment) -> str:
        """Return the kind of a segment."""
        return self._name(*_shape(_words(segment)))

    def name_text(self, text: str) -> str:
        """Return the kind of a text, cut at white space, by kinds of `measure_texts`."""
        return self._name(*_shape(text.split()))

    def codes(self, tokens: FloatArray, shares: FloatArray) -> IntArray:
        """Return (n,) places in `KIND_NAMES` of texts with these words and shares, both (n,)."""
        lengths = np.where(tokens <= self.short, 0, np.where(tokens <= self.medium, 1, 2))
        codes: IntArray = (lengths + len(LENGTHS) * (shares > self.running)).astype(np.int64)
        return codes

    def _name(self, tokens: int, share: float) -> str:
        length = "short" if tokens <= self.short else "medium" if tokens <= self.medium else "long"
        return f"{length} {'table' if share > self.running else 'text'}"


def measure_kinds(segments: Sequence[Segment]) -> Kinds:
    """Return the kinds that the tertiles of some segments make; without any, all is long text."""
    if not segments:
        return Kinds(0.0, 0.0, 1.0)
    tokens, shares = zip(*map(_shape, map(_words, segments)), strict=True)
    short, medium = np.quantile(tokens, THIRDS).tolist()
    return Kinds(short, medium, float(np.quantile(shares, THIRDS[1])))


def measure_texts(texts: Sequence[str], weights: FloatArray | None = None) -> Kinds:
    """Return the kinds of at least one text, each cut at white space.

    Answers hold tokens where their source holds none: whoever compares the two cuts both alike.
    `weights` (n,) above 0: how many texts each stands for; one where left out. Where a third or
    more have one share, as tables of one form have, they are tables and not running text.
    """
    tokens, shares = np.array([_shape(text.split()) for text in texts]).T
    return measure_shapes(tokens, shares, weights)


def measure_shapes(
    tokens: FloatArray, shares: FloatArray, weights: FloatArray | None = None
) -> Kinds:
    """Return the same kinds from the numbers of words (n,) and the shares like a table's (n,)."""
    standing = np.ones(len(tokens)) if weights is None else weights
    short, medium = (_quantile(tokens, standing, q) for q in THIRDS)
    return Kinds(short, medium, _most_of_running(shares, standing))


def _quantile(values: FloatArray, weights: FloatArray, q: float) -> float:
    """Return the smallest value that holds, with those below, the share q of all weight."""
    order = np.argsort(values, kind="stable")
    held = np.cumsum(weights[order])
    # what rounding leaves of a sum must not shift it by one
    return float(values[order][np.searchsorted(held, held[-1] * q * (1 - 1e-9))])


def _most_of_running(shares: FloatArray, weights: FloatArray) -> float:
    """Return the share above which nearest to a third of all weight lies, some wherever it can."""
    values, places = np.unique(shares, return_inverse=True)
    held = np.bincount(places, weights)
    above = held.sum() - np.cumsum(held)
    usable = max(len(values) - 1, 1)
    return float(values[np.argmin(np.abs(above[:usable] / held.sum() - THIRDS[0]))])


def _words(segment: Segment) -> list[str]:
    """Return a segment's tokens; a record without is cut at white space.

    So kinds are the same under every pipeline.
    """
    stored = segment.record.get("tokens")
    if stored is None:
        return str(segment.record["text"]).split()
    return [one["text"] for one in stored]


def _shape(words: Sequence[str]) -> tuple[int, float]:
    """Return the number of tokens, and the share of those in capitals or with a digit."""
    n, marked = count_shape(words)
    return n, marked / max(n, 1)
