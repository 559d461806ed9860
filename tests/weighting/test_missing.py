"""Questions that were shown and not answered: ignored, or on screen and never stored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.evaluation.estimators import Unavailable, weighted_scores
from prodigy_al.records import NEW_FIELDS, read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.inclusion import find_unstored, inclusion

RANKED = SamplingDesign("ranked", "segment", dev_share=0.8)
TEACH = SamplingDesign("teach", "candidate", block_size=50, rate=0.4, dev_share=0.8)
DESIGNS = pytest.mark.parametrize("design", [RANKED, TEACH], ids=lambda design: design.strategy)
HOW = pytest.mark.parametrize("how", ["ignore", None], ids=["ignored", "never stored"])
PoolOf = Callable[..., Any]
Verdict = Callable[[dict[str, Any]], str | None]


def lose(share: float, how: str | None, *, seed: int = 0, above: float = -1.0) -> Verdict:
    """Lose a share of the dev questions with a score above this."""
    rng = np.random.default_rng(seed)

    def verdict(task: dict[str, Any]) -> str | None:
        is_lost = task["al"]["fold"] == "dev" and task["al"]["u"] > above and rng.random() < share
        return how if is_lost else "gold"

    return verdict


def dev_records(answers: list[dict[str, Any]]) -> list[tuple[int, Any]]:
    records = [(answer["_input_hash"], read_record(answer)) for answer in answers]
    return [(key, record) for key, record in records if record.fold == "dev"]


@DESIGNS
def test_what_was_never_stored_counts_as_missing_up_to_the_last_stored_of_a_block(
    pool_of: PoolOf, design: SamplingDesign
):
    pool = pool_of()
    whole = dev_records(pool.ask(design, 100))
    answers = pool.ask(design, 100, verdict=lose(0.3, None))
    stored = dev_records(answers)
    last = {}
    for _, record in stored:
        last[record.block] = max(record.position, last.get(record.block, 0))
    kept = {key for key, _ in stored}
    lost = [r for key, r in whole if key not in kept and r.position < last.get(r.block, -1)]
    found = find_unstored(stored)
    assert sorted(block for block, _ in found) == sorted(record.block for record in lost)
    scores = sorted(score for _, score in found if score is not None)
    assert len(lost) > len(scores) > 5
    behind_a_stored_one = {(r.block, r.position + 1) for _, r in stored}
    expected = sorted(r.u for r in lost if (r.block, r.position) in behind_a_stored_one)
    assert scores == pytest.approx(expected, abs=1e-9)
    weighted = pool.weigh(answers)
    assert (weighted.missing, weighted.served) == (len(lost), len(lost) + len(stored))


def test_two_neighbours_that_rounding_exchanged_are_no_missing_question(pool_of: PoolOf):
    """Asked at place 5 in one run, and another text at place 5 in the next: 6 stays empty."""
    records = dev_records(pool_of().ask(RANKED, 30))
    at = {record.position: (key, record) for key, record in records}
    key, record = at[6]
    exchanged = [pair for place, pair in at.items() if place != 6]
    assert len(find_unstored(exchanged)) == 1
    assert find_unstored([*exchanged, (key, replace(record, position=5))]) == []


def test_the_version_before_knows_that_a_question_is_missing_but_not_its_score(pool_of: PoolOf):
    pool = pool_of()
    answers = pool.ask(RANKED, 100, verdict=lose(0.3, None))
    new = pool.weigh(answers)
    later = frozenset[str]().union(*NEW_FIELDS.values())
    old = pool.weigh(
        [
            {
                **a,
                "al": {k: v for k, v in a["al"].items() if k not in later} | {"version": 1},
            }
            for a in answers
        ]
    )
    assert old.missing == new.missing > 10
    # one block, and no score known: all weights grow by the same factor
    stored = dev_records(answers)
    place = {key: i for i, (key, _) in enumerate(stored)}
    arm = pool.read(answers)
    pi = inclusion(stored)[[place[item.input_hash] for item in arm.dev.items]]
    plain = weighted_scores(pool.counts(arm), pi=pi)
    assert not isinstance(plain, Unavailable)
    assert old.found.f1.value == pytest.approx(plain.f1.value)


@HOW
def test_losing_hard_questions_biases_only_a_number_that_does_not_count_them(
    pool_of: PoolOf, how: str | None
):
    """Half of the texts with a high score are lost; taken for never asked, they are not missed."""
    pool = pool_of(300, candidates=0)
    truth = pool.truth().f1
    counted, not_counted = [], []
    for seed in range(40):
        answers = pool.ask(
            replace(RANKED, seed=seed), 120, verdict=lose(0.5, how, seed=seed, above=0.5)
        )
        counted.append(pool.weigh(answers).found.f1.value - truth)
        served = dev_records(answers)
        place = {key: i for i, (key, _) in enumerate(served)}
        arm = pool.read(answers)
        pi = inclusion(served)[[place[item.input_hash] for item in arm.dev.items]]
        not_counted.append(weighted_scores(pool.counts(arm), pi=pi).f1.value - truth)
    assert abs(np.mean(counted)) < 3 * np.std(counted) / np.sqrt(40)
    assert np.mean(not_counted) > 3 * np.std(not_counted) / np.sqrt(40)


@HOW
def test_bounds_hold_the_number_that_all_answers_would_have_given(pool_of: PoolOf, how: str | None):
    pool = pool_of(300)
    for seed in range(5):
        design = replace(RANKED, seed=seed)
        found = pool.weigh(pool.ask(design, 150, verdict=lose(0.2, how, seed=seed)))
        assert isinstance(found, WeightedScore)
        assert found.missing > 0.05 * found.served
        whole = pool.weigh(pool.ask(design, 150)).found.f1.value
        assert found.if_missing_wrong < whole < found.if_missing_right
        assert found.if_missing_wrong < found.found.f1.value < found.if_missing_right


def test_few_missing_answers_have_no_bounds(pool_of: PoolOf):
    pool = pool_of()
    found = pool.weigh(pool.ask(RANKED, 100, verdict=lose(0.03, "ignore", seed=1)))
    assert 0 < found.missing <= 0.05 * found.served
    assert found.if_missing_wrong is None
    assert found.if_missing_right is None
