import numpy as np
import pytest
import srsly
from hypothesis import given
from hypothesis import strategies as st

from prodigy_al.errors import EstimateError, ParameterError
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.proposal import (
    candidate_probabilities,
    probability,
    score_total,
    selection_probabilities,
    strata_of,
)

SCORES = st.lists(st.floats(0, 1e4), min_size=1, max_size=50).map(np.array)
SHARES = st.floats(0.01, 1)


@given(SCORES, SHARES)
def test_proposal_sums_to_one_and_never_falls_below_the_share_of_chance(scores, explore):
    p = selection_probabilities(scores, explore)
    assert p.sum() == pytest.approx(1, abs=1e-9)
    assert np.all(p >= quantise(explore) / len(scores) * (1 - 1e-12))


@given(SCORES, SHARES)
def test_proposal_recomputes_from_stored_numbers_to_the_last_bit(scores, explore):
    p = selection_probabilities(scores, explore)
    stored = {
        "u": quantise(scores).tolist(),
        "total": score_total(scores),
        "explore": quantise(explore),
    }
    read = srsly.json_loads(srsly.json_dumps(stored))
    recomputed = [probability(u, read["total"], len(scores), read["explore"]) for u in read["u"]]
    assert recomputed == p.tolist()


STRATA = st.lists(st.tuples(st.floats(0, 1e4), st.sampled_from("abc")), min_size=1, max_size=50)


@given(STRATA, SHARES)
def test_every_stratum_keeps_its_share_whatever_it_scores(pairs, explore):
    scores, names = np.array([u for u, _ in pairs]), [name for _, name in pairs]
    p = selection_probabilities(scores, explore, names)
    for name in set(names):
        members = np.array(names) == name
        assert p[members].sum() == pytest.approx(members.mean(), abs=1e-9)
    assert np.all(p >= quantise(explore) / len(scores) * (1 - 1e-12))


@given(STRATA, SHARES)
def test_proposal_within_strata_recomputes_from_stored_numbers_to_the_last_bit(pairs, explore):
    scores, names = np.array([u for u, _ in pairs]), [name for _, name in pairs]
    p = selection_probabilities(scores, explore, names)
    stored = [
        {"u": u, "total": one.total, "size": one.size, "explore": quantise(explore)}
        for u, one in zip(quantise(scores).tolist(), strata_of(scores, names), strict=True)
    ]
    read = srsly.json_loads(srsly.json_dumps(stored))
    recomputed = [
        probability(r["u"], r["total"], len(pairs), r["explore"], stratum_size=r["size"])
        for r in read
    ]
    assert recomputed == p.tolist()


def test_within_strata_a_segment_competes_with_its_own_kind_alone():
    p = selection_probabilities(np.array([9.0, 1.0, 0.1, 0.0]), 0.2, ["a", "a", "b", "b"])
    assert p == pytest.approx([0.41, 0.09, 0.45, 0.05])


def test_a_stratum_without_any_score_is_drawn_evenly():
    p = selection_probabilities(np.array([9.0, 1.0, 0.0, 0.0]), 0.2, ["a", "a", "b", "b"])
    assert p[2:].tolist() == [0.25, 0.25]


def test_one_stratum_is_the_whole_block_to_the_last_bit():
    scores = np.random.default_rng(0).random(30)
    alone = selection_probabilities(scores, 0.3)
    assert selection_probabilities(scores, 0.3, ["a"] * 30).tolist() == alone.tolist()


def test_no_chance_at_all_in_a_stratum_with_scores_is_refused():
    even = selection_probabilities(np.array([1.0, 0.0]), 0, ["a", "b"])
    assert even.tolist() == [0.5, 0.5]
    with pytest.raises(ParameterError, match=r"explore 0: 1 of 3"):
        selection_probabilities(np.array([1.0, 0.0, 0.0]), 0, ["a", "a", "b"])


def test_proposal_follows_the_scores_when_nothing_is_left_to_chance():
    p = selection_probabilities(np.array([1.0, 3.0]), explore=0)
    assert p.tolist() == [0.25, 0.75]


@pytest.mark.parametrize("scores", [[5.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
def test_proposal_is_uniform_when_all_is_chance_or_nothing_is_known(scores):
    explore = 1 if any(scores) else 0.3
    assert selection_probabilities(np.array(scores), explore).tolist() == [1 / 3] * 3


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_a_score_that_is_negative_or_not_finite_is_refused(bad):
    with pytest.raises(EstimateError, match="1 of 2 scores"):
        selection_probabilities(np.array([1.0, bad]), explore=0.3)


@pytest.mark.parametrize("explore", [-0.1, 1.5, float("nan")])
def test_a_share_of_chance_outside_zero_and_one_is_refused(explore):
    with pytest.raises(ParameterError, match="from 0 to 1") as error:
        selection_probabilities(np.ones(2), explore)
    assert error.value.parameter == "explore"


def test_no_chance_at_all_for_a_segment_is_refused_and_names_both_ways_out():
    with pytest.raises(ParameterError, match=r"explore 0: 1 of 2 .* strictly"):
        selection_probabilities(np.array([1.0, 0.0]), explore=0)


def test_candidates_are_drawn_by_how_uncertain_they_are():
    r = candidate_probabilities(np.array([0.5, 0.9, 1.0]), explore=0.3)
    assert r == pytest.approx([0.1 + 0.7 * 0.25 / 0.34, 0.1 + 0.7 * 0.09 / 0.34, 0.1])


def test_certain_candidates_are_drawn_alike():
    assert candidate_probabilities(np.array([1.0, 0.0]), explore=0.3).tolist() == [0.5, 0.5]


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_a_marginal_that_is_no_probability_is_refused(bad):
    with pytest.raises(EstimateError, match="between 0 and 1"):
        candidate_probabilities(np.array([0.5, bad]), explore=0.3)
