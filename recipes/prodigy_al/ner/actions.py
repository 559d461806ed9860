"""The recogniser's actions and the columns of its scores that they have.

spaCy's entity recogniser reads tokens from left to right and takes one action per token: O
(outside), U-X (an entity X of one token), B-X (begin X), I-X (inside), L-X (last token). A state in
which no entity is open is *closed*, and its actions are O, B-X and U-X. In one with an entity X
*open* they are I-X and L-X.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodigy_al.arrays import IndexArray


@dataclass(frozen=True)
class Actions:
    """Which column of a recogniser's scores is which action; n labels, in sorted order.

    closed: (1 + 2 n,) the columns of all actions of a closed state
    outside: the place of O in `closed`; begin, unit: (n,) the places of B-X and of U-X in it
    inside, last: (n,) the columns of I-X and of L-X
    """

    labels: tuple[str, ...]
    closed: IndexArray
    outside: int
    begin: IndexArray
    unit: IndexArray
    inside: IndexArray
    last: IndexArray

    @classmethod
    def of(cls, ner: Any, *, by_column: bool = False) -> Actions:
        """Read the actions of a recogniser.

        `closed` holds O, then B-X and then U-X of all labels; with `by_column` it is sorted, the
        order in which spaCy's greedy parser prefers actions of equal scores.
        """
        column = {ner.moves.get_class_name(i): i for i in range(ner.moves.n_moves)}
        # not among the labels: the unit action without one, which spaCy keeps for blocked spans
        labels = tuple(sorted(ner.labels))
        begin, unit, inside, last = (
            np.array([column[f"{action}-{label}"] for label in labels], dtype=np.intp)
            for action in "BUIL"
        )
        closed = np.concatenate([[column["O"]], begin, unit])
        order = np.argsort(closed) if by_column else np.arange(len(closed))
        places = np.argsort(order)
        outside, of_begin, of_unit = np.split(places, [1, 1 + len(labels)])
        return cls(labels, closed[order], int(outside[0]), of_begin, of_unit, inside, last)

    def starts(self, labels: Sequence[str]) -> IndexArray:
        """Return the places in `closed` of B-X, then of U-X, of these labels."""
        indices = np.array([self.labels.index(label) for label in labels], dtype=np.intp)
        return np.concatenate([self.begin[indices], self.unit[indices]])

    def start(self, label: int, length: int) -> int:
        """Return the place in `closed` of the action that starts an entity of this length."""
        return int(self.unit[label] if length == 1 else self.begin[label])
