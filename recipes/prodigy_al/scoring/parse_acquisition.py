"""Scores of the model's own parse, of all labels that it knows: see `acquisition`.

A recogniser asked for one label of many is uncertain about others as well, and these scores do not
tell which. Where one label is asked for, scores of spans know more of it.
"""

from __future__ import annotations

import math

import numpy as np

from prodigy_al.arrays import FloatArray


def least_confidence(log_probability: float) -> float:
    """Return 1 - P(greedy parse), in [0, 1].

    Least confidence of a structured output (Culotta & McCallum 2005, "Reducing labeling effort for
    structured prediction tasks", section 3), with spaCy's greedy parse in place of the most
    probable one, which it need not be. Length: each token is one more factor, so that it prefers
    long segments and is near 1 for most of them.

    >>> least_confidence(0.0), round(least_confidence(math.log(0.9)), 4)
    (0.0, 0.1)
    """
    return abs(math.expm1(log_probability))  # no -0.0 of a certain parse


def mnlp(log_probability: float, tokens: int) -> float:
    """Return -log P(greedy parse) / tokens, in nats: 0 where the parse is certain.

    Maximum normalised log-probability (Shen et al. 2018, "Deep active learning for named entity
    recognition", section 4), which asks for the *lowest* log P / tokens; its sign is turned here.
    Length: none by itself; a mean of few tokens varies more, so that short segments come first.

    >>> mnlp(-3.0, 4)
    0.75
    """
    return abs(log_probability) / max(tokens, 1)


def max_token_entropy(entropies: FloatArray) -> float:
    """Return the largest entropy of a token, in nats.

    The least certain token in place of the mean of `mean_token_entropy` (Settles & Craven 2008,
    section 3.1, has the mean and the sum). Length: none by itself, but more tokens are more chances
    of a doubtful one.

    >>> max_token_entropy(np.array([0.1, 0.6]))
    0.6
    """
    return float(np.max(entropies, initial=0.0))


def mean_token_entropy(entropies: FloatArray) -> float:
    """Return the mean entropy of the tokens, in nats.

    Token entropy (Settles & Craven 2008, section 3.1), of the states along the greedy parse in
    place of the marginal labels. Length: none by itself; short segments come first, as with `mnlp`.

    >>> round(mean_token_entropy(np.array([0.1, 0.6])), 4)
    0.35
    """
    return float(np.sum(entropies) / max(len(entropies), 1))


def min_margin(margins: FloatArray) -> float:
    """Return 1 - the smallest margin between the best action and the second best, in [0, 1].

    Margin sampling (Scheffer, Decomain & Wrobel 2001, "Active hidden Markov models for information
    extraction", which asks about single tokens), applied to the token with the smallest one.
    Length: none by itself, but more tokens are more chances of a close decision.

    >>> min_margin(np.array([1.0, 0.25]))
    0.75
    """
    return float(1 - np.min(margins, initial=1.0))
