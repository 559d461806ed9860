"""How much there is to learn from a segment: what is known of it -> one number.

Each function takes those arrays of one segment that its parameters name, and returns a finite
number >= 0, the more the higher. They are the fields of `registry.SegmentScores`:

marginals: (n,) in [0, 1], of the spans that could be asked about, in any order
tokens: how many the segment has
lengths, greedy: (n,) tokens of each of these spans, and whether the model's own parse holds it
entropies, margins: (tokens,) of the actions at each token along that parse (`steps.GreedySteps`)
log_probability: <= 0, of that parse
members: (n, m) in [0, 1], each span's probability under each of the m members of a committee
elsewhere: (n,) how often each span's text is expected in the other segments scored with this one
balance: (n,) > 0, how much rarer each span's label is in these than the mean label (`pool_wide`)
density: in [-1, 1], the mean cosine similarity with all segments scored with this one
apart: in [0, 1], its distance from those of them that were taken before it (`greedy_orders`)
room: (n,) 1, or 0 where these hold enough entities of a span's text already
chance: in (0, 1), a random number of the segment's own

A segment without candidates, or without tokens, scores 0; `random_order` alone is indifferent.
Spans are those of the labels asked for. What is said of tokens and of the parse is about *all*
labels that the model knows, since it has one parse for all.

How a score grows with the length of a segment is said with each. Those that add up prefer long
segments, in which more can be wrong, and which take longer to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from prodigy_al.arrays import AnyFloatArray, BoolArray, FloatArray, IndexArray
from prodigy_al.scoring.parse_acquisition import (
    least_confidence,
    max_token_entropy,
    mean_token_entropy,
    min_margin,
    mnlp,
)


def expected_errors(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ p(1-p), the expected number of wrong spans if they are drawn by their marginals.

    A span is wrong when it is drawn (p) and not true (1-p); as many are missed. Also the variance
    of the number of entities if spans were independent: uncertainty sampling (Lewis & Gale 1994)
    summed over a structured output as total token entropy is (Settles & Craven 2008, section 3.1).
    Length: twice the text, twice the score.

    >>> round(expected_errors(np.array([0.5, 0.9])), 4)
    0.34
    """
    return float(np.sum(marginals * (1 - marginals)))


