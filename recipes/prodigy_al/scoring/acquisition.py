"""How much there is to learn from a segment: the marginals of its spans -> one number.

Each function takes the marginals of one segment, an array of any length with values in [0, 1], one
per candidate span, and the number of its tokens, and returns a finite number >= 0; a segment
without candidates scores 0. Marginals need no order and no normalisation. Sums prefer long
segments, in which more can be wrong, and which take longer to read; `errors_per_root_token` weighs
one against the other, and no other looks at the tokens. `most_uncertain` looks at the one best
question.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from prodigy_al.arrays import AnyFloatArray


def expected_errors(p: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ p(1-p), the expected number of wrong spans if they are drawn by their marginals.

    A span is wrong when it is drawn (p) and not true (1-p); as many are missed. Also the variance
    of the number of entities if spans were independent: uncertainty sampling (Lewis & Gale 1994)
    summed over a structured output as total token entropy is (Settles & Craven 2008, section 3.1).

    >>> round(expected_errors(np.array([0.5, 0.9])), 4)
    0.34
    """
    return float(np.sum(p * (1 - p)))


def errors_per_root_token(p: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ p(1-p) / √tokens: expected errors against what it takes to find them.

    The time of an answer has a fixed part and one that grows with the tokens read. The square root
    lies between dividing by neither and by all of it, which would ask about the shortest segments
    alone. A segment without tokens counts as one token.

    >>> round(errors_per_root_token(np.array([0.5, 0.9]), 4), 4)
    0.17
    """
    return float(expected_errors(p) / np.sqrt(max(tokens, 1)))


def squared_errors(p: AnyFloatArray, tokens: int = 1) -> float:
    """Return (Σ p(1-p))²: the same order as `expected_errors`, with more of the chance on top.

    >>> round(squared_errors(np.array([0.5, 0.9])), 4)
    0.1156
    """
    return expected_errors(p) ** 2


def most_uncertain(p: AnyFloatArray, tokens: int = 1) -> float:
    """Return max p(1-p), of the least certain span; 1/4 where one is as likely as not.

    Uncertainty sampling for two classes (Lewis & Gale 1994, "A sequential algorithm for training
    text classifiers", section 3), applied to the span nearest to 1/2.

    >>> most_uncertain(np.array([0.5, 0.9]))
    0.25
    """
    return float(np.max(p * (1 - p), initial=0.0))


def span_entropy(p: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ H(p) in nats, the entropy of independent spans; steeper near 0 and 1 than Σ p(1-p).

    The counterpart over spans of total token entropy (Settles & Craven 2008, "An analysis of
    active learning strategies for sequence labeling tasks", section 3.1).

    >>> round(span_entropy(np.array([0.5, 1.0])), 4)
    0.6931
    """
    # 0 log 0 counts as 0
    q = np.clip(np.stack([p, 1 - p]), np.finfo(np.float64).tiny, 1.0)
    return float(-np.sum(q * np.log(q)))


def expected_entities(p: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ p, the expected number of entities, sure or not: a control without uncertainty.

    >>> expected_entities(np.array([0.5, 0.9]))
    1.4
    """
    return float(np.sum(p))


ACQUISITIONS: Mapping[str, Callable[[AnyFloatArray, int], float]] = MappingProxyType(
    {
        "expected-errors": expected_errors,
        "most-uncertain": most_uncertain,
        "span-entropy": span_entropy,
        "expected-entities": expected_entities,
        "errors-per-root-token": errors_per_root_token,
        "squared-errors": squared_errors,
    }
)
"""The scores by the name an option takes. The first one is the default."""
