"""A planned size finds the difference in four studies out of five, and half of it does not."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from prodigy_al.evaluation.bootstrap import paired_difference
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.paired import Side, side_difference
from prodigy_al.evaluation.planning import (
    Size,
    plan_answers,
    plan_documents,
    plan_replicates,
    plan_seeds,
)
from prodigy_al.evaluation.replicates import replicate_difference
from prodigy_al.evaluation.variance_parts import (
    Part,
    document_part,
    left_out,
    replicate_part,
    seed_part,
)

WANTED = 0.03
SPANS = 20  # predicted and gold, in each document
NOISE = 0.03  # of one model on one document
PILOTS, STUDIES = 30, 8


def counts(f1):
    every = np.full(f1.shape, float(SPANS))
    return Counts(np.clip(f1, 0, 1) * SPANS, every, every)


def study(rng, documents, seeds, *, by_document, by_seed, lead=WANTED):
    """Return Counts per seed of two sides on the same documents; the first is better by `lead`."""
    common = rng.normal(0.6, 0.05, documents)
    ahead = rng.normal(lead, by_document, documents)

    def side(f1):
        shifts = rng.normal(0, by_seed, (seeds, 1)) + rng.normal(0, NOISE, (seeds, documents))
        return [counts(f1 + shift) for shift in shifts]

    return side(common + ahead / 2), side(common - ahead / 2)


def parts(a, b):
    groups = np.arange(len(a[0]))
    documents = document_part(left_out(a, groups) - left_out(b, groups))
    seeds = seed_part(*([scores(seed).f1 for seed in side] for side in (a, b)))
    return documents, seeds


def finds(rng, documents, seeds, **spread):
    """Return whether one study finds its true difference, by the product's own comparison."""
    a, b = study(rng, documents, seeds, **spread)
    found = paired_difference(a, b, groups=np.arange(documents), draws=200, rng=rng)
    return found.difference > 0 and found.p < 0.05


