"""Candidates in little memory are what they are in a tuple."""

from __future__ import annotations

import pytest

from prodigy_al.sampling.scored import Candidate, Candidates

ROWS = [(0, 4, 1, 0.1 + 0.2, True), (7, 2**31, 0, 0.0, False), (7, 9, 1, 1.0, False)]
LABELS = ("ORG", "PERSON")


@pytest.fixture
def candidates() -> Candidates:
    return Candidates(ROWS, LABELS)


def test_every_field_comes_back_to_the_last_bit(candidates: Candidates) -> None:
    wanted = tuple(Candidate(a, b, LABELS[label], p, greedy) for a, b, label, p, greedy in ROWS)
    assert tuple(candidates) == wanted
    assert candidates == wanted
    assert wanted == candidates
    assert hash(candidates) == hash(wanted)
    assert [candidates[0], candidates[-1]] == [wanted[0], wanted[-1]]
    assert candidates[1:] == wanted[1:]
    assert len(candidates) == 3


def test_others_are_not_equal(candidates: Candidates) -> None:
    assert candidates != Candidates(ROWS[:2], LABELS)
    assert candidates != Candidates(ROWS, LABELS[::-1])
    assert candidates != ROWS


def test_without_candidates_there_is_nothing() -> None:
    assert not Candidates([], LABELS)
    assert Candidates([], LABELS) == ()
