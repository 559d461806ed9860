"""How spaCy's own scorer counts predictions: the usual dev number."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from spacy.tokens import Doc

from prodigy_al.arrays import IntArray
from prodigy_al.training.truths import TokenSpan


@dataclass(frozen=True)
class UsualCounts:
    """Counts per reference doc, each of shape (docs,), as spaCy's scorer takes them.

    `ignored` are predictions that it counts neither as right nor as wrong because they touch a
    token without annotation.
    """

    tp: IntArray
    fp: IntArray
    fn: IntArray
    ignored: IntArray


def usual_counts(
    references: Sequence[Doc],
    predictions: Sequence[Collection[TokenSpan]],
    labels: Sequence[str] | None = None,
) -> UsualCounts:
    """Count predictions against `references` by the rule of `spacy.scorer.get_ner_prf`.

    A predicted span is ignored if any of its tokens has no annotation, right if the reference has
    it, else wrong. The scorer itself returns ratios only, from which counts cannot be had when
    nothing is right; the sums over docs give its precision, recall and F exactly. A doc without
    any annotation, which it skips, has nothing to find and every prediction ignored.
    """
    rows = np.zeros((len(references), 4), dtype=np.int64)
    for row, reference, predicted in zip(rows, references, predictions, strict=True):
        gold = {
            (ent.start, ent.end, ent.label_)
            for ent in reference.ents
            if labels is None or ent.label_ in labels
        }
        asked = {span for span in predicted if labels is None or span[2] in labels}
        counted = {s for s in asked if all(token.ent_iob for token in reference[s[0] : s[1]])}
        right = len(counted & gold)
        row[:] = right, len(counted) - right, len(gold) - right, len(asked) - len(counted)
    return UsualCounts(*rows.T)