def errors_per_root_token(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ p(1-p) / √tokens: expected errors against what it takes to find them.

    The time of an answer has a fixed part and one that grows with the tokens read. The square root
    lies between dividing by neither and by all of it, which would ask about the shortest segments
    alone. A segment without tokens counts as one token. Length: twice the text, √2 the score.

    >>> round(errors_per_root_token(np.array([0.5, 0.9]), 4), 4)
    0.17
    """
    return float(expected_errors(marginals) / np.sqrt(max(tokens, 1)))


def squared_errors(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return (Σ p(1-p))²: the same order as `expected_errors`, with more of the chance on top.

    Length: twice the text, four times the score.

    >>> round(squared_errors(np.array([0.5, 0.9])), 4)
    0.1156
    """
    return expected_errors(marginals) ** 2


def most_uncertain(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return max p(1-p), of the least certain span; 1/4 where one is as likely as not.

    Uncertainty sampling for two classes (Lewis & Gale 1994, "A sequential algorithm for training
    text classifiers", section 3), applied to the span nearest to 1/2. Length: none by itself, but
    more spans are more chances of a doubtful one.

    >>> most_uncertain(np.array([0.5, 0.9]))
    0.25
    """
    return float(np.max(marginals * (1 - marginals), initial=0.0))


def span_entropy(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ H(p) in nats, the entropy of independent spans; steeper near 0 and 1 than Σ p(1-p).

    The counterpart over spans of total token entropy (Settles & Craven 2008, "An analysis of
    active learning strategies for sequence labeling tasks", section 3.1). Length: twice the text,
    twice the score.

    >>> round(span_entropy(np.array([0.5, 1.0])), 4)
    0.6931
    """
    return float(np.sum(_plogp(marginals) + _plogp(1 - marginals)))


def count_entropy(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return the entropy, in nats, of the number of entities if spans were independent.

    That number is Poisson-binomial (Chen & Liu 1997, "Statistical applications of the
    Poisson-binomial and conditional Bernoulli distributions", Statistica Sinica 7, section 1), its
    distribution the convolution of those of the spans. Overlapping spans, of which one at most is
    true, are counted as if they were independent. Length: grows with the logarithm of the text.

    >>> round(count_entropy(np.array([0.5, 1.0])), 4)
    0.6931
    """
    count = np.ones(1)
    for p in marginals.tolist():
        count = np.convolve(count, [1 - p, p])
    return max(float(np.sum(_plogp(count))), 0.0)


def expected_entities(marginals: AnyFloatArray, tokens: int = 1) -> float:
    """Return Σ p, the expected number of entities, sure or not: a control without uncertainty.

    Length: twice the text, twice the score.

    >>> expected_entities(np.array([0.5, 0.9]))
    1.4
    """
    return float(np.sum(marginals))


def tag_count(lengths: IndexArray, greedy: BoolArray) -> float:
    """Return how many tokens the model's own parse tags: the second control without uncertainty.

    Segments with most entities first is a baseline of Chen et al. 2015, "A study of active learning
    methods for named entity recognition in clinical text" (Journal of Biomedical Informatics 58,
    section 2). Length: twice the text, twice the score.

    >>> tag_count(np.array([2, 3, 1]), np.array([True, False, True]))
    3.0
    """
    return float(np.sum(lengths[greedy]))


def form_novelty(marginals: AnyFloatArray, elsewhere: FloatArray) -> float:
    """Return Σ p / (1 + occurrences elsewhere): how many entities with a new text are expected.

    A rare surface form counts whole, one that stands in many other segments next to nothing: the
    same idea as choosing sentences by the n-grams that are not there yet (Eck, Vogel & Waibel 2005,
    "Low cost portability for statistical machine translation based on n-gram coverage", MT Summit
    X), within one pool. Length: twice the text, twice the score.

    >>> form_novelty(np.array([0.5, 0.9]), np.array([0.0, 8.0]))
    0.6
    """
    return float(np.sum(marginals / (1 + elsewhere)))


def balanced_errors(marginals: AnyFloatArray, balance: FloatArray) -> float:
    """Return Σ p(1-p) × balance, in which a rare label counts as much as a frequent one.

    Where several labels are asked for, most doubt is about the most frequent one. Weights by class
    bring the others to the top, as boosted disagreement does (Tomanek & Hahn 2009, "Reducing class
    imbalance during active learning for named entity annotation", K-CAP). Of one label it is
    `expected_errors`.
    Length: twice the text, twice the score.

    >>> round(balanced_errors(np.array([0.5, 0.9]), np.array([0.5, 2.0])), 4)
    0.305
    """
    return float(np.sum(marginals * (1 - marginals) * balance))


def information_density(marginals: AnyFloatArray, density: float) -> float:
    """Return Σ p(1-p) times the similarity with the pool; 0 where that is negative.

    Uncertain segments that resemble many others (Settles & Craven 2008, section 3.4, with β = 1).
    Length: twice the text, twice the score, since the mean of token vectors stays what it is.

    >>> round(information_density(np.array([0.5, 0.9]), 0.5), 4)
    0.17
    """
    return expected_errors(marginals) * max(density, 0.0)


def diverse_errors(marginals: AnyFloatArray, apart: float) -> float:
    """Return Σ p(1-p) times the distance from the nearest segment that was taken before.

    Uncertain segments far from each other: the k-centre rule for batches that are diverse (Sener &
    Savarese 2018, "Active learning for convolutional neural networks: a core-set approach"), with
    uncertainty as weight; Shen et al. 2018, "Deep active learning for named entity recognition",
    section 4, join both by submodular maximisation. Length: twice the text, twice the score, at one
    distance.

    >>> round(diverse_errors(np.array([0.5, 0.9]), 0.5), 4)
    0.17
    """
    return expected_errors(marginals) * apart


def form_quota(marginals: AnyFloatArray, room: FloatArray) -> float:
    """Return Σ p(1-p) over spans whose text is not in enough segments that were taken before.

    As long as there are others, no surface form is asked about again and again (maximum coverage,
    taken greedily: Nemhauser, Wolsey & Fisher 1978, "An analysis of approximations for maximizing
    submodular set functions"). Length: twice the text, twice the score.

    >>> form_quota(np.array([0.5, 0.5]), np.array([1.0, 0.0]))
    0.25
    """
    return expected_errors(marginals * room)


def bald(members: AnyFloatArray) -> float:
    """Return Σ H(mean p) - mean H(p), in nats: how far a committee disagrees about the spans.

    It is what an answer about a span is expected to say of which member is right (Houlsby et al.
    2011, "Bayesian active learning for classification and preference learning", section 2; by
    dropout for named entities, Shen et al. 2018, "Deep active learning for named entity
    recognition", section 4). A span that all find as likely as not adds nothing. Length: twice the
    text, twice the score.

    >>> round(bald(np.array([[0.0, 1.0], [0.5, 0.5]])), 4)
    0.6931
    """
    p = members.astype(np.float64)
    mean = p.mean(axis=1)
    of_mean = _plogp(mean) + _plogp(1 - mean)
    of_members = (_plogp(p) + _plogp(1 - p)).mean(axis=1)
    return float(np.maximum(of_mean - of_members, 0).sum())  # below 0 by the last bit


def random_order(chance: float) -> float:
    """Return the segment's random number: a score that knows nothing, to hold others against.

    A control is `al.random`, whose answers have equal probabilities. Length: none.

    >>> random_order(0.25)
    0.25
    """
    return chance


def _plogp(p: AnyFloatArray) -> FloatArray:
    """Return -p log p, 0 where p is 0."""
    # a sum of products may be off 1 by the last bit
    q = np.clip(p, np.finfo(np.float64).tiny, 1.0).astype(np.float64)
    return np.asarray(-q * np.log(q))


ACQUISITIONS: Mapping[str, Callable[..., float]] = MappingProxyType(
    {
        "expected-errors": expected_errors,
        "most-uncertain": most_uncertain,
        "span-entropy": span_entropy,
        "expected-entities": expected_entities,
        "errors-per-root-token": errors_per_root_token,
        "squared-errors": squared_errors,
        "count-entropy": count_entropy,
        "least-confidence": least_confidence,
        "mnlp": mnlp,
        "max-token-entropy": max_token_entropy,
        "mean-token-entropy": mean_token_entropy,
        "min-margin": min_margin,
        "tag-count": tag_count,
        "form-novelty": form_novelty,
        "balanced-errors": balanced_errors,
        "information-density": information_density,
        "diverse-errors": diverse_errors,
        "form-quota": form_quota,
        "bald": bald,
        "random": random_order,
    }
)
"""The scores by the name an option takes. The first one is the default; `registry` finds these and
those of other packages."""
