"""Two designs in one run: the dev fold measures the same, the train fold is known as well.

The world has a hole: the model proposes nothing in tables, every fourth text, where it scores 0 and
misses all there is. Each draw goes the whole way from the draw to stored answers and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.evaluation.counts import scores
from prodigy_al.evaluation.estimators import Estimate, weighted_scores
from prodigy_al.sampling.design import RANKING, SamplingDesign
from prodigy_al.sampling.inclusion import inclusion

DRAWS = 1_000
SIZE, DOCUMENTS = 240, 30
TABLE = np.arange(SIZE) % 4 == 0
USUAL = SamplingDesign("ranked", "segment", dev_share=0.2)
TEACH = SamplingDesign("teach", "candidate", block_size=40, rate=0.2, dev_share=0.2)
DESIGNS = {
    "root": replace(USUAL, **RANKING),
    "kinds": replace(USUAL, acquisition="squared-errors", explore=0.1, within_kinds=True),
}
PoolOf = Callable[..., Any]
Rows = dict[str, np.ndarray]


@pytest.fixture(scope="module")
def holed(pool_of: PoolOf, frame_of: Callable[..., Any]) -> Callable[..., Any]:
    """Make a pool with the hole: (seed, dev_share=); its train fold has a score of its own."""
    lengths = 7 - np.arange(SIZE) % 3
    shared = cache(lambda dev_share: frame_of(SIZE, DOCUMENTS, dev_share, kinds=True))

    def make(seed: int, *, dev_share: float = 0.2) -> Any:
        pool = pool_of(SIZE, seed=seed, frame=shared(dev_share))
        tables = pool.tables
        short = np.arange(7) >= lengths[:, None]
        predicted = tables.predicted & ~short & ~TABLE[:, None]
        u = np.where(TABLE, 0.0, tables.u)
        taught = u**2 / np.sqrt(lengths)
        pool.tables = replace(tables, u=u, predicted=predicted, taught=taught)
        return pool

    return make


@pytest.mark.parametrize("usual", [USUAL, TEACH], ids=lambda design: design.strategy)
@pytest.mark.parametrize(
    "chosen",
    [
        {"explore": 0.1},
        {"acquisition": "errors-per-root-token"},
        {"explore": 0.1, "acquisition": "squared-errors", "within_kinds": True},
    ],
    ids=["explore", "by", "kinds"],
)
def test_dev_numbers_are_those_of_a_default_run_to_the_last_bit(
    holed: Callable[..., Any], usual: SamplingDesign, chosen: dict[str, Any]
):
    for seed in range(5):
        pool = holed(seed, dev_share=0.6)
        alike = replace(usual, seed=seed, dev_share=0.6)
        other = replace(alike, **chosen)
        pool.tables = replace(pool.tables, taught=None)  # the score of a default run
        default = pool.ask(alike, 100)
        pool.scored.clear()
        pool.tables = replace(pool.tables, taught=np.sqrt(pool.tables.u))
        answers = pool.ask(other, 100)
        dev, others = ([a for a in x if a["al"]["fold"] == "dev"] for x in (default, answers))
        assert dev == others
        train, theirs = ([a for a in x if a not in dev] for x in (default, answers))
        assert train != theirs
        weighted, same = numbers(pool, default), numbers(pool, answers)
        assert weighted == same


def numbers(pool: Any, answers: Any) -> Any:
    """The value and the interval for the pool; that for new text looks at the train fold too."""
    found = pool.weigh(answers)
    assert isinstance(found, WeightedScore)
    return found.found.f1.value, found.found.f1.pool, found.found.ess


@pytest.fixture(scope="module")
def drawn(holed: Callable[..., Any]) -> Callable[[str], Rows]:
    """Return what all draws of a train fold by a design find, made once."""

    @cache
    def rows(name: str) -> Rows:
        found = []
        for seed in range(DRAWS):
            pool = holed(seed)
            arm = pool.read(pool.ask(replace(DESIGNS[name], seed=seed), 90))
            train = [(key, record) for key, record in arm.records.items() if record.fold == "train"]
            pi = inclusion(train)
            counts, whole = pool.counts(arm, fold="train"), pool.whole(fold="train")
            weighted = weighted_scores(counts, pi=pi).f1
            assert isinstance(weighted.pool, Estimate)
            errors = [
                (1 / pi) @ part - every.sum()
                for part, every in zip(counts.parts("f1"), whole.parts("f1"), strict=True)
            ]
            tables = sum(TABLE[pool.place[key]] for key, _ in train)
            bounds = weighted.pool.low, weighted.pool.high
            values = weighted.value, scores(counts).f1, scores(whole).f1
            found.append([*values, *bounds, *errors, tables / len(train)])
        names = ["value", "unweighted", "pool", "low", "high", "matched", "spans", "tables"]
        return dict(zip(names, np.array(found, dtype=float).T, strict=True))

    return rows


def off_by(errors: np.ndarray) -> float:
    """Return the mean error in its standard errors."""
    return float(abs(errors.mean()) / (errors.std() / np.sqrt(errors.size)))


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("part", ["matched", "spans"])
def test_weighted_sums_of_the_train_fold_are_right_on_average(
    drawn: Callable[[str], Rows], name: str, part: str
):
    assert off_by(drawn(name)[part]) < 3


@pytest.mark.parametrize("name", DESIGNS)
def test_the_weighted_number_of_the_train_fold_is_right_and_the_unweighted_is_not(
    drawn: Callable[[str], Rows], name: str
):
    rows = drawn(name)
    errors, plain = rows["value"] - rows["pool"], rows["unweighted"] - rows["pool"]
    assert abs(errors.mean()) < 0.15 * errors.std()  # a ratio has a bias of order 1/M
    assert off_by(plain) > 10


def test_a_kind_without_any_score_is_asked_about_within_kinds(drawn: Callable[[str], Rows]):
    """A quarter of the texts are tables. All p of a kind without scores are the same, while others
    use up their best early: so the kind keeps its share at first and has more than that later.
    """
    assert drawn("kinds")["tables"].mean() > 0.25
    assert drawn("root")["tables"].mean() < 0.15


def test_the_first_question_is_of_a_kind_as_often_as_the_fold_is(holed: Callable[..., Any]):
    pool = holed(0)
    kinds = {name: replace(design, dev_share=0.0) for name, design in DESIGNS.items()}
    train = [pool.place[one.input_hash] for one in pool.frame.fold("train")]
    share, firsts = TABLE[train].mean(), {}
    for name, design in kinds.items():
        asked = [pool.ask(replace(design, seed=seed), 1)[0] for seed in range(400)]
        firsts[name] = np.mean([TABLE[pool.place[one["_input_hash"]]] for one in asked])
    error = np.sqrt(share * (1 - share) / 400)
    assert abs(firsts["kinds"] - share) < 3 * error
    assert abs(firsts["root"] - share) > 3 * error


def test_the_interval_covers_the_train_fold_as_often_as_it_says(drawn: Callable[[str], Rows]):
    rows = drawn("kinds")
    covered = (rows["low"] <= rows["pool"]) & (rows["pool"] <= rows["high"])
    assert 0.93 <= covered.mean() <= 0.97
