"""Binary questions after whole segments: a reranker that learns from answers, and still known odds.

The target is what is left of the train fold: all its candidates, and how many of them are right.
Each draw goes the whole way: whole segments by chance, questions ranked by them and ranked anew as
answers come in, answers as they are stored, and back to probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.online.reranker import Reranker, WholeSegment
from prodigy_al.records import read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.history import ANSWERS, RunHistory
from prodigy_al.sampling.inclusion import inclusion, verify_records
from prodigy_al.scoring.acquisition import expected_errors

DRAWS = 300
EVERY = 10
START = SamplingDesign("random", "segment", explore=1.0, dev_share=0.2)
TEACH = SamplingDesign("teach-started", "candidate", block_size=25, rate=0.2, dev_share=0.2)
PoolOf = Callable[..., Any]
Answers = list[dict[str, Any]]


def begin(pool: Any, seed: int, stored: Answers | None = None, known: Any = None) -> Any:
    """Draw whole segments; return what is left to ask, and the reranker."""
    whole = pool.ask(replace(START, seed=seed), 40)
    spans = {
        one["_input_hash"]: {(s["start"], s["end"], s["label"]) for s in one["spans"]}
        for one in whole
        if one["al"]["fold"] == "train"
    }
    train = pool.frame.fold("train")
    left = tuple(one for one in train if one.input_hash not in spans)
    stored = stored or []
    reranker = Reranker(
        [WholeSegment(one, spans[one.input_hash]) for one in train if one.input_hash in spans],
        left,
        stored,
        labels=["ORG"],
        score=pool.score,
        acquisition=expected_errors,
        history=RunHistory.from_records((one["_input_hash"], read_record(one)) for one in stored),
        every=EVERY,
    )
    return replace(pool.frame, segments=left), reranker


def candidates(pool: Any, frame: Any) -> np.ndarray:
    """Which candidates of a frame are right: (C,)."""
    at = [pool.place[one.input_hash] for one in frame.segments]
    asked = ~np.isnan(pool.tables.marginals[at])
    return pool.tables.gold[at][:, : asked.shape[1]][asked]


@pytest.fixture(scope="module")
def drawn(pool_of: PoolOf) -> dict[str, np.ndarray]:
    """Weighted and unweighted number of right candidates minus the true one, by draw."""
    rows = []
    for seed in range(DRAWS):
        pool = pool_of(240, documents=30, dev_share=0.2, seed=seed)
        frame, reranker = begin(pool, seed)
        answers = pool.ask(
            replace(TEACH, seed=seed), 60, frame=frame, versions=reranker, told=reranker.update
        )
        records = [(one["_input_hash"], read_record(one)) for one in answers]
        verify_records(records)
        right = np.array([one["answer"] == "accept" for one in answers])
        truth = candidates(pool, frame)
        fits = len({record.model[ANSWERS] for _, record in records})
        later = np.mean([record.position >= 5 for _, record in records])
        rows.append(
            [
                float(right @ (1 / inclusion(records))) - truth.sum(),
                right.mean() * truth.size - truth.sum(),
                fits,
                later,
            ]
        )
    names = ["weighted", "unweighted", "fits", "later"]
    return dict(zip(names, np.array(rows, dtype=float).T, strict=True))


def off_by(errors: np.ndarray) -> float:
    """Return the mean error in its standard errors."""
    return float(abs(errors.mean()) / (errors.std() / np.sqrt(errors.size)))


def test_several_rerankers_order_a_run_that_goes_through_its_blocks_twice(
    drawn: dict[str, np.ndarray],
):
    assert drawn["fits"].mean() > 2
    assert drawn["later"].mean() > 0.1


def test_weighted_totals_are_right_on_average_though_the_reranker_learns_meanwhile(
    drawn: dict[str, np.ndarray],
):
    assert off_by(drawn["weighted"]) < 3


def test_without_weights_they_are_not(drawn: dict[str, np.ndarray]):
    assert off_by(drawn["unweighted"]) > 10


@pytest.mark.parametrize("stop", [7, 30, 44, 58])
def test_a_restart_goes_on_in_the_same_order_with_the_same_odds(pool_of: PoolOf, stop: int):
    pool = pool_of(240, documents=30, dev_share=0.2)
    frame, reranker = begin(pool, 0)
    undisturbed = pool.ask(TEACH, 70, frame=frame, versions=reranker, told=reranker.update)
    stored = undisturbed[:stop]
    frame, again = begin(pool, 0, stored)
    resumed = pool.ask(
        TEACH, 70 - stop, stored=stored, frame=frame, versions=again, told=again.update
    )
    assert resumed == undisturbed


def test_a_block_whose_reranker_cannot_be_made_again_asks_no_more_and_keeps_its_odds(
    pool_of: PoolOf,
):
    pool = pool_of(240, documents=30, dev_share=0.2)
    frame, reranker = begin(pool, 0)
    stored = pool.ask(TEACH, 30, frame=frame, versions=reranker, told=reranker.update)
    turned = {"accept": "reject", "reject": "accept"}
    changed = [{**one, "answer": turned[one["answer"]]} for one in stored]
    frame, again = begin(pool, 0, changed)
    resumed = pool.ask(TEACH, 30, stored=changed, frame=frame, versions=again, told=again.update)
    new = resumed[len(changed) :]
    of_changed = {
        one["al"]["block"] for one in stored if one["al"]["model"][ANSWERS] > len(again._known)
    }
    assert of_changed
    assert not of_changed & {one["al"]["block"] for one in new}
    records = [(one["_input_hash"], read_record(one)) for one in resumed]
    assert verify_records(records) == 60 == len(dict(records))
    assert not np.isnan(inclusion(records)).any()


def test_a_version_scores_segments_as_it_reranks_their_first_scores(pool_of: PoolOf):
    pool = pool_of(240, documents=30, dev_share=0.2)
    frame, reranker = begin(pool, 0)
    newest = reranker.newest()
    segments = frame.segments[:20]
    assert list(newest.score(segments)) == list(map(newest.rerank, segments, pool.score(segments)))
    assert list(newest.score(segments)) != list(pool.score(segments))


def test_ignored_questions_count_towards_a_refit_and_teach_nothing(pool_of: PoolOf):
    pool = pool_of(240, documents=30, dev_share=0.2)
    frame, reranker = begin(pool, 0)
    first = reranker.newest()
    pool.ask(
        TEACH, EVERY, frame=frame, versions=reranker, told=reranker.update,
        verdict=lambda task: "ignore",
    )  # fmt: skip
    then = reranker.newest()
    assert (then.answers, then.sha256) == (first.answers + EVERY, first.sha256)


@pytest.mark.parametrize("later", ["in the same part", "in a later one"])
def test_of_two_peoples_answers_to_a_question_the_latest_alone_is_learned_from(
    pool_of: PoolOf, later: str
):
    pool = pool_of(240, documents=30, dev_share=0.2, seed=5)
    frame, reranker = begin(pool, 5)
    design = replace(TEACH, seed=5)
    answers = pool.ask(design, 20, frame=frame, versions=reranker, told=reranker.update)
    first = next(one for one in answers if one["spans"])
    others = [one for one in answers if one is not first]
    others = others[: EVERY - 2 if later == "in the same part" else 2 * EVERY - 2]

    def fitted(*verdicts: str) -> str:
        twice = [{**first, "answer": verdict} for verdict in verdicts]
        stored = [twice[0], *others, *twice[1:]]
        return str(begin(pool, 5, stored)[1].newest().sha256)

    again = fitted("accept", "accept")
    assert fitted("reject", "accept") == again
    assert fitted("accept", "reject") != again
