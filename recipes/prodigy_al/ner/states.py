"""The recogniser's states: what the model sees of one, and which actions spaCy allows in it.

What the model sees of a state is a handful of token positions: the current token, the first token
of the open entity, the token before the current one (or, with ``extra_state_tokens``, the first
five tokens of the open entity). It sees neither the label of the open entity nor anything that came
before it. So a state is either *closed* at token i or *open* at token i since token s, and the
scores of all states of a doc form tables: marginals can be computed exactly, and a loss can speak
about any states at all, without a parse that leads there.

Tokens are counted through the docs of a batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, IndexArray
from prodigy_al.ner.actions import Actions

NOTHING_OPEN = -1
"""The start of the open entity in a closed state."""

NO_TOKEN = -1
"""The token that a state shows where it has none to show."""


def seen_tokens(tokens: IndexArray, starts: IndexArray, features: int) -> IndexArray:
    """Return (n, features): the tokens that the states at `tokens` show the model.

    starts: (n,) first tokens of the open entities, or `NOTHING_OPEN`; features: 3, or 6 with
    ``extra_state_tokens``. `NO_TOKEN` stands where a state shows fewer.

    >>> seen_tokens(np.array([5, 5]), np.array([NOTHING_OPEN, 2]), 3).tolist()
    [[5, -1, -1], [5, 2, 4]]
    """
    seen = np.full((len(tokens), features), NO_TOKEN, dtype=np.intp)
    seen[:, 0] = tokens
    is_open = starts != NOTHING_OPEN
    if features == 3:
        seen[is_open, 1], seen[is_open, 2] = starts[is_open], tokens[is_open] - 1
        return seen
    for nth in range(features - 1):
        shown = is_open & (starts + nth < tokens)
        seen[shown, 1 + nth] = starts[shown] + nth
    return seen


@dataclass(frozen=True)
class TokenConstraints:
    """What spaCy never does at a token, whatever the model says. Both are (n_tokens,).

    is_space: white space, on which no entity begins
    must_close: the last token of a doc, or the one before a sentence that is marked as such:
    no entity goes on after it
    """

    is_space: BoolArray
    must_close: BoolArray

    @classmethod
    def of(cls, docs: Sequence[Doc]) -> TokenConstraints:
        """Read them from docs of which at least one has a token."""
        lengths = np.array([len(doc) for doc in docs], dtype=np.intp)
        rows = [doc.to_array(["IS_SPACE", "SENT_START"]) for doc in docs if len(doc)]
        # unsigned in spaCy, where 1 marks a start and -1 a token that is none
        is_space, sentence_start = np.concatenate(rows).astype(np.int64).T
        must_close: BoolArray = np.append(sentence_start[1:] == 1, True)
        must_close[np.cumsum(lengths)[lengths > 0] - 1] = True
        return cls(is_space == 1, must_close)

    def allow_closed(self, actions: Actions) -> BoolArray:
        """Return (n_tokens, 1 + 2 n_labels): the allowed ones of `actions.closed` at each token."""
        allowed = np.ones((len(self.is_space), len(actions.closed)), dtype=np.bool_)
        allowed[np.ix_(self.is_space, actions.unit)] = False
        allowed[np.ix_(self.is_space | self.must_close, actions.begin)] = False
        return allowed
