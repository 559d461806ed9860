"""Passes: every block is asked further and further down the same keys, and weighted by 1/(π r)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.evaluation.counts import METRICS
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.records import read_record
from prodigy_al.sampling.design import SamplingDesign, share_of_block
from prodigy_al.sampling.inclusion import inclusion, verify_records

TEACH = SamplingDesign("teach", "candidate", block_size=20, rate=0.2, dev_share=0.8)
SEGMENTS = SamplingDesign("blocks", "segment", block_size=20, rate=0.3, dev_share=0.8)
RANKED = SamplingDesign("ranked", "segment", dev_share=0.8)
RANDOM = SamplingDesign("random", "segment", explore=1.0, dev_share=0.8)
PASSES = pytest.mark.parametrize("design", [TEACH, SEGMENTS], ids=["candidates", "segments"])
PoolOf = Callable[..., Any]


def dev_records(answers: list[dict[str, Any]]) -> list[tuple[int, Any]]:
    records = [(answer["_input_hash"], read_record(answer)) for answer in answers]
    return [(key, record) for key, record in records if record.fold == "dev"]


@PASSES
def test_a_pass_asks_its_share_of_each_block_in_the_order_of_the_keys(
    pool_of: PoolOf, design: SamplingDesign
):
    answers = pool_of().ask(design)
    for fold in ("train", "dev"):
        blocks = defaultdict(list)
        passes = []
        for answer in answers:
            record = read_record(answer)
            if record.fold != fold:
                continue
            quota = share_of_block(record.rate, record.R)
            assert record.position == len(blocks[record.block])
            blocks[record.block].append(record.key)
            passes.append((record.position // quota, record.block))
        assert passes == sorted(passes)
        assert max(number for number, _ in passes) > 2
        assert all(a < b for keys in blocks.values() for a, b in pairwise(keys))
    assert {answer["al"]["round"] for answer in answers} == {0}


@PASSES
def test_the_first_pass_opens_a_block_only_when_its_turn_comes(
    pool_of: PoolOf, design: SamplingDesign
):
    pool = pool_of()
    pool.ask(design, 5)
    assert len(pool.scored) <= 2 * design.block_size  # one block of each fold


@PASSES
@pytest.mark.parametrize("stop", [7, 60, 150])
def test_a_restart_in_any_pass_goes_on_in_the_same_order(
    pool_of: PoolOf, design: SamplingDesign, stop: int
):
    pool = pool_of()
    assert pool.ask(design, stored=pool.ask(design, stop)) == pool.ask(design)


@PASSES
def test_everything_asked_over_several_passes_gives_the_number_of_the_fold_exactly(
    pool_of: PoolOf, design: SamplingDesign
):
    """One candidate per text, so that nothing is drawn within a segment."""
    pool = pool_of(candidates=1)
    answers = pool.ask(design)
    found, truth = pool.weigh(answers), pool.truth(binary=design.unit == "candidate")
    assert isinstance(found, WeightedScore)
    for metric in METRICS:
        value = pytest.approx(getattr(truth, metric), abs=1e-12)
        assert getattr(found.found, metric).value == value
        interval = getattr(found.found, metric).pool
        assert isinstance(interval, Estimate)
        assert interval.low == interval.high
    assert np.all(inclusion(dev_records(answers)) == 1)


def test_everything_asked_is_right_on_average_where_texts_have_several_candidates(pool_of: PoolOf):
    """The weights of rounds once were 1, not 1/r, for all answers but those of the last round."""
    pool = pool_of(120)
    truth = pool.truth(binary=True).f1
    new, old = [], []
    for seed in range(80):
        answers = pool.ask(replace(TEACH, seed=seed))
        new.append(pool.weigh(answers).found.f1.value - truth)
        records = dict(dev_records(answers))
        arm = pool.read(answers)
        counts = pool.counts(arm)
        ours = [records[item.input_hash] for item in arm.dev.items]
        last = [r.position // share_of_block(r.rate, r.R) for r in ours]
        w = np.array([1 / r.r if n == max(last) else 1.0 for r, n in zip(ours, last, strict=True)])
        old.append(2 * (w @ counts.tp) / (w @ (counts.predicted + counts.gold)) - truth)
    assert abs(np.mean(new)) < 3 * np.std(new) / np.sqrt(80)
    assert abs(np.mean(old)) > 3 * np.std(old) / np.sqrt(80)


def test_a_probability_depends_on_the_last_position_served_in_whichever_pass(pool_of: PoolOf):
    pool = pool_of()
    answers = pool.ask(TEACH, 120)
    records = dev_records(answers)
    assert max(record.position for _, record in records) >= 2 * 4
    pi = dict(zip((key for key, _ in records), inclusion(records), strict=True))
    by_block = defaultdict(list)
    for key, record in records:
        by_block[record.block].append((record.position, key, record))
    for block in by_block.values():
        *_, (_, _, last) = sorted(block)
        for _, key, record in block:
            tau = np.inf if last.next_key is None else last.next_key
            assert pi[key] == pytest.approx(-np.expm1(-record.p * tau) * record.r, rel=1e-6)


def test_blocks_that_were_not_opened_count_until_a_second_pass_begins(pool_of: PoolOf):
    pool = pool_of(400, dev_share=0.5)
    few = dev_records(pool.ask(replace(SEGMENTS, dev_share=0.5), 30))
    opened = {record.block: record for _, record in few}
    share = sum(r.considered for r in opened.values()) / few[0][1].N
    assert share < 0.5
    alone = inclusion([(key, replace(record, N=record.considered)) for key, record in few])
    assert inclusion(few) == pytest.approx(alone * share)


@pytest.mark.parametrize("design", [RANKED, RANDOM, TEACH], ids=lambda design: design.strategy)
def test_all_records_recompute_and_say_the_score_behind_them(
    pool_of: PoolOf, design: SamplingDesign
):
    answers = pool_of().ask(design, 100)
    stored = [(answer["_input_hash"], read_record(answer)) for answer in answers]
    assert verify_records(stored) == 100
    at = {(r.fold, r.block, r.position): r for _, r in stored}
    for (fold, block, position), record in at.items():
        if following := at.get((fold, block, position + 1)):
            assert record.next_u == pytest.approx(following.u, abs=1e-9)


def as_version_1(answers: list[dict[str, Any]], round_: int = 0) -> list[dict[str, Any]]:
    """The same dataset as the first release stored it; its later rounds had keys of their own."""
    old = []
    for answer in answers:
        record = {**answer["al"], "version": 1, "round": round_}
        for name in ("block_size", "next_u", "stratum", "stratum_size", "start"):
            del record[name]
        old.append({**answer, "al": record})
    return old


def test_records_of_version_1_are_weighted_as_before_where_there_was_one_round(pool_of: PoolOf):
    pool = pool_of()
    answers = pool.ask(RANKED, 80)
    assert pool.weigh(as_version_1(answers)) == pool.weigh(answers)


def test_dev_answers_of_later_rounds_are_unavailable_and_say_why(pool_of: PoolOf):
    pool = pool_of()
    strict = replace(RANKED, strict=True)  # has no key that would have to recompute
    found = pool.weigh(as_version_1(pool.ask(strict, 80), round_=1))
    assert isinstance(found, Unavailable)
    assert "drawn in several rounds by an earlier release, which cannot be weighted" in found.reason
