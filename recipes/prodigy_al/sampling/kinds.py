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

from prodigy_al.sampling.frame import Segment

THIRDS = (1 / 3, 2 / 3)


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
        tokens, share = _shape(segment)
        length = "short" if tokens <= self.short else "medium" if tokens <= self.medium else "long"
        return f"{length} {'table' if share > self.running else 'text'}"


def measure_kinds(segments: Sequence[Segment]) -> Kinds:
    """Return the kinds that the tertiles of some segments make; without any, all is long text."""
    if not segments:
        return Kinds(0.0, 0.0, 1.0)
    tokens, shares = zip(*map(_shape, segments), strict=True)
    short, medium = np.quantile(tokens, THIRDS).tolist()
    return Kinds(short, medium, float(np.quantile(shares, THIRDS[1])))


def _shape(segment: Segment) -> tuple[int, float]:
    """Return the number of tokens, and the share of those in capitals or with a digit.

    A record without tokens is cut at white space: kinds are the same under every pipeline.
    """
    stored = segment.record.get("tokens")
    words = segment.record["text"].split() if stored is None else [one["text"] for one in stored]
    marked = sum(word.isupper() or any(map(str.isdigit, word)) for word in words)
    return len(words), marked / max(len(words), 1)
