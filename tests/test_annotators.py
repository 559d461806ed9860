"""`al.simulate --annotators`: several people share the questions of an arm."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from prodigy.components.db import connect
from prodigy.errors import RecipeError
from team_runs import Answers, everything, forget, run, stored

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.records import SIMULATED, read_record
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.simulation.costs import CostModel
from prodigy_al.simulation.session import FIRST_SECOND

COSTS = CostModel()
SETTINGS = {
    "per_token", "per_decision", "per_span", "chosen_speed", "errors", "error_rate",
    "errors_by_score", "error",
}  # fmt: skip


def by_person(answers: Answers) -> dict[str, Answers]:
    found: defaultdict[str, Answers] = defaultdict(list)
    for one in answers:
        assert one["_annotator_id"] == one["_session_id"]
        found[one["_annotator_id"]].append(one)
    return dict(found)


@pytest.fixture(scope="module")
def gold(world: Path) -> dict[str, set[tuple[int, int]]]:
    """The ORG spans of each text."""
    records = map(json.loads, (world / "pool.jsonl").read_text("utf8").splitlines())
    return {
        one["text"]: {(s["start"], s["end"]) for s in one["spans"] if s["label"] == "ORG"}
        for one in records
    }


def is_right(answer: dict[str, Any], gold: dict[str, set[tuple[int, int]]]) -> bool:
    spans = {(span["start"], span["end"]) for span in answer["spans"]}
    if answer["_view_id"] == "ner":
        return (spans <= gold[answer["text"]]) == (answer["answer"] == "accept")
    return spans == gold[answer["text"]]


def test_one_annotator_is_who_answered_before_there_were_more(home: Path, world: Path):
    run(world, arms=["random", "teach"], error_rate=0.2)
    bare = everything()
    assert bare.keys() >= {"news-random-0", "news-random-0-annotator-1"}
    assert {frozenset(one[SIMULATED]) for own in bare.values() for one in own} == {
        frozenset(SETTINGS)
    }
    for name in ("news-random-0", "news-teach-0"):
        wrong = [one for one in bare[name] if one[SIMULATED]["error"]]
        # errors follow from seed and text as they always did
        drawn = [np.random.default_rng([0, one["_input_hash"] & 0xFFFFFFFF]) for one in bare[name]]
        assert [rng.random() < 0.2 for rng in drawn] == [one in wrong for one in bare[name]]
        forget(name)
    run(world, arms=["random", "teach"], error_rate=0.2, annotators=1, overlap=0.0)
    assert everything() == bare


@pytest.mark.parametrize("arm", ["random", "teach", "ranked-suggest"])
def test_only_who_errs_differs_from_gold_and_at_their_own_rate(
    home: Path, world: Path, gold: dict[str, Any], arm: str
):
    run(world, arms=[arm], budget=300, annotators=3, error_rate="0,0,.5")
    found = by_person(stored(f"news-{arm}-0"))
    one, two, three = (found[f"news-{arm}-0-annotator-{number}"] for number in (1, 2, 3))
    assert all(is_right(answer, gold) for answer in [*one, *two])
    right = [is_right(answer, gold) for answer in three]
    assert [answer[SIMULATED]["error"] is None for answer in three] == right
    # three standard deviations of a binomial share
    assert abs(sum(right) / len(right) - 0.5) < 3 * 0.5 / len(right) ** 0.5
    assert len(one) + len(two) + len(three) == 300
    assert min(map(len, found.values())) > 75
    told = {json.dumps(answer[SIMULATED]["error_rate"]) for answer in [*one, *two, *three]}
    assert told == {"[0.0, 0.0, 0.5]"}
    assert {answer[SIMULATED]["annotators"] for answer in one} == {3}


def test_errors_of_different_people_about_the_same_text_are_independent(home: Path, world: Path):
    run(world, budget=1000, annotators=2, overlap=1.0, error_rate=0.4)
    wrong: defaultdict[int, dict[str, bool]] = defaultdict(dict)
    for one in stored("news-random-0"):
        wrong[one["_input_hash"]][one["_annotator_id"]] = one[SIMULATED]["error"] is not None
    pairs = [list(own.values()) for own in wrong.values() if len(own) == 2]
    assert len(pairs) > 400
    both = sum(a and b for a, b in pairs) / len(pairs)
    assert abs(both - 0.16) < 3 * (0.16 * 0.84 / len(pairs)) ** 0.5


@pytest.mark.parametrize("arm", ["random", "teach"])
def test_everybody_has_a_clock_and_a_budget_in_seconds_is_that_of_all_together(
    home: Path, world: Path, arm: str
):
    run(world, arms=[arm], budget=600, budget_in="seconds", annotators=3)
    answers = stored(f"news-{arm}-0")
    took = [COSTS.seconds(one, binary=arm == "teach") for one in answers]
    assert sum(took[:-1]) < 600 <= sum(took)
    times = [one["_timestamp"] for one in answers]
    assert times == sorted(times)
    assert 190 < times[-1] - FIRST_SECOND < 215  # a third on the clock
    people = by_person(answers)
    assert len(people) == 3
    for own in people.values():
        spent = np.cumsum([COSTS.seconds(one, binary=arm == "teach") for one in own])
        assert [one["_timestamp"] for one in own] == [FIRST_SECOND + round(at) for at in spent]
    turns = [one["_annotator_id"] for one in answers]
    assert sum(a != b for a, b in pairwise(turns)) > len(turns) / 3  # they interleave


def test_a_model_learns_from_all_of_them_in_the_order_of_their_times(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    from prodigy.recipes import ner

    learned: Answers = []

    def teach(*args: Any, **options: Any) -> dict[str, Any]:
        components = built_in(*args, **options)
        update = components["update"]
        return {**components, "update": lambda given: learned.extend(given) or update(given)}

    built_in = ner.teach
    monkeypatch.setattr(ner, "teach", teach)
    run(world, arms=["ner-teach"], annotators=3)
    assert [(one["_task_hash"], one["_session_id"]) for one in learned] == [
        (one["_task_hash"], one["_session_id"]) for one in stored("news-ner-teach-0")
    ]
    times = [one["_timestamp"] for one in learned]
    assert times == sorted(times)
    assert len({one["_session_id"] for one in learned}) == 3


def twice(answers: Answers) -> set[int]:
    return {key for key, n in Counter(one["_input_hash"] for one in answers).items() if n > 1}


def test_a_share_of_the_segments_is_answered_by_two_people(home: Path, world: Path):
    arms = ["random", "ranked", "teach"]
    run(world, arms=arms, budget=400, annotators=3, overlap=0.25)
    chosen: dict[int, set[str]] = defaultdict(set)
    for arm in arms:
        answers = stored(f"news-{arm}-0")
        assert len(answers) == 400  # the second ones are paid for
        texts = {one["_input_hash"] for one in answers}
        share = len(twice(answers)) / len(texts)
        assert abs(share - 0.25) < 3 * (0.25 * 0.75 / len(texts)) ** 0.5
        for key in texts:
            chosen[key].add("twice" if key in twice(answers) else "once")
        questions: defaultdict[int, Answers] = defaultdict(list)
        for one in answers:
            questions[one["_task_hash"]].append(one)
        for own in questions.values():
            assert len(own) == len({one["_annotator_id"] for one in own}) <= 2
            assert len({json.dumps(one["al"]) for one in own}) == 1
            assert len({one["_input_hash"] for one in own}) == 1
    # by seed and text alone: but for the few that waited when a budget ended
    assert sum(len(how) > 1 for how in chosen.values()) < 0.05 * len(chosen)
    assert len({frozenset(how) for how in chosen.values()}) > 1


def read(world: Path, dataset: str, answers: Answers) -> Arm:
    nlp = load_pipeline(str(world / "base"))
    return read_arm(dataset, answers, ["ORG"], tokenizer=nlp.make_doc)


def test_a_comparison_counts_and_weighs_each_segment_once(home: Path, world: Path):
    run(world, arms=["ranked"], budget=300, annotators=2, overlap=0.5, error_rate="0,.5")
    answers = stored("news-ranked-0")
    arm = read(world, "news-ranked-0", answers)
    texts = {one["_input_hash"] for one in answers}
    assert 80 < arm.shared == len(twice(answers)) < len(texts) == len(arm.train) + len(arm.dev)
    told = {name: arm.effort.conditions[name] for name in ("annotators", "overlap", "error_rate")}
    assert told == {"annotators": 2, "overlap": 0.5, "error_rate": [0.0, 0.5]}
    alone = {one["_input_hash"]: one for one in answers}.values()
    once = read(world, "news-ranked-0", list(alone))
    assert once.shared == 0
    assert arm.records == once.records
    # trained on the latest, measured by both
    assert arm.train.items != once.train.items
    assert [(one.input_hash, one.accepted) for one in arm.train.items] == [
        (one.input_hash, one.accepted) for one in once.train.items
    ]
    assert {len(one.truths) for one in arm.dev.items} == {1, 2}
    pairs = [(key, record) for key, record in arm.records.items() if record.fold == "dev"]
    weights = 1 / inclusion(pairs)
    assert len(weights) == len(arm.dev) + sum(key in arm.dev.about_other_labels for key, _ in pairs)
    # the seconds of both people, the first answers counted as typical ones
    seconds = sum(COSTS.seconds(one, binary=False) for one in answers)
    assert arm.effort.seconds == pytest.approx(seconds, rel=0.02)


def test_the_weighted_numbers_of_two_who_agree_are_those_of_one(home: Path, world: Path):
    """Two answers that say the same count as one of them does, in an own dev number too."""
    from prodigy_al.comparison.estimates import weighted_score
    from prodigy_al.comparison.matches import count_answers
    from prodigy_al.comparison.runs import predict_sets

    run(world, arms=["ranked"], budget=300, annotators=2, overlap=0.5)
    answers = stored("news-ranked-0")
    alone = list({one["_input_hash"]: one for one in answers}.values())
    nlp = load_pipeline(str(world / "base"))
    scores = []
    for given in (answers, alone):
        arm = read(world, "news-ranked-0", given)
        (predicted,) = predict_sets(nlp, [arm.dev])
        scores.append(weighted_score([count_answers(arm.dev, predicted)], arm))
    assert scores[0] == scores[1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"annotators": 0}, "--annotators 0: give a number of at least 1"),
        ({"annotators": -2}, "--annotators -2: give a number of at least 1"),
        ({"overlap": 0.2}, "--overlap 0.2: it takes another annotator"),
        ({"annotators": 2, "overlap": 1.5}, "--overlap 1.5: out of range; give a number from 0"),
        ({"annotators": 2, "overlap": float("nan")}, "--overlap nan: out of range"),
        (
            {"annotators": 3, "error_rate": "0,.1"},
            "--error-rate 0,0.1: 2 rates, and --annotators is 3; give one for all or one for each",
        ),
        ({"error_rate": "0,.1"}, "--error-rate 0,0.1: 2 rates, and --annotators is 1; give one"),
        ({"annotators": 2, "error_rate": "0,1.1"}, "--error-rate 1.1: out of range; give a number"),
        ({"annotators": 2, "error_rate": "0,nan"}, "--error-rate nan: out of range"),
        ({"annotators": 2, "error_rate": "0;1"}, "--error-rate 0;1: give a number from 0 to 1, or"),
        ({"annotators": 2, "error_rate": "0,"}, "--error-rate 0,: give a number from 0 to 1, or"),
        (
            {"annotators": 2, "error_rate": "0,.6", "errors_by_score": True},
            "--error-rate 0.6: with --errors-by-score it reaches twice as much; give at most 0.5",
        ),
        (
            {"annotators": 2, "error_rate": "0,0", "errors": "boundary"},
            "--error-rate 0: then no answer is wrong",
        ),
    ],
)
def test_people_that_cannot_be_are_refused_before_anything_is_asked(
    home: Path, world: Path, options: dict[str, Any], sentence: str
):
    with pytest.raises(RecipeError) as caught:
        run(world, **options)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)
    assert connect().datasets == []


@pytest.mark.parametrize("setting", ['"feed_overlap": true', '"annotations_per_task": 2'])
def test_settings_that_give_a_question_to_several_are_refused(
    home: Path, world: Path, setting: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", f"{{{setting}}}")
    with pytest.raises(RecipeError, match=r"^--annotators 2: Prodigy's settings have ") as caught:
        run(world, annotators=2)
    assert setting.split('"')[1] in str(caught.value)
    run(world, budget=10)
    assert len(stored("news-random-0")) == 10


def test_at_the_end_of_the_pool_every_second_answer_is_given_too(
    home: Path, world: Path, gold: dict[str, Any], capsys: pytest.CaptureFixture[str]
):
    run(world, budget=100_000, annotators=3, overlap=0.3)
    answers = stored("news-random-0")
    assert {one["text"] for one in answers} == gold.keys()
    assert len(answers) == len(gold) + len(twice(answers))
    assert "then nothing was left to ask" in capsys.readouterr().out
    before = everything()
    run(world, budget=100_000, annotators=3, overlap=0.3)
    assert everything() == before


def test_a_recipe_that_returns_a_controller_serves_one_person(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    from prodigy.core import Controller

    from prodigy_al import simulate as module

    given: Callable[..., Any] = module.RECIPES["al.random"]

    def random_order(*args: Any, **options: Any) -> Controller:
        return Controller.from_components("al.random", given(*args, **options))

    monkeypatch.setattr(module, "RECIPES", {"al.random": random_order})
    with pytest.raises(RecipeError, match=r"^--annotators 2: al.random returns a controller here"):
        run(world, annotators=2)


def test_records_of_a_team_recompute(home: Path, world: Path):
    from prodigy_al.sampling.inclusion import verify_records

    run(world, arms=["teach"], budget=150, annotators=3, overlap=0.3)
    pairs = {one["_input_hash"]: read_record(one) for one in stored("news-teach-0")}
    assert verify_records(list(pairs.items())) == len(pairs)
