"""How far people who answered the same text say the same.

About whole segments it is F1 of the spans of one person against those of another, which is the same
whoever of them counts as right, and needs no count of what both left unmarked: with ever more
such spans Cohen's kappa becomes this F1 (Hripcsak & Rothschild 2005, "Agreement, the F-measure, and
reliability in information retrieval"). It is the higher the more spans a text holds, so beside it
stands the share of texts in which people mark the same: what a model chose may hold more spans and
yet be harder to agree on than what chance did (Hachey, Alex & Becker 2005, "Investigating the
effects of selective sampling on the annotation task"). About single spans both are the
share of decisions that are the same. Nothing is weighted: it is of the questions that were asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from prodigy_al.comparison.arms import Arm
from prodigy_al.evaluation.counts import Counts, count_matches, mean_counts
from prodigy_al.evaluation.estimators import Estimate, Unavailable, weighted_scores
from prodigy_al.training.forms import Form
from prodigy_al.training.truths import TokenSpan, Truth


@dataclass(frozen=True)
class Agreement:
    """Agreement of these people, in [0, 1], with intervals for their answers on other documents.

    `of` says what agrees: ``spans`` (`value` is F1) or ``decisions`` (a share). `same` is the share
    of texts in which two mark the same, or `value` again, and `texts` the number of those that both
    are of.
    """

    of: str
    value: Estimate
    same: Estimate
    texts: int


def measure_agreement(arm: Arm) -> Agreement | Unavailable | None:
    """Return how far the people agree who answered an arm's texts; None where each has one person.

    Of a text that more than two answered it is the mean over all pairs of them.
    """
    items = [item for item in (*arm.train.items, *arm.dev.items) if item.by_annotator]
    if not items:
        return None
    forms = {answers.form_of(item) for answers in (arm.train, arm.dev) for item in answers.items}
    if len(forms) > 1:
        return Unavailable("its answers are of two forms, and agree in two ways")
    (form,) = forms
    counted = [(item, pair_counts(item.by_annotator, form)) for item in items]
    if form == "binary":  # two who were asked about different spans of a text neither agree nor not
        counted = [(item, counts) for item, counts in counted if counts.gold.any()]
    if not counted:
        return None
    groups = [arm.groups[item.input_hash] for item, _ in counted]
    pairs = [counts for _, counts in counted]
    value = _for_other_documents(pairs, groups)
    if isinstance(value, Unavailable):
        return value
    if form == "binary":
        return Agreement("decisions", value, value, len(counted))
    same = _for_other_documents([_same(counts) for counts in pairs], groups)
    return same if isinstance(same, Unavailable) else Agreement("spans", value, same, len(counted))


def pair_counts(truths: Sequence[Truth], form: Form) -> Counts:
    """Return the counts of each pair of people, the first against the second: (n_pairs,).

    Of binary answers, spans that both decided on count, as found where the decisions are the same.

    >>> ann, bob = Truth(((0, 1, "ORG"), (2, 3, "ORG"))), Truth(((0, 1, "ORG"),))
    >>> counts = pair_counts([ann, bob], "full")
    >>> counts.tp.tolist(), counts.predicted.tolist(), counts.gold.tolist()
    ([1.0], [1.0], [2.0])
    """
    pairs = list(combinations(truths, 2))
    if form == "full":
        return count_matches([a.accepted for a, _ in pairs], [b.accepted for _, b in pairs])
    shared = [_decisions(a).keys() & _decisions(b).keys() for a, b in pairs]
    same = [
        sum(_decisions(a)[span] == _decisions(b)[span] for span in spans)
        for (a, b), spans in zip(pairs, shared, strict=True)
    ]
    sizes = np.array([len(spans) for spans in shared], dtype=np.float64)
    return Counts(np.array(same, dtype=np.float64), sizes, sizes)


def _decisions(truth: Truth) -> dict[TokenSpan, bool]:
    return {**dict.fromkeys(truth.accepted, True), **dict.fromkeys(truth.rejected, False)}


def _same(counts: Counts) -> Counts:
    """Return for each pair whether the two mark the same, as a share of 1."""
    same = (counts.tp == counts.predicted) & (counts.tp == counts.gold)
    return Counts(same.astype(np.float64), np.ones(len(counts)), np.ones(len(counts)))


def _for_other_documents(
    counted: Sequence[Counts], groups: Sequence[str]
) -> Estimate | Unavailable:
    """Return F1 with its interval; of each text the mean over pairs, so that a text counts once."""
    places = np.repeat(np.arange(len(counted)), [len(one) for one in counted])
    parts = (
        np.concatenate([getattr(one, name) for one in counted])
        for name in ("tp", "predicted", "gold")
    )
    means = mean_counts(Counts(*parts), places, len(counted))
    found = weighted_scores(means, pi=np.ones(len(counted)), groups=groups)
    return found if isinstance(found, Unavailable) else found.f1.new_text
