"""What a segment adds to those taken before it, held against taking them one by one, plainly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prodigy_al.sampling.inclusion import SCORE_TOLERANCE
from prodigy_al.scoring import greedy_orders
from prodigy_al.scoring.acquisition import expected_errors, form_quota
from prodigy_al.scoring.greedy_orders import QUOTA, apart_when_taken, room_when_taken

seeds = st.integers(0, 2**32 - 1)


def segments(seed: int, size: int = 30) -> tuple[list[list[str]], list[np.ndarray], np.ndarray]:
    """Return the texts and marginals of spans, and vectors: some segments have no span at all."""
    rng = np.random.default_rng(seed)
    forms = [[f"form {rng.integers(4)}" for _ in range(rng.integers(6))] for _ in range(size)]
    marginals = [rng.uniform(0.02, 1, len(names)) for names in forms]
    return forms, marginals, rng.normal(size=(size, 5)).astype(np.float32)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    both = a / np.linalg.norm(a) - b / np.linalg.norm(b)
    return min(1.0, float(np.linalg.norm(both)) / np.sqrt(2))


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_what_is_taken_next_adds_most_by_its_distance_from_all_before(seed: int) -> None:
    _, marginals, vectors = segments(seed)
    worth = np.array([expected_errors(p) for p in marginals])
    found = apart_when_taken(vectors, worth)
    taken: list[int] = []
    left = set(range(len(worth)))
    while left:
        gains = {
            i: worth[i] * min((distance(vectors[i], vectors[j]) for j in taken), default=1.0)
            for i in left
        }
        best = max(gains, key=lambda i: (gains[i], -i))
        assert worth[best] * found[best] == pytest.approx(gains[best], abs=1e-3)
        taken.append(best)
        left.remove(best)


@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_what_is_taken_next_adds_most_by_the_texts_that_are_still_wanted(seed: int) -> None:
    forms, marginals, _ = segments(seed)
    found = room_when_taken(forms, marginals)
    expected = dict.fromkeys((name for names in forms for name in names), 0.0)
    left = set(range(len(forms)))
    while left:
        room = {i: np.array([float(expected[n] < QUOTA) for n in forms[i]]) for i in left}
        best = max(left, key=lambda i: (form_quota(marginals[i], room[i]), -i))
        assert found[best].tolist() == room[best].tolist()
        for name, p in zip(forms[best], marginals[best], strict=True):
            expected[name] += p
        left.remove(best)
    assert any(0.0 in room for room in found)


def test_a_repeated_segment_is_next_to_the_first_and_a_text_without_a_vector_next_to_none() -> None:
    vectors = np.array([[1, 1], [2, 2], [0, 0], [1, 0]], dtype=np.float32)
    apart = apart_when_taken(vectors, np.array([3.0, 2.0, 1.0, 0.0]))
    assert apart == pytest.approx([1.0, 0.0, 1.0, np.sqrt(1 - np.sqrt(0.5))], abs=1e-3)


def test_beyond_the_most_that_are_taken_distances_are_from_these_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(greedy_orders, "MOST_TAKEN", 1)
    same = np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32)
    assert apart_when_taken(same, np.array([3.0, 2.0, 1.0])).tolist() == [1.0, 1.0, 1.0]


def test_nothing_to_take_is_nothing_to_be_apart_from() -> None:
    assert apart_when_taken(np.zeros((0, 0), dtype=np.float32), np.zeros(0)).size == 0
    assert room_when_taken([], []) == []
    vectors = np.ones((2, 3), dtype=np.float32)
    assert apart_when_taken(vectors, np.zeros(2)).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("seed", range(5))
def test_a_change_of_the_last_digit_leaves_the_records_of_one_block_in_agreement(seed: int) -> None:
    """Two that nearly tie may change places; what all add together stays what it was."""
    forms, marginals, vectors = segments(seed, size=400)
    rng = np.random.default_rng(seed)
    moved = [np.clip(p + 3e-7 * rng.normal(size=p.size), 0, 1) for p in marginals]
    shaken = vectors * (1 + 3e-7 * rng.normal(size=vectors.shape)).astype(np.float32)
    totals = []
    for p, rows in ((marginals, vectors), (moved, shaken)):
        worth = np.array([expected_errors(one) for one in p])
        room = room_when_taken(forms, p)
        quota = [form_quota(*pair) for pair in zip(p, room, strict=True)]
        totals.append([np.sum(worth * apart_when_taken(rows, worth)), np.sum(quota)])
    assert totals[1] == pytest.approx(totals[0], rel=0, abs=len(forms) * SCORE_TOLERANCE)
