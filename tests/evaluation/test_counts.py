import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import Counts, Scores, count_matches, scores

SPANS = st.sets(st.tuples(st.integers(0, 3), st.integers(4, 6), st.sampled_from(["ORG", "PER"])))
SEGMENTS = st.lists(st.tuples(SPANS, SPANS), max_size=8)


def counts_of(rows):
    return Counts(*np.array(rows, dtype=float).reshape(-1, 3).T)


def test_a_match_needs_start_end_and_label():
    gold = [[(0, 4, "ORG"), (5, 9, "ORG"), (10, 14, "ORG"), (15, 19, "ORG")]]
    predicted = [[(0, 4, "ORG"), (5, 9, "PER"), (10, 13, "ORG"), (14, 19, "ORG")]]
    counts = count_matches(gold, predicted)
    assert (counts.tp[0], counts.predicted[0], counts.gold[0]) == (1, 4, 4)


@given(SEGMENTS)
def test_swapping_gold_and_predicted_swaps_precision_and_recall(segments):
    gold, predicted = [g for g, _ in segments], [p for _, p in segments]
    there = scores(count_matches(gold, predicted))
    back = scores(count_matches(predicted, gold))
    assert (there.f1, there.precision, there.recall) == (back.f1, back.recall, back.precision)


def test_a_prediction_without_any_gold_counts_against_precision():
    counts = count_matches([[], [(0, 4, "ORG")]], [[(0, 4, "ORG")], [(0, 4, "ORG")]])
    assert scores(counts) == Scores(f1=2 / 3, precision=0.5, recall=1.0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0, 0, 0], Scores(None, None, None)),
        ([0, 2, 0], Scores(0.0, 0.0, None)),
        ([0, 0, 2], Scores(0.0, None, 0.0)),
    ],
)
def test_an_empty_denominator_is_undefined_and_never_zero(row, expected):
    assert scores(counts_of([row])) == expected


def test_nothing_at_all_is_undefined():
    assert scores(count_matches([], [])) == Scores(None, None, None)


def test_a_weight_counts_a_segment_several_times():
    counts = counts_of([[1, 1, 2], [0, 3, 1]])
    assert scores(counts, np.array([2.0, 1.0])) == scores(counts.take(np.array([0, 0, 1])))


def test_take_selects_segments_by_mask():
    taken = counts_of([[1, 1, 2], [0, 3, 1]]).take(np.array([False, True]))
    assert (len(taken), taken.predicted.tolist()) == (1, [3.0])


@pytest.mark.parametrize("row", [[2, 1, 2], [-1, 1, 1], [0, np.inf, 1], [0, 1, np.nan]])
def test_impossible_counts_are_refused(row):
    with pytest.raises(EstimateError, match="some"):
        counts_of([row])


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf])
def test_impossible_weights_are_refused(weight):
    with pytest.raises(EstimateError, match="finite numbers of at least 0"):
        scores(counts_of([[1, 1, 1]]), np.array([weight]))


def test_gold_and_predictions_of_different_segments_are_refused():
    with pytest.raises(EstimateError, match="1 segments but predictions for 2"):
        count_matches([[]], [[], []])
    with pytest.raises(EstimateError, match="one number per segment"):
        Counts(np.ones(1), np.ones(2), np.ones(2))
