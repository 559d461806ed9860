"""`al.simulate --costs`: what answers cost, from when people's answers were given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prodigy.components.db import connect

from prodigy_al.errors import OptionError
from prodigy_al.inputs.simulation.costs import read_costs, time_answers
from prodigy_al.simulate import simulate
from prodigy_al.simulation.costs import CostModel

COSTS = CostModel(per_token=0.4, per_decision=3.0, per_span=1.5)


def answers(n: int, view: str = "ner_manual", **more: Any) -> Iterator[dict[str, Any]]:
    """Answers of somebody who takes exactly what `COSTS` says, to whole seconds."""
    spent = 0.0
    for i in range(n):
        words, spans = 5 + i * 7 % 31, i % 3 if view == "ner_manual" else 1
        answer = {
            "text": f"{i} " + "word " * (words - 1),
            "spans": [{"start": 0, "end": 1, "label": "ORG"}] * spans,
            "answer": "accept",
            "_view_id": view,
            "_input_hash": i,
            "_task_hash": i,
            **more,
        }
        spent += COSTS.seconds(answer, binary=view == "ner")
        yield {**answer, "_timestamp": 1_700_000_000 + round(spent)}


def store(name: str, examples: list[dict[str, Any]]) -> str:
    connect().add_dataset(name)
    connect().add_examples(examples, datasets=[name])
    return name


def test_costs_are_those_of_the_person(home: Path):
    costs, (said,) = read_costs(store("people", list(answers(200))), {})
    for name in ("per_token", "per_decision", "per_span"):
        assert getattr(costs, name) == pytest.approx(getattr(COSTS, name), abs=0.1)
    assert said.startswith("costs by the times of 199 answers of people: an answer takes 3.0")
    assert said.endswith("left out: 0 breaks of more than 120 s")


def test_breaks_are_left_out_and_said(home: Path):
    late = [
        {**one, "_timestamp": one["_timestamp"] + 3600 * (i // 60)}
        for i, one in enumerate(answers(200))
    ]
    costs, (said,) = read_costs(store("people", late), {})
    assert costs.per_token == pytest.approx(COSTS.per_token, abs=0.05)
    assert "196 answers" in said
    assert "3 breaks of more than 120 s" in said


def test_two_people_at_once_are_timed_by_their_own_clocks(home: Path):
    both = [
        {**one, "_session_id": f"people-{who}"} for who in ("ann", "bo") for one in answers(120)
    ]
    costs, (said,) = read_costs(store("people", both), {})
    assert costs.per_token == pytest.approx(COSTS.per_token, abs=0.05)
    assert "238 answers" in said


def test_ignored_and_copied_answers_tell_nothing_of_their_own():
    examples = list(answers(10))
    examples[4] = {**examples[4], "answer": "ignore"}
    examples[7] = {**examples[7], "al": {"reused_from": "other"}}
    timed, _ = time_answers("people", examples)
    assert len(timed) == 7  # of nine gaps: the ignored one has none, two around the copy are one
    assert {one.form for one in timed} == {"full"}


def test_where_only_single_spans_were_answered_marking_costs_what_is_given(home: Path):
    name = store("people", list(answers(200, view="ner")))
    costs, (said,) = read_costs(name, {"per_span": 3.5})
    assert costs.per_token == pytest.approx(COSTS.per_token, abs=0.05)
    assert costs.per_span == 3.5
    assert "what a span takes, it does not tell" in said


def same_length() -> list[dict[str, Any]]:
    return [{**one, "text": "four words of text"} for one in answers(100)]


@pytest.mark.parametrize(
    ("examples", "sentence"),
    [
        (list(answers(50)), "49 of its answers tell how long they took, and an estimate takes"),
        (list(answers(80, simulated=True)), "its answers are simulated, and so are their times"),
        (list(answers(80, view="html")), "do not tell whether they are about whole segments"),
        (same_length(), "too much alike to tell reading from deciding"),
    ],
)
def test_a_dataset_that_does_not_tell_costs_is_refused(
    home: Path, examples: list[dict[str, Any]], sentence: str
):
    with pytest.raises(OptionError, match=sentence) as caught:
        read_costs(store("people", examples), {})
    assert str(caught.value).startswith("--costs people: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("stamp", [{}, {"_timestamp": None}])
def test_without_time_stamps_there_is_no_estimate(home: Path, stamp: dict[str, Any]):
    bare = [{k: v for k, v in one.items() if k != "_timestamp"} | stamp for one in answers(80)]
    with pytest.raises(OptionError, match=r"--costs people: 0 of its answers tell"):
        read_costs(store("people", bare), {})


@pytest.mark.parametrize("part", ["per_token", "per_decision", "per_span"])
def test_a_part_is_given_or_estimated(home: Path, part: str):
    with pytest.raises(OptionError, match=r"--seconds-per-\w+ 2.0: --costs estimates it"):
        read_costs(store("people", list(answers(200))), {part: 2.0})


def test_a_dataset_that_is_not_there_is_refused(home: Path):
    with pytest.raises(OptionError, match=r"^--costs people: there is no such dataset"):
        read_costs("people", {})


def test_simulated_answers_take_what_people_took(
    home: Path, world: Path, capsys: pytest.CaptureFixture[str]
):
    store("people", list(answers(200)))
    simulate(
        str(world / "pool.jsonl"), str(world / "base"), "news", label=["ORG"], arms=["random"],
        budget=600, budget_in="seconds", costs="people",
    )  # fmt: skip
    told = " ".join(capsys.readouterr().out.split())
    assert "costs by the times of 199 answers of people" in told
    found = list(connect().get_dataset_examples("news-random-0"))
    took = [COSTS.seconds(one, binary=False) for one in found]
    assert found[-1]["_timestamp"] - found[0]["_timestamp"] == pytest.approx(
        sum(took[1:]), rel=0.02
    )
    assert found[0]["simulated"]["per_token"] == pytest.approx(0.4, abs=0.05)