@cache
def power_by_documents():
    """Return how often studies of the planned number of documents find it, and of half as many."""
    rng, whole, half = np.random.default_rng(0), [], []
    spread = {"by_document": 0.12, "by_seed": 0.004}
    for _ in range(PILOTS):
        documents, seeds = parts(*study(rng, 100, 5, **spread))
        planned = plan_documents(WANTED, documents, seeds, segments=100, rng=rng)
        for _ in range(STUDIES):
            whole.append(finds(rng, planned.needed, 5, **spread))
            half.append(finds(rng, planned.needed // 2, 5, **spread))
    return np.mean(whole), np.mean(half)


@cache
def power_by_seeds():
    """The same for training seeds, planned from studies with 20 of them."""
    rng, whole, half = np.random.default_rng(0), [], []
    spread = {"by_document": 0.05, "by_seed": 0.025}
    for _ in range(PILOTS):
        documents, seeds = parts(*study(rng, 100, 20, **spread))
        planned = plan_seeds(WANTED, documents, seeds, rng)
        for _ in range(STUDIES):
            whole.append(finds(rng, 100, planned.needed, **spread))
            half.append(finds(rng, 100, planned.needed // 2, **spread))
    return np.mean(whole), np.mean(half)


@cache
def power_by_replicates():
    """The same for replicates of one training each, planned from studies with 12 of them."""
    rng, whole, half = np.random.default_rng(0), [], []

    def replicates(number):
        documents = rng.normal(0.6, 0.05, 100)
        ahead = rng.normal(WANTED, 0.03, 100)
        shifts = rng.normal(0, 0.025, (2, number, 1)) + rng.normal(0, NOISE, (2, number, 100))
        sides = documents + ahead / 2 + shifts[0], documents - ahead / 2 + shifts[1]
        return tuple([[counts(f1)] for f1 in side] for side in sides)

    def found(number):
        one = replicate_difference(
            *replicates(number), groups=np.arange(100), draws=100, rng=rng
        ).new_text
        return one.difference > 0 and one.p < 0.05

    for _ in range(PILOTS):
        ours, theirs = replicates(12)
        pairs = [parts_of_one(*pair) for pair in zip(ours, theirs, strict=True)]
        documents = document_part(np.mean([without for without, _ in pairs], axis=0))
        spread = replicate_part([difference for _, difference in pairs])
        planned = plan_replicates(WANTED, documents, spread, rng)
        for _ in range(STUDIES):
            whole.append(found(planned.needed))
            half.append(found(max(planned.needed // 2, 2)))
    return np.mean(whole), np.mean(half)


def parts_of_one(ours, theirs):
    groups = np.arange(len(ours[0]))
    without = left_out(ours, groups) - left_out(theirs, groups)
    return without, scores(ours[0]).f1 - scores(theirs[0]).f1


@cache
def power_by_answers():
    """The same for dev answers, four in each document, with unequal weights."""
    rng, whole, half = np.random.default_rng(0), [], []

    def sides(documents):
        groups = np.repeat(np.arange(documents), 4)
        common, ahead = rng.normal(0.6, 0.05, documents), rng.normal(WANTED, 0.1, documents)
        noise = rng.normal(0, 0.1, (2, groups.size))
        weights = rng.uniform(0.5, 2, groups.size)
        names = [f"{group}" for group in groups]
        return tuple(
            Side([counts(f1[groups] + own)], names, weights)
            for f1, own in zip((common + ahead / 2, common - ahead / 2), noise, strict=True)
        )

    def found(documents):
        one = side_difference(*sides(documents))
        return one.difference > 0 and one.p < 0.05

    for _ in range(PILOTS):
        ours, theirs = (
            left_out([side.counts_per_seed[0].weighted(side.weights)], side.groups)
            for side in sides(60)
        )
        planned = plan_answers(WANTED, document_part(ours - theirs), answers=240, rng=rng)
        assert planned.now == 240
        for _ in range(STUDIES):
            whole.append(found(planned.needed // 4))
            half.append(found(planned.needed // 8))
    return np.mean(whole), np.mean(half)


EVERY_POWER = [power_by_documents, power_by_seeds, power_by_replicates, power_by_answers]


@pytest.mark.parametrize("power", EVERY_POWER)
def test_studies_of_the_planned_size_find_the_difference_four_times_out_of_five(power):
    assert 0.7 <= power()[0] <= 0.9


@pytest.mark.parametrize("power", EVERY_POWER)
def test_studies_of_half_the_planned_size_find_it_less_often(power):
    assert power()[1] <= 0.65


@cache
def covered():
    """Return how often the interval of a size holds what the true variances ask for."""
    rng, hits = np.random.default_rng(0), {"documents": [], "seeds": []}
    spread = {"by_document": 0.08, "by_seed": 0.01}
    # of a great study, seen as one of 100 documents and 4 seeds
    documents, seeds = parts(*study(rng, 10_000, 200, **spread))
    documents, seeds = documents.at(100), seeds.at(4)
    exact = {
        "documents": plan_documents(WANTED, documents, seeds, segments=100, rng=rng),
        "seeds": plan_seeds(WANTED, documents, seeds, rng),
    }
    for _ in range(200):
        documents, seeds = parts(*study(rng, 100, 4, **spread))
        found = {
            "documents": plan_documents(WANTED, documents, seeds, segments=100, rng=rng),
            "seeds": plan_seeds(WANTED, documents, seeds, rng),
        }
        for name, size in found.items():
            if isinstance(size, Size):
                hits[name].append(size.low <= exact[name].needed <= (size.high or np.inf))
    return {name: (np.mean(held), len(held)) for name, held in hits.items()}


@pytest.mark.parametrize("name", ["documents", "seeds"])
def test_the_interval_of_a_size_holds_what_the_true_variances_ask_for(name):
    held, number = covered()[name]
    assert number > 100
    assert held >= 0.9


DOCUMENTS = Part(0.005**2, size=400, freedom=300)
NOISY_SEEDS = Part(0.02**2, size=5, freedom=8)


def test_test_segments_do_not_make_up_for_seeds_that_vary():
    generator = np.random.default_rng(0)
    found = plan_documents(0.02, DOCUMENTS, NOISY_SEEDS, segments=800, rng=generator)
    assert isinstance(found, Unavailable)
    assert "not reachable by test segments alone: training seeds vary by .045" in found.reason
    assert "add seeds: with " in found.reason
    seeds = int(found.reason.partition("with ")[2].split()[0])
    segments = int(found.reason.partition("them, ")[2].split()[0].replace(",", ""))
    again = plan_documents(0.02, DOCUMENTS, NOISY_SEEDS.at(seeds), segments=800, rng=generator)
    assert again.needed == segments


@pytest.mark.parametrize(
    ("plan", "what"), [(plan_seeds, "training seeds"), (plan_replicates, "replicates")]
)
def test_seeds_and_replicates_do_not_make_up_for_a_small_test_set(plan, what):
    documents = Part(0.02**2, size=40, freedom=39)
    found = plan(0.02, documents, Part(0.001**2, 5, 4), np.random.default_rng(0))
    assert isinstance(found, Unavailable)
    assert f"not reachable by {what} alone: the 40 documents" in found.reason
    assert "standard error of .020 where .007 is needed" in found.reason


def test_a_smaller_difference_needs_more_and_the_square_of_it():
    sizes = [
        plan_documents(wanted, DOCUMENTS, None, segments=400, rng=np.random.default_rng(0)).needed
        for wanted in (0.01, 0.005)
    ]
    assert sizes[1] == pytest.approx(4 * sizes[0], rel=0.02)


def test_fewer_degrees_of_freedom_make_the_interval_wider():
    few, many = (
        plan_documents(
            0.01, Part(0.005**2, 400, f), None, segments=400, rng=np.random.default_rng(0)
        )
        for f in (5, 300)
    )
    assert few.needed == many.needed
    assert few.low < many.low
    assert many.high < few.high


def test_a_half_width_needs_fewer_answers_than_a_difference_that_is_to_be_found():
    part = Part(0.03**2, 50, 49)
    width, found = (
        plan_answers(0.03, part, answers=100, rng=np.random.default_rng(0), half_width=only)
        for only in (True, False)
    )
    assert width.needed < found.needed
    assert width.needed == pytest.approx(100 * (0.03 * 1.96 / 0.03) ** 2, rel=0.02)


def test_one_seed_and_few_documents_are_unavailable_with_a_reason():
    one = seed_part([0.5], [0.4])
    assert isinstance(one, Unavailable)
    assert "one training seed does not tell how much another would differ" in one.reason
    assert document_part(np.linspace(0, 1, 9)) == Unavailable(
        "there are 9 documents, at least 10 are needed"
    )


def test_what_no_document_changes_is_unavailable():
    assert isinstance(document_part(np.full(20, 0.3)), Unavailable)


def test_a_few_documents_that_hold_all_differences_leave_few_degrees_of_freedom():
    rng = np.random.default_rng(0)
    even, uneven = rng.normal(0, 0.01, 200), np.zeros(200)
    uneven[:5] = 0.1, -0.1, 0.1, -0.1, 0.1
    assert document_part(even).freedom > 100
    assert document_part(uneven).freedom < 15


def test_the_parts_add_up_to_what_resampling_shows():
    rng = np.random.default_rng(1)
    a, b = study(rng, 300, 5, by_document=0.1, by_seed=0.01)
    documents, seeds = parts(a, b)
    found = paired_difference(a, b, groups=np.arange(300), draws=4000, rng=rng)
    error = (documents.variance + seeds.variance) ** 0.5
    assert found.detectable == pytest.approx(2.8 * error, rel=0.05)
