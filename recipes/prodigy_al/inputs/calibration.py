"""How far the base's span probabilities can be trusted, from whole segments of a dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.arms import Arm
from prodigy_al.diagnosis.evidence import Calibration
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reliability import Reliability, measure_reliability
from prodigy_al.scoring.calibration import MOST_SEGMENTS, fit_temperature, temper_spans
from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer
from prodigy_al.scoring.pool import score_pool
from prodigy_al.training.answers import Answer


def measure_calibration(
    arm: Arm, nlp: Language, probabilities: Mapping[int, float]
) -> Calibration | Unavailable:
    """Return the calibration of a base on the dev answers of a dataset, before and after fitting.

    The temperature is fitted to the train fold alone. `probabilities` are those of the answers by
    input hash; where one of a fold is not known its answers count alike.
    """
    if arm.train.form != "full" or arm.dev.form != "full":
        return Unavailable("answers about single spans do not say of every candidate what is right")
    # an input hash says nothing of the text, so the first of them are a random choice
    train = sorted(arm.train.items, key=lambda one: one.input_hash)[:MOST_SEGMENTS]
    if not train or not arm.dev.items:
        return Unavailable("it takes whole segments in the train fold and in the dev fold")
    spans = temper_spans(nlp, arm.train.labels, _docs(nlp, train), [one.accepted for one in train])
    temperature = fit_temperature(spans, _known(train, probabilities))
    shipped, fitted = (
        _reliability(arm, nlp, probabilities, one) for one in (DEFAULT_TEMPERATURE, temperature)
    )
    if isinstance(shipped, Unavailable) or isinstance(fitted, Unavailable):
        return Unavailable("the base holds no span of these labels possible in the dev fold")
    return Calibration(
        temperature=DEFAULT_TEMPERATURE,
        fitted_temperature=temperature,
        fitted_to=len(train),
        dev_answers=len(arm.dev.items),
        shipped=shipped,
        fitted=fitted,
    )


def _reliability(
    arm: Arm, nlp: Language, probabilities: Mapping[int, float], temperature: float
) -> Reliability | Unavailable:
    """Return the calibration of all candidates of the dev answers, weighted as these are."""
    items = arm.dev.items
    known = _known(items, probabilities)
    weights = np.ones(len(items)) if known is None else 1 / known
    scorer = MarginalScorer(nlp, arm.train.labels, temperature=temperature)
    p: list[float] = []
    right: list[bool] = []
    standing: list[float] = []
    scored = score_pool(scorer, _docs(nlp, items), progress=False)
    for item, weight, spans in zip(items, weights.tolist(), scored, strict=True):
        places = zip(spans.starts.tolist(), spans.ends.tolist(), spans.labels, strict=True)
        right += [place in item.accepted for place in places]
        p += spans.probabilities.tolist()
        standing += [weight] * len(spans)
    return measure_reliability(np.array(p), np.array(right, dtype=np.bool_), np.array(standing))


def _known(items: Sequence[Answer], probabilities: Mapping[int, float]) -> FloatArray | None:
    """Return the probability of each answer; None where one is not known."""
    found = np.array([probabilities.get(one.input_hash, np.nan) for one in items])
    return None if np.isnan(found).any() else found


def _docs(nlp: Language, items: Sequence[Answer]) -> list[Doc]:
    return [Doc(nlp.vocab, words=list(one.words), spaces=list(one.spaces)) for one in items]
