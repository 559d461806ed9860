"""Simulations of several annotators that go on, to the records of those that never stopped."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from prodigy.components.db import connect
from prodigy.errors import RecipeError
from team_runs import everything, forget, keep, run, stored

from prodigy_al.inputs.simulation import teams
from prodigy_al.simulation.arms import ARMS as ARMS_BY_NAME

# where each is interrupted; a model learns from the first 30 answers of the train fold
STOPS = {
    "teach": (1, 29, 59),
    "mixed": (1, 19, 39),
    "ner-teach": (29,),
    "ranked-learning": (46,),
    "teach-learning": (46,),
}


@pytest.fixture
def learn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARMS_BY_NAME["teach-learning"].options, "update_every", 30)
    monkeypatch.setitem(ARMS_BY_NAME["ranked-learning"].options, "rerank_every", 30)


@pytest.mark.parametrize("arm", STOPS)
def test_who_goes_on_gives_the_records_of_who_was_not_interrupted(
    home: Path, world: Path, learn_once: None, arm: str
):
    """Also right after a refit, when others still have questions that an older model chose."""
    budget = 75 if "learning" in arm else 60
    options = {"arms": [arm], "budget": budget, "annotators": 3, "overlap": 0.3, "error_rate": ".2"}
    run(world, **options)
    whole = everything()
    name = f"news-{arm}-0"
    for stop in STOPS[arm]:
        keep(name, whole[name][:stop])
        assert len(stored(name)) == stop < len(whole[name])
        run(world, **options)
        assert everything() == whole
    run(world, **options)  # what is whole is left alone
    assert everything() == whole
    if "learning" in arm:
        models = [one["al"]["model"].get("answers", 0) for one in whole[name]]
        train = [one["al"]["fold"] == "train" for one in whole[name]]
        (stop,) = STOPS[arm]
        assert sum(train[:stop]) >= 30
        left = zip(models[stop:], train[stop:], strict=True)
        assert {model for model, of_train in left if of_train} == {0, 30}


def test_a_larger_budget_goes_on_with_what_is_there(home: Path, world: Path):
    options = {"arms": ["teach", "random"], "annotators": 3, "overlap": 0.3}
    run(world, **options)
    whole = everything()
    forget("news-teach-0", "news-random-0")
    run(world, **options, budget=17)
    run(world, **options, budget=200, budget_in="seconds")
    assert 17 < len(stored("news-random-0")) < 60
    run(world, **options)
    assert everything() == whole


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"annotators": 1}, "--annotators 3, now it is 1"),
        ({"annotators": 2}, "--annotators 3, now it is 2"),
        ({"overlap": 0.5}, "--overlap 0.25, now it is 0.5"),
        ({"error_rate": "0,0.1,0.2"}, "--error-rate 0,0.1,0.3, now it is 0,0.1,0.2"),
        ({"error_rate": "0.1"}, "--error-rate 0,0.1,0.3, now it is 0.1"),
        ({"dev_share": 0.5}, "(--dev-share, or documents in another order)"),
    ],
)
def test_a_dataset_is_not_gone_on_with_by_other_people(
    home: Path, world: Path, options: dict[str, Any], sentence: str
):
    begun = {"annotators": 3, "overlap": 0.25, "error_rate": "0,0.1,0.3"}
    run(world, **begun, budget=20)
    before = everything()
    if options.get("annotators", 3) != 3:
        options = {**options, "error_rate": "0.1", "overlap": 0.0}
    with pytest.raises(RecipeError, match="dataset 'news-random-0' was started ") as caught:
        run(world, **{**begun, **options})
    assert sentence in str(caught.value)
    assert everything() == before


def test_one_person_does_not_become_three(home: Path, world: Path):
    run(world, budget=20)
    with pytest.raises(RecipeError, match="was started with --annotators 1, now it is 3: go on"):
        run(world, annotators=3)


def test_answers_that_would_not_be_given_now_are_not_gone_on_with(home: Path, world: Path):
    run(world, annotators=2)
    changed = stored("news-random-0")[:30]
    changed[7] = {**changed[7], "answer": "ignore"}
    keep("news-random-0", changed)
    with pytest.raises(RecipeError, match=r"^answer 8 of dataset 'news-random-0' is not the one "):
        run(world, annotators=2)
    assert stored("news-random-0") == changed


class PlainController:
    """Stores answers as they come: who adds their session is not documented."""

    def __init__(self, components: dict[str, Any]) -> None:
        self.dataset, self.stream = components["dataset"], iter(components["stream"])

    @classmethod
    def from_components(cls, name: str, components: dict[str, Any]) -> PlainController:
        return cls(components)

    def get_questions(self, session_id: str) -> list[dict[str, Any]]:
        return list(islice(self.stream, 10))

    def receive_answers(self, answers: list[dict[str, Any]], session_id: str) -> None:
        if self.dataset:
            connect().add_dataset(self.dataset)
            connect().add_examples(answers, datasets=[self.dataset])


def test_answers_say_whose_they_are_where_a_controller_does_not_add_it(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(teams, "Controller", PlainController)
    run(world, budget=15, annotators=2)
    run(world, budget=40, annotators=2)
    people = {one["_annotator_id"] for one in stored("news-random-0")}
    assert people == {f"news-random-0-annotator-{number}" for number in (1, 2)}
    assert len(stored("news-random-0")) == 40
