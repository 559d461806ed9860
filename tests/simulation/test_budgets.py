"""What a budget pays for: answers, tokens or seconds, with and without an interruption."""

from __future__ import annotations

from typing import Any

import pytest

from prodigy_al.errors import ParameterError
from prodigy_al.simulation.annotator import GoldAnnotator, read_gold
from prodigy_al.simulation.arms import ARMS, find_arm, plan_runs
from prodigy_al.simulation.costs import UNITS, CostModel, Meter, Unit
from prodigy_al.simulation.session import AnnotatorSession, annotate

LENGTHS = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
COSTS = CostModel(per_token=0.1, per_decision=0.7, per_span=2.0)


def task(number: int) -> dict[str, Any]:
    tokens = [{"start": 2 * i, "end": 2 * i + 1} for i in range(LENGTHS[number])]
    return {"text": "a " * len(tokens), "tokens": tokens, "_input_hash": number}


GOLD = read_gold(
    ((n, {**task(n), "spans": [{"start": 0, "end": 1, "label": "ORG"}]}) for n in range(12)),
    ["ORG"],
)


class Questions:
    """Hands out the tasks that are not stored yet, in batches of three."""

    def __init__(self, stored: list[dict[str, Any]] | None = None) -> None:
        self.stored = list(stored or [])
        self.left = [task(n) for n in range(len(self.stored), len(LENGTHS))]

    def get_questions(self, session_id: str | None) -> list[dict[str, Any]]:
        batch, self.left = self.left[:3], self.left[3:]
        return batch

    def receive_answers(self, answers: list[dict[str, Any]], session_id: str) -> None:
        self.stored += answers


def spend(
    budget: float, unit: Unit, stored: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    questions, meter = Questions(stored), Meter(COSTS, binary=False, unit=unit)
    spent = meter.spent(questions.stored)
    session = AnnotatorSession("x-annotator-1", GoldAnnotator(GOLD, ["ORG"]))
    for _ in annotate(questions, session, meter, budget=budget, spent=spent):
        pass
    return questions.stored


@pytest.mark.parametrize(
    ("unit", "budget", "answers"),
    [
        ("answers", 5, 5),
        ("tokens", 8, 3),  # 3 + 1 + 4 is the budget exactly
        ("tokens", 9, 4),
        ("tokens", 10, 5),  # the fifth is begun with one token left, and finished
        ("seconds", 8.8, 3),  # 3.0, 2.8, 3.1
        ("seconds", 9.0, 4),
        ("tokens", 1000, 12),
    ],
)
def test_the_answer_that_reaches_the_budget_is_the_last(unit: Unit, budget: float, answers: int):
    assert len(spend(budget, unit)) == answers


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("budget", [4, 11, 13])
def test_an_interrupted_run_gives_the_answers_of_one_that_was_not(unit: Unit, budget: int):
    whole = [answer["_input_hash"] for answer in spend(budget, unit)]
    for stopped in range(len(whole) + 1):
        begun = spend(stopped, "answers")
        assert [answer["_input_hash"] for answer in spend(budget, unit, begun)] == whole


def test_single_spans_cost_no_marking():
    answer = {**task(4), "spans": [{"start": 0, "end": 1, "label": "ORG"}]}
    assert Meter(COSTS, binary=True, unit="seconds").price(answer) == pytest.approx(1.2)
    assert Meter(COSTS, binary=False, unit="seconds").price(answer) == pytest.approx(3.2)
    assert Meter(COSTS, binary=True, unit="tokens").price(answer) == 5


def test_text_that_a_model_chose_is_read_at_a_share_of_the_speed():
    slower = COSTS.on_chosen_text(0.79)
    assert slower.per_token == pytest.approx(0.1 / 0.79)
    assert (slower.per_decision, slower.per_span) == (COSTS.per_decision, COSTS.per_span)


def test_models_choose_the_text_of_all_arms_but_the_random_ones():
    others = {name for name, arm in ARMS.items() if not arm.chosen}
    assert others == {"random", "random-binary"}


@pytest.mark.parametrize("speed", [0, -1, 1.01, float("nan")])
def test_a_speed_that_nobody_has_is_refused(speed: float):
    with pytest.raises(ParameterError, match="chosen_speed"):
        COSTS.on_chosen_text(speed)


@pytest.mark.parametrize(
    "costs",
    [{"per_token": -0.1}, {"per_span": float("inf")}, {"per_token": 0.0, "per_decision": 0.0}],
)
def test_costs_that_cannot_be_are_refused(costs: dict[str, float]):
    with pytest.raises(ParameterError, match="per_"):
        CostModel(**costs)


def test_a_start_gets_its_share_in_the_same_unit():
    common: dict[str, Any] = {"arms": ["mixed"], "seeds": [0], "fold_salt": "", "active": {}}
    start, rest = plan_runs("x", budget=3000, unit="tokens", **common)
    assert [(run.budget, run.unit) for run in (start, rest)] == [(1000, "tokens"), (2000, "tokens")]
    assert rest.start == start
    with pytest.raises(ParameterError, match="budget_in days: there is no such unit"):
        plan_runs("x", budget=3000, unit="days", **common)


def test_an_arm_that_ranks_may_name_its_score_whatever_the_others_rank_by():
    runs = plan_runs(
        "x",
        arms=["ranked", "ranked-strict-by-mnlp", "mixed-by-tag-count"],
        seeds=[0],
        budget=90,
        fold_salt="",
        active={"by": "span-entropy"},
    )
    assert [(run.dataset, run.options.get("by")) for run in runs] == [
        ("x-ranked-0", "span-entropy"),
        ("x-ranked-strict-by-mnlp-0", "mnlp"),
        ("x-mixed-by-tag-count-start-0", None),
        ("x-mixed-by-tag-count-0", "tag-count"),
    ]
    assert runs[1].options["strict"]


@pytest.mark.parametrize(
    ("arm", "problem"),
    [
        ("best", "there is no such arm; there are teach, .* such as ranked-by-mnlp"),
        ("best-by-mnlp", "there is no such arm"),
        ("ranked-by-", "there is no such arm"),
        ("random-by-mnlp", "random ranks by no score; those that do: teach, ranked, "),
        ("ner-teach-by-mnlp", "ner-teach ranks by no score"),
    ],
)
def test_an_arm_that_there_is_not_is_refused(arm: str, problem: str):
    with pytest.raises(ParameterError, match=f"^arms {arm}: {problem}"):
        find_arm(arm)
