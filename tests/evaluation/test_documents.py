"""Sizes of documents, and what they say of the variance between documents."""

import numpy as np
import pytest

from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.documents import Sizes, document_sizes, variance_inflation
from prodigy_al.evaluation.estimators import weighted_scores
from prodigy_al.evaluation.paired import Side, side_difference

CODES = np.repeat(np.arange(12), [60, 20, *[4] * 10])  # the document of each of 120 segments
WHOLE = float((np.bincount(CODES) ** 2).sum()) / CODES.size**2


def names(codes):
    return [f"doc={code}" for code in codes]


@pytest.mark.parametrize("evenly", [True, False])
def test_a_sample_tells_the_concentration_of_the_whole_on_average(evenly):
    """For pairs of segments, whatever the probabilities; with each itself it would be more."""
    rng = np.random.default_rng(0)
    chances = np.full(CODES.size, 0.2) if evenly else rng.uniform(0.1, 0.3, CODES.size)
    pairs = (WHOLE * CODES.size - 1) / (CODES.size - 1)
    found, with_itself = [], []
    for _ in range(3_000):
        drawn = rng.random(CODES.size) < chances
        weights = 1 / chances[drawn]
        found.append(document_sizes(names(CODES[drawn]), weights).concentration)
        sizes = np.bincount(CODES[drawn], weights)
        with_itself.append((sizes**2).sum() / sizes.sum() ** 2)
    assert np.mean(found) == pytest.approx(pairs, abs=0.01)
    assert np.mean(with_itself) > pairs + 0.02


def test_documents_of_one_segment_each_have_no_concentration():
    assert document_sizes(names(range(9)), np.ones(9)) == Sizes(0.0, 9.0)
    assert document_sizes([], np.ones(0)) == Sizes(0.0, 0.0)


def test_folds_alike_in_their_documents_inflate_nothing():
    """A fold three times as large has a third of the concentration."""
    assert variance_inflation(Sizes(0.06, 100.0), Sizes(0.02, 300.0)) == pytest.approx(1)


def test_a_large_document_in_the_train_fold_inflates_and_one_in_the_dev_fold_does_not():
    assert variance_inflation(Sizes(0.06, 100.0), Sizes(0.2, 300.0)) > 3
    assert variance_inflation(Sizes(0.4, 100.0), Sizes(0.02, 300.0)) == 1


@pytest.mark.parametrize(("dev", "train"), [((0.0, 9.0), (0.2, 30.0)), ((0.1, 9.0), (0.0, 0.0))])
def test_nothing_is_inflated_where_sizes_are_not_known(dev, train):
    assert variance_inflation(Sizes(*dev), Sizes(*train)) == 1


def counts_of(rng, ease):
    gold = rng.poisson(2.0, len(ease)).astype(float)
    tp = rng.binomial(gold.astype(int), ease).astype(float)
    return Counts(tp, tp + rng.poisson(0.3, len(ease)), gold)


def half_width(counts, groups, inflation):
    found = weighted_scores(
        counts, pi=np.full(len(counts), 0.5), groups=groups, inflation=inflation
    )
    return found.f1.new_text.high - found.f1.new_text.low


def test_only_the_variance_between_documents_is_inflated():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 10)
    alike = counts_of(rng, np.full(400, 0.7))
    differing = counts_of(rng, rng.choice([0.4, 0.95], 40)[groups])
    for counts, least, most in ((alike, 1, 1.3), (differing, 1.6, 2)):
        ratio = half_width(counts, groups, 4) / half_width(counts, groups, 1)
        assert least <= ratio <= most
    singles = np.arange(400)
    assert half_width(differing, singles, 4) == half_width(differing, singles, 1)


def test_a_difference_on_the_same_answers_is_inflated_once_and_others_by_their_own_factor():
    rng = np.random.default_rng(2)
    groups = np.repeat(np.arange(40), 10)
    ease = rng.choice([0.4, 0.95], 40)[groups]
    ours, theirs = counts_of(rng, ease), counts_of(rng, np.full(400, 0.7))

    def width(first, second, *, names_of_second="doc"):
        a = Side([ours], [f"doc={g}" for g in groups], inflation=first)
        b = Side([theirs], [f"{names_of_second}={g}" for g in groups], inflation=second)
        found = side_difference(a, b)
        return found.high - found.low

    assert 1.5 < width(4, 4) / width(1, 1) < 2
    assert width(4, 1) == width(4, 4)
    of_others = [width(f, s, names_of_second="other") for f, s in ((1, 1), (4, 1), (1, 4), (4, 4))]
    assert of_others[0] <= of_others[2] < of_others[1] <= of_others[3]
