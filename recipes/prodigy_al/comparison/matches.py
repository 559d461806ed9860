"""Predictions against answers: matches, predicted and gold spans of the asked labels."""

from __future__ import annotations

import numpy as np

from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.evaluation.counts import Counts, count_matches, mean_counts
from prodigy_al.training.answers import Answers


def count_answers(answers: Answers, predictions: Predictions) -> Counts:
    """Return the counts of each text; a binary answer counts the one span it is about.

    Of a text that several annotators answered, they are the mean over them: whoever happened to be
    the last knows no better.
    """
    gold, counted, places = [], [], []
    for place, (item, found) in enumerate(zip(answers.items, predictions, strict=True)):
        asked = frozenset(span for span in found if span[2] in answers.labels)
        for truth in item.truths:
            about = frozenset(truth.accepted + truth.rejected)
            gold.append(truth.accepted)
            counted.append(asked & about if answers.form == "binary" else asked)
            places.append(place)
    return mean_counts(
        count_matches(gold, counted), np.array(places, dtype=np.intp), len(answers.items)
    )
