"""The learner on a real small pipeline: what it learns from, when, and that nobody waits."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.errors import ActiveLearningError
from prodigy_al.online import learner as learner_module
from prodigy_al.online.learner import Learner
from prodigy_al.online.refits import RefitSettings
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.history import RunHistory

Answers = list[dict[str, Any]]


@pytest.fixture(scope="module")
def answers(world: Path) -> Answers:
    """Whole segments with gold, three of four from the train fold."""
    records = [json.loads(line) for line in (world / "pool.jsonl").read_text().splitlines()]
    return [
        {**record, "_input_hash": i, "_view_id": "ner_manual", "answer": "accept",
         "al": {"fold": "dev" if i % 4 == 3 else "train"}}
        for i, record in enumerate(records)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def course(world: Path, answers: Answers) -> RefitSettings:
    ranked = tuple(Segment(a, a["_input_hash"], "g") for a in answers[200:230])
    return RefitSettings("news", str(world / "base"), ("ORG",), "expected-errors", 0, ranked)


@pytest.fixture
def learner(course: RefitSettings) -> Callable[..., Learner]:
    made: list[Learner] = []

    def make(examples: Answers = (), **options: Any) -> Learner:
        settings = {"past": RunHistory(), "every": 20, "waits": True, **options}
        found = Learner(settings.pop("course", course), examples, **settings)
        made.append(found)
        return found

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def after_20(course: RefitSettings, answers: Answers) -> Any:
    """The version that the first 20 train-fold answers make."""
    one = Learner(course, answers[:28], past=RunHistory(), every=20, waits=True)
    one.start()
    yield one.newest()
    one.close()


def test_a_lesson_takes_the_first_answers_of_the_train_fold_and_no_others(
    learner, answers: Answers, after_20
):
    changed = [
        a if a["al"]["fold"] == "train" else {**a, "spans": [], "answer": "reject"}
        for a in answers[:36]
    ]
    one = learner()
    for i in range(0, 36, 9):  # other batches, other dev answers, seven answers more
        one.update(changed[i : i + 9])
    assert one.newest().answers == after_20.answers == 20
    assert one.newest().sha256 == after_20.sha256


def test_train_answers_make_a_difference(learner, answers: Answers, after_20):
    one = learner([{**a, "spans": []} for a in answers[:28]])
    one.start()
    assert one.newest().sha256 != after_20.sha256


def test_a_restart_repeats_the_lesson_from_the_dataset_alone(learner, answers: Answers, after_20):
    one = learner(answers[:28])
    assert one.restore(20, after_20.sha256).sha256 == after_20.sha256
    assert one.restore(20, "another machine's") is None


def test_ranked_segments_get_the_scores_of_the_model_that_learnt(
    course: RefitSettings, answers: Answers, after_20
):
    scores = [scored.u for scored in after_20.score(course.ranked)]
    assert len(set(scores)) > 5
    assert [s.u for s in after_20.score(course.ranked[::-1])] == scores[::-1]


def test_a_block_is_scored_as_a_ranked_pool_would_be(
    learner, course: RefitSettings, answers: Answers, after_20
):
    one = learner(answers[:28], course=replace(course, ranked=()))
    one.start()
    blocks = list(one.newest().score(course.ranked))
    # to rounding: another process, with another number of threads
    for block, pool in zip(blocks, after_20.score(course.ranked), strict=True):
        assert block.u == pytest.approx(pool.u, abs=1e-5)
        assert [c.start for c in block.candidates] == [c.start for c in pool.candidates]


def test_a_lesson_leaves_nothing_on_the_disk(
    learner,
    course: RefitSettings,
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = learner(answers[:28], course=replace(course, ranked=()))
    one.start()
    assert list(one.newest().score(course.ranked))
    assert not list(tmp_path.iterdir())


def test_an_empty_pipeline_learns_as_well(learner, course: RefitSettings, answers: Answers):
    one = learner(answers[:28], course=replace(course, base="blank:en"))
    one.start()
    assert any(scored.u for scored in one.newest().score(course.ranked))


def test_nothing_is_learnt_before_a_lesson_is_due(learner, answers: Answers):
    one = learner()
    one.update(answers[:24])
    assert one.newest() is None


def test_update_returns_at_once_while_a_lesson_goes_on(
    learner, answers: Answers, monkeypatch: pytest.MonkeyPatch
):
    begun, go_on = threading.Event(), threading.Event()
    really = learner_module.learn
    one = learner(waits=False)

    def slow(function, lesson):
        begun.set()
        assert go_on.wait(60)
        return really(lesson)

    monkeypatch.setattr(one._child, "run", slow)
    one.update(answers[:28])
    assert begun.wait(60)
    start = time.monotonic()
    one.update(answers[28:30])
    assert time.monotonic() - start < 1
    assert one.newest() is None
    go_on.set()
    end = time.monotonic() + 60
    while one.newest() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert one.newest().answers == 20


def test_a_lesson_that_fails_is_told_once_and_the_next_one_is_held(learner, answers: Answers):
    one = learner()
    with pytest.raises(ActiveLearningError, match="no answer that says anything"):
        one.update([{**a, "answer": "ignore"} for a in answers[:28]])
    assert one.newest() is None
    one.update(answers[28:30])
    one.update(answers[30:56])
    assert one.newest().answers == 40
