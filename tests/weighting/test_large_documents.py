"""A few documents hold a large part of the source, and are of another kind than all others.

Most dev folds hold none of them. What such documents would add to the spread is then not to be seen
in the answers; how large documents are is, in those of the train fold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import WeightedScore, weighted_score
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.folds import dev_fold

DRAWS = 100
SIZE, DOCUMENTS, ASKED = 600, 300, 480
DESIGN = SamplingDesign("ranked", "segment")
PoolOf = Callable[..., Any]


def with_large_documents(pool: Any) -> Any:
    """A fifth of the texts lies in two documents, all others have two texts. In the large ones and
    in a quarter of the others there is more to find, and the model finds nothing.
    """
    number = np.arange(SIZE)
    large = number % 5 == 0
    hard = large | (number % 5 == 1)
    segments = [
        replace(one, group=f"large={i // 5 % 2}") if large[i] else one
        for i, one in enumerate(pool.frame.segments)
    ]
    gold, predicted = pool.tables.gold.copy(), pool.tables.predicted & ~hard[:, None]
    gold[hard, :2] = True
    tables = replace(pool.tables, gold=gold, predicted=predicted)
    return type(pool)(replace(pool.frame, segments=tuple(segments)), tables)


def with_folds(pool: Any, salt: str) -> Any:
    groups = [one.group for one in pool.frame.segments]
    folds = np.where(dev_fold(groups, share=DESIGN.dev_share, salt=salt), "dev", "train")
    segments = [
        replace(one, fold=fold)
        for one, fold in zip(pool.frame.segments, folds.tolist(), strict=True)
    ]
    return type(pool)(replace(pool.frame, segments=tuple(segments)), pool.tables, pool.scored)


def without_train_fold(arm: Arm) -> Arm:
    dev = {key: record for key, record in arm.records.items() if record.fold == "dev"}
    return replace(arm, records=dev)


@pytest.fixture(scope="module")
def drawn(pool_of: PoolOf) -> dict[str, np.ndarray]:
    """Whether the interval for new text holds F1 of the whole source, and its width, by draw."""
    pool = with_large_documents(pool_of(SIZE, documents=DOCUMENTS))
    tables = pool.tables
    truth = f1_of(tables)
    rows = []
    for seed in range(DRAWS):
        own = with_folds(pool, f"s{seed}")
        arm = own.read(own.ask(replace(DESIGN, seed=seed), ASKED))
        counts = [own.counts(arm)]
        for read in (arm, without_train_fold(arm)):
            score = weighted_score(counts, read)
            assert isinstance(score, WeightedScore)
            interval = score.found.f1.new_text
            rows.append((interval.low <= truth <= interval.high, interval.high - interval.low))
    return np.array(rows, dtype=float).reshape(DRAWS, 2, 2)


def f1_of(tables: Any) -> float:
    gold, predicted = tables.gold, tables.predicted
    return float(2 * (gold & predicted).sum() / (gold.sum() + predicted.sum()))


def test_documents_that_dev_folds_seldom_hold_are_allowed_for(drawn: np.ndarray):
    assert drawn[:, 0, 0].mean() >= 0.93


def test_the_spread_between_the_answered_documents_alone_is_too_small(drawn: np.ndarray):
    assert drawn[:, 1, 0].mean() < 0.85


def test_no_interval_is_narrower_for_what_the_train_fold_tells(drawn: np.ndarray):
    assert np.all(drawn[:, 0, 1] >= drawn[:, 1, 1])
