"""What --pool adds to weighted numbers, through draws, tasks, JSON, answers and reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.elsewhere import estimate_chances
from prodigy_al.comparison.estimates import estimated_score, weighted_score
from prodigy_al.comparison.pool import DevPool, Foreseen
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.frame import Frame

RANKED = SamplingDesign("ranked", "segment", dev_share=0.8)
PoolOf = Callable[..., Any]


def foreseen(pool: Any) -> Foreseen:
    """What a model expects that half knows where the model of the tables is right."""
    segments = pool.frame.fold("dev")
    rows = [pool.place[segment.input_hash] for segment in segments]
    u, found = pool.tables.u[rows], pool.tables.predicted[rows]
    predicted = found.sum(axis=1).astype(float)
    right = (found & pool.tables.gold[rows]).sum(axis=1)
    hits = 0.5 * predicted * (0.9 - 0.2 * u) + 0.5 * right
    dev = DevPool(
        at=np.arange(len(segments)),
        place={segment.input_hash: i for i, segment in enumerate(segments)},
        copies=np.array([float(segment.copies) for segment in segments]),
        groups=tuple(segment.group for segment in segments),
    )
    return Foreseen(dev, Counts(hits, predicted, hits + 0.1 + 0.5 * u))


def truth_of_dev_documents(pool: Any, arm: Any) -> float:
    """The fold of a set without records is cut by document, and few documents differ by chance."""
    documents = {arm.groups[item.input_hash] for item in arm.dev.items}
    rows = [pool.place[one.input_hash] for one in pool.frame.segments if one.group in documents]
    gold, predicted = pool.tables.gold[rows], pool.tables.predicted[rows]
    parts = (gold & predicted, predicted, gold)
    return scores(Counts(*(part.sum(axis=1).astype(float) for part in parts))).f1


def off_by(errors: list[float]) -> float:
    return float(abs(np.mean(errors)) / (np.std(errors) / np.sqrt(len(errors))))


def test_what_the_model_expects_leaves_the_number_right_and_makes_it_surer(pool_of: PoolOf):
    pool = pool_of(300, documents=30)
    truth, expected = pool.truth().f1, foreseen(pool)
    helped, plain, unweighted = [], [], []
    for seed in range(60):
        answers = pool.ask(replace(RANKED, seed=seed), 100)
        arm = pool.read(answers)
        found = weighted_score([pool.counts(arm)], arm, expected)
        assert found.method == "ppi"
        helped.append(found.found.f1.value - truth)
        plain.append(found.plain.f1.value - truth)
        unweighted.append(scores(pool.counts(arm)).f1 - truth)
    assert off_by(helped) < 3 < off_by(unweighted)
    assert np.std(helped) < 0.9 * np.std(plain)


@pytest.mark.slow
def test_both_intervals_cover_as_often_as_they_say_over_many_pools(
    pool_of: PoolOf, frame_of: Callable[..., Frame]
):
    """Law 4 for the helped number, with a new pool for every draw."""
    frame, inside, text, matched, spans = frame_of(1_000, 60, 0.5), [], [], 0.0, 0.0
    for seed in range(1_000):
        pool = pool_of(1_000, documents=60, seed=seed, frame=frame)
        design = replace(RANKED, seed=seed, dev_share=0.5)
        arm = pool.read(pool.ask(design, 400))
        found = weighted_score([pool.counts(arm)], arm, foreseen(pool)).found.f1
        inside.append(found.pool.low <= pool.truth().f1 <= found.pool.high)
        text.append((found.new_text.low, found.new_text.high))
        dev = [pool.place[one.input_hash] for one in frame.fold("dev")]
        gold, predicted = pool.tables.gold[dev], pool.tables.predicted[dev]
        matched += 2 * float((gold & predicted).sum())
        spans += float(gold.sum() + predicted.sum())
    covered = np.mean([low <= matched / spans <= high for low, high in text])
    assert 0.93 <= np.mean(inside) <= 0.97
    assert 0.93 <= covered <= 0.97


def test_a_set_whose_records_are_lost_is_estimated_nearly_without_the_bias_of_selection(
    pool_of: PoolOf,
):
    pool = pool_of(1_500, documents=60)
    segments = pool.frame.segments
    u = np.array([pool.tables.u[pool.place[one.input_hash]] for one in segments])
    estimated, unweighted = [], []
    for seed in range(40):
        answers = pool.ask(replace(RANKED, seed=seed, explore=0.2), 400)
        arm = pool.read([{k: v for k, v in one.items() if k != "al"} for one in answers])
        assert not arm.records
        truth = truth_of_dev_documents(pool, arm)
        found = estimated_score([pool.counts(arm)], arm, estimate_chances(arm, segments, u))
        assert (found.method, found.n_pool) == ("estimated", 1_500)
        estimated.append(found.found.f1.value - truth)
        unweighted.append(scores(pool.counts(arm)).f1 - truth)
    assert off_by(unweighted) > 3
    assert off_by(estimated) < 3
    assert abs(np.mean(estimated)) < 0.2 * abs(np.mean(unweighted))
