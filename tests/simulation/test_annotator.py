from __future__ import annotations

from typing import Any

import pytest

from prodigy_al.errors import AnswerError, ParameterError
from prodigy_al.simulation.annotator import GoldAnnotator, read_gold
from prodigy_al.simulation.costs import CostModel, Meter, Unit
from prodigy_al.simulation.mistakes import ErrorModel
from prodigy_al.simulation.session import AnnotatorSession, annotate

WORDS = ["Avelor", "Group", "left", "Oslo"]


def task(number: int = 1, **more: Any) -> dict[str, Any]:
    starts = [0, 7, 13, 18]
    tokens = [
        {"text": w, "start": s, "end": s + len(w), "id": i, "ws": True}
        for i, (w, s) in enumerate(zip(WORDS, starts, strict=True))
    ]
    return {"text": " ".join(WORDS), "tokens": tokens, "_input_hash": number, **more}


def span(start: int, end: int, label: str = "ORG") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


GOLD = read_gold([(n, {"spans": [span(0, 12), span(18, 22, "GPE")]}) for n in range(400)], ["ORG"])


def test_whole_segments_get_the_asked_labels_gold():
    answer = GoldAnnotator(GOLD, ["ORG"]).answer(task(), binary=False)
    assert answer["answer"] == "accept"
    assert answer["spans"] == [{**span(0, 12), "token_start": 0, "token_end": 1}]


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [(span(0, 12), "accept"), (span(0, 6), "reject"), (span(18, 22), "reject")],
)
def test_a_candidate_is_accepted_where_it_is_exactly_a_gold_span(asked, verdict: str):
    answer = GoldAnnotator(GOLD, ["ORG"]).answer(task(spans=[asked]), binary=True)
    assert answer["answer"] == verdict


def test_the_task_itself_is_left_alone():
    asked = task()
    GoldAnnotator(GOLD, ["ORG"]).answer(asked, binary=False)
    assert asked == task()


def test_the_first_of_contradicting_gold_counts_and_the_others_are_counted():
    gold = read_gold([(1, {"spans": [span(0, 6)]}), (1, {"spans": []}), (2, {})], ["ORG"])
    assert gold.spans[1] == {(0, 6, "ORG")}
    assert gold.contradictions == 1


def test_the_error_rate_is_the_share_of_wrong_answers():
    annotator = GoldAnnotator(GOLD, ["ORG"], ErrorModel(rate=0.3), seed=5)
    wrong = sum(
        annotator.answer(task(n, spans=[span(0, 12)]), binary=True)["answer"] == "reject"
        for n in range(400)
    )
    assert abs(wrong / 400 - 0.3) < 3 * (0.3 * 0.7 / 400) ** 0.5


def test_a_resumed_run_makes_the_same_mistakes():
    def spans() -> list[Any]:
        annotator = GoldAnnotator(GOLD, ["ORG"], ErrorModel(rate=0.5), seed=5)
        return [annotator.answer(task(n), binary=False)["spans"] for n in range(50)]

    assert spans() == spans()
    assert any(not found for found in spans())


def test_a_wrong_whole_segment_without_spans_gains_one():
    annotator = GoldAnnotator(read_gold([(1, {})], ["ORG"]), ["ORG"], ErrorModel(rate=1.0))
    assert len(annotator.answer(task(), binary=False)["spans"]) == 1


def test_a_text_without_gold_is_an_error():
    with pytest.raises(AnswerError, match="no gold for the text"):
        GoldAnnotator(GOLD, ["ORG"]).answer(task(9999), binary=False)


def test_an_error_rate_outside_0_and_1_is_refused():
    with pytest.raises(ParameterError, match=r"error_rate 1\.5"):
        ErrorModel(rate=1.5)


class Questions:
    """Hands out seven numbered tasks in batches of three and keeps what comes back."""

    def __init__(self) -> None:
        self.left = [task(n) for n in range(7)]
        self.stored: list[dict[str, Any]] = []

    def get_questions(self, session_id: str | None) -> list[dict[str, Any]]:
        batch, self.left = self.left[:3], self.left[3:]
        return batch

    def receive_answers(self, answers, session_id=None) -> None:
        self.stored += answers


def answer_all(
    controller: Questions,
    *,
    budget: float = 3,
    costs: CostModel | None = None,
    unit: Unit = "answers",
    start: int = 0,
    **options: Any,
) -> int:
    meter = Meter(costs or CostModel(), binary=False, unit=unit)
    session = AnnotatorSession("x-annotator-1", GoldAnnotator(GOLD, ["ORG"]), start=start)
    batches = annotate(controller, session, meter, budget=budget, **options)
    return sum(map(len, batches))


@pytest.mark.parametrize(("budget", "stored"), [(5, 5), (7, 7), (100, 7), (0, 0)])
def test_a_session_ends_with_the_budget_or_with_the_questions(budget: int, stored: int):
    controller = Questions()
    assert answer_all(controller, budget=budget) == len(controller.stored) == stored


def test_answers_are_stamped_with_the_costs_so_far():
    controller, costs = Questions(), CostModel(per_token=1.0, per_decision=2.0, per_span=3.0)
    answer_all(controller, costs=costs, start=9)
    assert [answer["_timestamp"] for answer in controller.stored] == [18, 27, 36]


def test_a_single_span_never_takes_longer_than_all_spans_of_its_text():
    costs = CostModel()
    for spans in ([], [span(0, 12)], [span(0, 12), span(18, 23)]):
        answer = {**task(), "spans": spans}
        assert costs.seconds(answer, binary=True) <= costs.seconds(answer, binary=False)


def test_simulated_answers_say_so():
    controller = Questions()
    answer_all(controller)
    assert all(answer["simulated"] for answer in controller.stored)


def test_answers_carry_the_view_since_not_every_controller_adds_one():
    controller = Questions()
    answer_all(controller)
    assert [answer["_view_id"] for answer in controller.stored] == ["ner_manual"] * 3


def test_a_task_without_tokens_costs_the_reading_of_its_words():
    bare = {"text": "Avelor Group left Oslo", "spans": [span(0, 12)]}
    costs = CostModel(per_token=1.0, per_decision=2.0)
    assert costs.seconds(bare, binary=True) == 6.0


def test_a_reversed_span_counts_as_unusable_and_is_not_marked():
    backwards = {**task(), "spans": [span(18, 12)]}
    gold = read_gold([(1, backwards), (2, {**task(2), "spans": [span(0, 12)]})], ["ORG"])
    assert (gold.off_tokens, gold.first_off_tokens) == (1, 0)
    assert GoldAnnotator(gold, ["ORG"]).answer(task(), binary=False)["spans"] == []
