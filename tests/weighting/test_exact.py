"""What holds exactly, or not at all, of every weighted number, whatever was drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.errors import RecordError
from prodigy_al.evaluation.counts import METRICS
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.proposal import selection_probabilities

RANKED = SamplingDesign("ranked", "segment", dev_share=0.8)
RANDOM = replace(RANKED, strategy="random", explore=1.0)
TEACH = SamplingDesign("teach", "candidate", block_size=20, rate=0.2, dev_share=0.8)
DESIGNS = pytest.mark.parametrize("design", [RANKED, TEACH], ids=lambda design: design.strategy)
PoolOf = Callable[..., Any]
Examples = list[dict[str, Any]]


def with_record(answer: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {**answer, "al": {**answer["al"], **changed}}


def ends(found: WeightedScore) -> list[float]:
    """Every number of a weighted score that an interval or value holds."""
    numbers = [found.found.ess, found.found.worth]
    for metric in METRICS:
        measure = getattr(found.found, metric)
        numbers.append(measure.value)
        for interval in (measure.pool, measure.new_text):
            assert isinstance(interval, Estimate)
            numbers += [interval.low, interval.high]
    return numbers


def test_answers_by_plain_chance_have_equal_weights_and_the_plain_number_exactly(pool_of: PoolOf):
    pool = pool_of(documents=20)
    found, plain = pool.both(pool.read(pool.ask(RANDOM, 80)))
    assert [getattr(found.found, metric).value for metric in METRICS] == [
        getattr(plain, metric) for metric in METRICS
    ]
    assert found.found.ess == found.found.m
    assert found.found.worth == pytest.approx(found.found.m)
    ranked, plain = pool.both(pool.read(pool.ask(RANKED, 80)))
    assert ranked.found.f1.value != plain.f1


@pytest.mark.parametrize("design", [RANKED, RANDOM], ids=lambda design: design.strategy)
def test_everything_asked_gives_the_number_of_the_pool_without_an_interval(
    pool_of: PoolOf, design: SamplingDesign
):
    pool = pool_of()
    found, truth = pool.weigh(pool.ask(design)), pool.truth()
    for metric in METRICS:
        value = getattr(truth, metric)
        assert getattr(found.found, metric).pool == Estimate(value, value, value)
    assert found.found.worth == pytest.approx(found.n_pool)


def test_the_first_question_of_a_block_comes_with_its_probability(pool_of: PoolOf):
    pool = pool_of(10, documents=10, dev_share=0.0)
    texts = pool.frame.segments[:5]
    pool.frame = replace(pool.frame, segments=texts)
    p = selection_probabilities(pool.tables.u[:5], RANKED.explore)
    first = Counter(
        pool.ask(replace(RANKED, seed=seed, dev_share=0.0), 1)[0]["_input_hash"]
        for seed in range(2_000)
    )
    observed = [first[text.input_hash] for text in texts]
    assert stats.chisquare(observed, 2_000 * p).pvalue > 0.001
    assert stats.chisquare(observed).pvalue < 1e-12


@DESIGNS
def test_the_order_of_the_answers_changes_nothing(pool_of: PoolOf, design: SamplingDesign):
    pool = pool_of(documents=20)
    answers = pool.ask(design, 100)
    order = np.random.default_rng(1).permutation(100)
    turned = pool.weigh([answers[i] for i in order])
    assert ends(turned) == pytest.approx(ends(pool.weigh(answers)), abs=1e-12)


def test_two_exchanged_keys_change_which_text_is_asked_and_so_the_number(pool_of: PoolOf):
    """The keys of the last text served and the first one not served, exchanged by their hashes."""
    pool = pool_of(documents=20)
    whole = pool.ask(RANKED)
    dev = [answer for answer in whole if answer["al"]["fold"] == "dev"]
    train = [answer for answer in whole if answer["al"]["fold"] == "train"]
    last, after = dev[59], dev[60]
    served = pool.weigh([*train, *dev[:60]])
    for one, other in ((last, after), (after, last)):
        moved = with_record(one, key=other["al"]["key"], next_key=other["al"]["next_key"])
        with pytest.raises(RecordError, match="the key of input"):
            pool.weigh([*train, *dev[:59], moved])
    # as if the other text had come first
    swapped = with_record(after, position=59, next_key=after["al"]["key"])
    assert pool.weigh([*train, *dev[:59], swapped]).found.f1.value != served.found.f1.value


def test_answers_without_probabilities_are_unavailable_and_never_weighted_alike(pool_of: PoolOf):
    pool = pool_of()
    strict = pool.weigh(pool.ask(replace(RANKED, strategy="ranked-strict", strict=True), 80))
    assert strict == Unavailable(
        "the strict design of 'ranked-strict-by-expected-errors' has no probabilities"
    )
    elsewhere = [{k: v for k, v in answer.items() if k != "al"} for answer in pool.ask(RANKED, 80)]
    assert pool.weigh(elsewhere) == Unavailable("the answers carry no sampling probabilities")


@DESIGNS
def test_seven_times_as_many_texts_behind_each_answer_change_nothing(
    pool_of: PoolOf, design: SamplingDesign
):
    """As where only a seventh of the blocks had been opened."""
    pool = pool_of(documents=20)
    first_pass = pool.ask(design, 25)
    once, often = (
        pool.weigh(first_pass),
        pool.weigh([with_record(answer, N=7 * answer["al"]["N"]) for answer in first_pass]),
    )
    for metric in METRICS:
        one, seven = getattr(once.found, metric), getattr(often.found, metric)
        assert seven.value == pytest.approx(one.value, abs=1e-12)
        assert vars(seven.new_text) == pytest.approx(vars(one.new_text), abs=1e-12)
    assert often.found.ess == pytest.approx(once.found.ess)


def test_a_text_that_stands_twice_in_the_source_counts_twice(pool_of: PoolOf):
    pool = pool_of(documents=20)
    answers = pool.ask(RANKED, 100)
    dev = [answer for answer in answers if answer["al"]["fold"] == "dev"]
    counts = pool.counts(pool.read(answers))
    matched, spans = counts.parts("f1")
    third = np.arange(len(dev)) % 3 == 0
    twice = [
        with_record(answer, copies=2)
        if any(answer is dev[i] for i in np.flatnonzero(third))
        else answer
        for answer in answers
    ]
    plain, doubled = pool.weigh(answers), pool.weigh(twice)
    w = weights_of(pool, answers)
    copies = 1 + third
    expected = (w * copies * matched).sum() / (w * copies * spans).sum()
    assert doubled.found.f1.value == pytest.approx(expected, abs=1e-9)
    assert doubled.found.f1.value != plain.found.f1.value
    assert doubled.found.m == plain.found.m


def weights_of(pool: Any, answers: Examples) -> np.ndarray:
    """1/π of the dev answers, by the rule: the threshold is the key behind the last one served."""
    dev = [answer["al"] for answer in answers if answer["al"]["fold"] == "dev"]
    tau = max(record["next_key"] for record in dev)
    return np.array([1 / -np.expm1(-record["p"] * tau) for record in dev])


@pytest.mark.parametrize(("documents", "groups"), [(10, 8), (20, 16)])
def test_under_ten_groups_there_is_no_interval_for_new_text(
    pool_of: PoolOf, documents: int, groups: int
):
    pool = pool_of(documents=documents)
    found = pool.weigh(pool.ask(RANKED, 100)).found
    assert found.groups == groups
    assert isinstance(found.f1.pool, Estimate)
    if groups < 10:
        assert isinstance(found.f1.new_text, Unavailable)
        assert "8 documents; at least 10 are needed" in found.f1.new_text.reason
    else:
        assert isinstance(found.f1.new_text, Estimate)
