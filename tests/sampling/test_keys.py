import itertools
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from prodigy_al.errors import EstimateError
from prodigy_al.sampling.keys import (
    choose_candidate,
    exponentials,
    hashed_uniform,
    hashed_uniforms,
    inclusion_probabilities,
    quantise,
    sampling_keys,
    threshold,
)

PLACE = {"tag": "al", "seed": 0, "arm": "active", "round": 0, "block": 0}
PROPOSAL = np.array([0.05, 0.1, 0.25, 0.6])
VALUES = np.array([3.0, 1.0, -2.0, 7.0])


def test_exponentials_of_an_input_do_not_depend_on_its_company():
    together = exponentials([5, -7, 11], **PLACE)
    assert together.tolist() == [exponentials([x], **PLACE)[0] for x in (5, -7, 11)]


@pytest.mark.parametrize("part", ["tag", "seed", "arm", "round", "block"])
def test_exponentials_change_with_every_named_part(part):
    other = {**PLACE, part: "other" if isinstance(PLACE[part], str) else 1}
    assert exponentials([5], **PLACE) != exponentials([5], **other)


def test_exponentials_are_the_same_on_every_machine_and_for_ever():
    assert exponentials([42], **PLACE)[0] == pytest.approx(2.126773577702, abs=1e-12)


def test_hashed_parts_are_kept_apart():
    assert hashed_uniform("a", "bc") != hashed_uniform("ab", "c") != hashed_uniform("abc")
    assert hashed_uniform("1") != hashed_uniform(1)


@given(
    st.lists(st.text() | st.integers(), max_size=4),
    st.lists(st.text(st.characters(codec="utf-8")) | st.integers(), max_size=4),
)
def test_numbers_of_many_last_parts_are_those_of_each(parts, last):
    found = hashed_uniforms(*parts, last=last)
    assert found.tolist() == [hashed_uniform(*parts, one) for one in last]


def test_exponentials_have_the_exponential_distribution():
    drawn = exponentials(range(20_000), **PLACE)
    assert stats.kstest(drawn, "expon").pvalue > 0.001


def test_first_draw_frequencies_equal_the_proposal():
    draws = 4_000
    keys = [
        sampling_keys(PROPOSAL, exponentials(range(4), **{**PLACE, "seed": seed}))
        for seed in range(draws)
    ]
    first = np.bincount(np.argmin(keys, axis=1), minlength=4)
    assert stats.chisquare(first, draws * PROPOSAL).pvalue > 0.001
    assert stats.chisquare(first).pvalue < 1e-12  # and they are not uniform


def expected_total(size, value_of):
    """Mean over all draws of `size` of 4 segments of Σ value_of(served, τ), by quadrature over τ.

    The draw is {served}, with τ the key of a segment j outside it, when every served key lies
    below τ, j's key at τ and all others above.
    """

    def density(tau, served, j):
        below = 1 - np.exp(-PROPOSAL * tau)
        others = [i for i in range(4) if i not in served and i != j]
        at = PROPOSAL[j] * math.exp(-PROPOSAL[j] * tau)
        return math.prod(below[list(served)]) * at * math.prod(1 - below[others])

    total = 0.0
    for served in itertools.combinations(range(4), size):
        for j in set(range(4)) - set(served):
            total += integrate.quad(
                lambda tau, s=served, j=j: density(tau, s, j) * value_of(list(s), tau),
                0,
                np.inf,
                epsabs=1e-12,
                epsrel=1e-12,
            )[0]
    return total


@pytest.mark.parametrize("size", [1, 2, 3])
def test_weighting_by_inclusion_probability_is_unbiased_for_the_total(size):
    def weighted(served, tau):
        return np.sum(VALUES[served] / inclusion_probabilities(PROPOSAL[served], tau))

    assert expected_total(size, weighted) == pytest.approx(VALUES.sum(), abs=1e-9)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_without_weights_the_total_is_biased(size):
    expanded = expected_total(size, lambda served, tau: np.mean(VALUES[served]) * 4)
    assert abs(expanded - VALUES.sum()) > 0.2


def test_a_block_that_was_served_whole_has_probability_one():
    assert inclusion_probabilities(PROPOSAL, threshold([0.5, None, 2.0])).tolist() == [1.0] * 4


def test_threshold_is_the_largest_next_key_whatever_the_order_of_the_answers():
    keys = [2.5, 0.5, 1.75]
    assert {threshold(list(order)) for order in itertools.permutations(keys)} == {2.5}


def test_impossible_keys_and_thresholds_are_refused():
    with pytest.raises(EstimateError, match="leave it out"):
        threshold([])
    with pytest.raises(EstimateError, match="always above 0"):
        inclusion_probabilities(PROPOSAL, 0.0)
    with pytest.raises(EstimateError, match="1 of 2"):
        inclusion_probabilities(np.array([0.0, 1.0]), 1.0)
    with pytest.raises(EstimateError, match="needs a chance to be asked"):
        sampling_keys(np.array([0.0, 1.0]), np.ones(2))


def test_candidates_are_chosen_with_their_probabilities():
    r, draws = np.array([0.2, 0.0, 0.5, 0.3]), 4_000
    chosen = [choose_candidate(r, **PLACE, input=x) for x in range(draws)]
    counts = np.bincount(chosen, minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], draws * r[[0, 2, 3]]).pvalue > 0.001


def test_the_choice_of_a_candidate_is_independent_of_the_key():
    keys = exponentials(range(2_000), **PLACE)
    chosen = [choose_candidate(np.full(2, 0.5), **PLACE, input=x) for x in range(2_000)]
    assert stats.ttest_ind(keys[np.equal(chosen, 0)], keys[np.equal(chosen, 1)]).pvalue > 0.001


def test_no_candidate_is_refused():
    with pytest.raises(EstimateError, match="no candidate"):
        choose_candidate(np.array([]), **PLACE, input=1)


@given(st.one_of(st.floats(), st.floats(0, 1), st.floats(-1e3, 1e3)))
def test_one_number_is_rounded_to_the_same_bit_as_an_array_of_numbers(x):
    alone, among = quantise(x), float(quantise(np.array([x]))[0])
    assert struct.pack("d", alone) == struct.pack("d", among) or (alone != alone and among != among)
