"""How many answers an arm gets: as many as random order, or as many as fit into its seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.errors import AnswerError
from prodigy_al.protocol.answering import Annotation, Redraw
from prodigy_al.protocol.plan import ANSWERS, ORACLE, POOL, RANDOM, SECONDS
from prodigy_al.simulation.arms import ORACLE as ORACLE_ARM
from prodigy_al.simulation.arms import SimulatedRun
from prodigy_al.simulation.costs import CostModel, Meter

POOL_SIZE = 300


def answer(place: int, tokens: int) -> dict[str, Any]:
    """One whole segment of so many tokens, the first of which is an organisation."""
    words = [f"Acme{place}", *["said"] * (tokens - 1)]
    starts = [sum(len(word) + 1 for word in words[:i]) for i in range(tokens)]
    return {
        "text": " ".join(words),
        "tokens": [
            {"text": w, "start": s, "end": s + len(w), "id": i, "ws": True}
            for i, (w, s) in enumerate(zip(words, starts, strict=True))
        ],
        "spans": [{"start": 0, "end": len(words[0]), "label": "ORG"}],
        "answer": "accept",
        "_view_id": "ner_manual",
        "_input_hash": 1000 + place,
        "_task_hash": 1000 + place,
    }


class Annotator:
    """Answers texts of so many tokens, by arm; a second a token, and nothing else costs."""

    def __init__(self, **tokens: int) -> None:
        self.tokens = tokens
        self.runs: list[SimulatedRun] = []

    def answer(self, run: SimulatedRun) -> Sequence[dict[str, Any]]:
        self.runs.append(run)
        arm = run.dataset.split("-")[1]
        size = self.tokens.get(arm, 10)
        count = run.budget if run.unit == "answers" else -(-run.budget // size)
        return [answer(place, size) for place in range(min(count, POOL_SIZE))]

    def meter(self, run: SimulatedRun) -> Meter:
        return Meter(CostModel(per_token=1, per_decision=0, per_span=0), binary=False)

    def redraw(self, plan: Any) -> Redraw:
        return Redraw(plan, 0, Annotation(self.answer, self.meter))


@pytest.fixture
def small(plan: Any) -> Any:
    return plan(budget=100, segments=POOL_SIZE, arms=("ranked",))


@pytest.mark.parametrize(("tokens", "answers"), [(20, 50), (10, 100), (8, 125), (3, 300)])
def test_who_reads_more_in_an_answer_gets_fewer_of_them_in_the_same_seconds(
    small: Any, tokens: int, answers: int
):
    redraw = Annotator(ranked=tokens).redraw(small)
    assert redraw.given(RANDOM, ANSWERS).seconds == 1000
    assert redraw.given("ranked", ANSWERS).answers == 100
    found = redraw.given("ranked", SECONDS)
    assert (found.answers, found.seconds) == (answers, answers * tokens)
    assert found.seconds <= 1000
    assert found.short == (tokens == 3)  # the pool holds no more


def test_the_last_answer_does_not_go_beyond_the_seconds_of_random(small: Any):
    found = Annotator(ranked=7).redraw(small).given("ranked", SECONDS)
    assert (found.answers, found.seconds) == (142, 994)


def test_a_budget_in_seconds_is_random_s_and_others_get_what_it_came_to(plan: Any):
    seconds = plan(budget=995, unit="seconds", segments=POOL_SIZE, arms=("ranked",))
    redraw = Annotator(ranked=20).redraw(seconds)
    assert redraw.given(RANDOM, ANSWERS).answers == 100
    assert redraw.given("ranked", ANSWERS).answers == 100
    assert redraw.given("ranked", SECONDS).answers == 50


def test_the_whole_pool_is_answered_and_an_arm_asked_only_when_it_is_needed(small: Any):
    annotator = Annotator()
    redraw = annotator.redraw(small)
    whole = redraw.given(POOL, ANSWERS)
    assert whole.answers == POOL_SIZE
    assert [run.dataset for run in annotator.runs] == ["news-pool-0"]
    redraw.given(POOL, ANSWERS)
    assert len(annotator.runs) == 1
    redraw.given(ORACLE, SECONDS)
    oracle = annotator.runs[-1]
    assert (oracle.dataset, oracle.arm) == ("news-oracle-0", ORACLE_ARM)
    assert (oracle.seed, oracle.options["fold_salt"]) == (0, "salt-0")


def test_the_whole_pool_takes_more_answers_where_two_people_answer_some_texts(plan: Any):
    annotator = Annotator()
    annotator.redraw(plan(segments=POOL_SIZE, conditions={"overlap": 0.2})).given(POOL, ANSWERS)
    assert annotator.runs[-1].budget == 2 * POOL_SIZE


def test_the_oracle_has_the_chance_share_of_the_arms_that_rank(plan: Any):
    annotator = Annotator()
    annotator.redraw(plan(budget=20, active={"explore": 0.2, "by": "mnlp"})).given(ORACLE, ANSWERS)
    assert annotator.runs[-1].options == {"explore": 0.2, "seed": 0, "fold_salt": "salt-0"}


def test_datasets_of_a_larger_budget_are_cut_to_this_one(small: Any):
    class Before(Annotator):
        def answer(self, run: SimulatedRun) -> Sequence[dict[str, Any]]:
            return super().answer(replace(run, budget=POOL_SIZE, unit="answers"))

    redraw = Before(ranked=20).redraw(small)
    assert redraw.given(RANDOM, ANSWERS).answers == 100
    assert redraw.given("ranked", ANSWERS).answers == 100
    assert redraw.given("ranked", SECONDS).answers == 50
    assert not redraw.given("ranked", SECONDS).short


def test_a_start_of_another_budget_is_refused(plan: Any):
    class Before(Annotator):
        def answer(self, run: SimulatedRun) -> Sequence[dict[str, Any]]:
            more = 10 if "-start-" in run.dataset else 0
            return super().answer(replace(run, budget=run.budget + more))

    redraw = Before().redraw(plan(budget=90, arms=("mixed",)))
    with pytest.raises(AnswerError, match="holds 40 answers, and its share of --budget is 30 here"):
        redraw.given("mixed", SECONDS)


def test_a_budget_without_a_training_answer_is_refused(plan: Any):
    annotator = Annotator(ranked=2000)
    redraw = annotator.redraw(plan(budget=20, arms=("ranked",)))
    with pytest.raises(AnswerError, match="no training answer within --budget"):
        redraw.given("ranked", SECONDS)
