import itertools

import numpy as np
import pytest

from prodigy_al.evaluation.weights import round_shares, rounds_weights
from prodigy_al.sampling.proposal import selection_probabilities

TOTALS = np.array([3.0, 1.0, 0.0, 7.0, 2.0, 5.0])  # y of 6 segments


def adaptive(asked):
    """Return the proposal over what is left; earlier answers change what is asked next."""
    left = [i for i in range(6) if i not in asked]
    u = np.array([1 + abs(TOTALS[i] - sum(TOTALS[list(asked)])) for i in left])
    return dict(zip(left, selection_probabilities(u, 0.3), strict=True))


def one_by_one():
    """Yield (probability, segments, π given the past, rounds) of all sequences of 3 of 6."""
    for asked in itertools.permutations(range(6), 3):
        q = [adaptive(asked[:m])[asked[m]] for m in range(3)]
        yield np.prod(q), list(asked), np.array(q), np.arange(3)


def one_then_two():
    """Yield a round of one, then a round of two drawn one by one from the proposal known then."""
    for first in range(6):
        p = adaptive([first])
        pairs = {(i, j): p[i] * p[j] / (1 - p[i]) for i, j in itertools.permutations(p, 2)}
        pi = {i: sum(chance for pair, chance in pairs.items() if i in pair) for i in p}
        start = adaptive([])[first]
        for (i, j), chance in pairs.items():
            given_past = np.array([start, pi[i], pi[j]])
            yield start * chance, [first, i, j], given_past, np.array([0, 1, 1])


def expected_total(draws, weights_of):
    return sum(chance * np.sum(weights_of(pi, r) * TOTALS[i]) for chance, i, pi, r in draws)


@pytest.mark.parametrize("draws", [one_by_one, one_then_two])
@pytest.mark.parametrize("size", [None, 6, 600])
def test_rounds_are_unbiased_even_where_answers_steer_later_rounds(draws, size):
    total = expected_total(draws(), lambda pi, r: rounds_weights(pi, r, size=size))
    assert sum(chance for chance, *_ in draws()) == pytest.approx(1, abs=1e-12)
    assert total == pytest.approx(TOTALS.sum(), abs=1e-9)


@pytest.mark.parametrize("draws", [one_by_one, one_then_two])
def test_rounds_without_weights_or_with_those_of_the_drawing_round_alone_are_biased(draws):
    unweighted = expected_total(draws(), lambda pi, r: np.full(3, 2.0))
    own_round = expected_total(draws(), lambda pi, r: round_shares(r)[0] / pi)
    assert abs(unweighted - TOTALS.sum()) > 0.5
    assert abs(own_round - TOTALS.sum()) > 0.5


def test_rounds_of_one_answer_in_a_known_frame_are_lure():
    # Farquhar, Gal & Rainforth 2021: v_m = 1 + (N-M)/(N-m) (1/((N-m+1) q_m) - 1)
    m = np.arange(1, 4)
    for _, _, q, rounds in one_by_one():
        lure = 1 + (6 - 3) / (6 - m) * (1 / ((6 - m + 1) * q) - 1)
        assert rounds_weights(q, rounds, size=6) == pytest.approx(6 / 3 * lure, abs=1e-12)


def test_blocks_that_were_not_opened_scale_the_weights_of_their_round():
    weights = rounds_weights(np.array([0.5, 0.5]), np.array([0, 1]), np.array([1.0, 3.0]))
    assert weights.tolist() == [0.5 / 0.5 + 0.5, 0.5 * 3 / 0.5]
