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
from spacy.tokens import Doc

from prodigy_al.errors import ActiveLearningError
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256
from prodigy_al.online import learner as learner_module
from prodigy_al.online.learner import Learner
from prodigy_al.online.refits import RefitSettings
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.history import RunHistory
from prodigy_al.scoring.calibration import fit_temperature, temper_spans
from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE
from prodigy_al.training.answers import read_answers

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
def settings(world: Path, answers: Answers) -> RefitSettings:
    ranked = tuple(Segment(a, a["_input_hash"], "g") for a in answers[200:230])
    return RefitSettings(
        dataset="news",
        base=str(world / "base"),
        labels=("ORG",),
        acquisition="expected-errors",
        seed=0,
        ranked=ranked,
    )


@pytest.fixture
def learner(settings: RefitSettings) -> Callable[..., Learner]:
    made: list[Learner] = []

    def make(examples: Answers = (), **options: Any) -> Learner:
        chosen = {"history": RunHistory(), "every": 20, "waits": True, **options}
        found = Learner(chosen.pop("settings", settings), examples, **chosen)
        made.append(found)
        return found

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def after_20(settings: RefitSettings, answers: Answers) -> Any:
    """The version that the first 20 train-fold answers make."""
    one = Learner(settings, answers[:28], history=RunHistory(), every=20, waits=True)
    one.start()
    yield one.newest()
    one.close()


def test_a_refit_takes_the_first_answers_of_the_train_fold_and_no_others(
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


def test_a_restart_repeats_the_refit_from_the_dataset_alone(learner, answers: Answers, after_20):
    one = learner(answers[:28])
    assert one.restore(20, after_20.sha256).sha256 == after_20.sha256
    assert one.restore(20, "another machine's") is None


def test_the_temperature_is_what_whole_segments_give_the_starting_model(
    settings: RefitSettings, answers: Answers, after_20
):
    base = load_pipeline(settings.base)
    train = [a for a in answers[:28] if a["al"]["fold"] == "train"][:20]
    read = read_answers(train, ["ORG"], dataset="x", tokenizer=base.make_doc).items
    docs = [Doc(base.vocab, words=list(one.words), spaces=list(one.spaces)) for one in read]
    spans = temper_spans(base, ["ORG"], docs, [one.accepted for one in read])
    assert after_20.temperature == pytest.approx(fit_temperature(spans), abs=0.006)
    assert after_20.temperature != DEFAULT_TEMPERATURE


def test_single_spans_leave_the_temperature_as_it_is_shipped(learner, answers: Answers):
    binary = [{**a, "spans": a["spans"][:1], "_view_id": "ner"} for a in answers[:60] if a["spans"]]
    one = learner(binary)
    one.start()
    assert one.newest().temperature == DEFAULT_TEMPERATURE


def test_ranked_segments_get_the_scores_of_the_refitted_model(
    settings: RefitSettings, answers: Answers, after_20
):
    scores = [scored.u for scored in after_20.score(settings.ranked)]
    assert len(set(scores)) > 5
    assert [s.u for s in after_20.score(settings.ranked[::-1])] == scores[::-1]


def test_a_block_is_scored_as_a_ranked_pool_would_be(
    learner, settings: RefitSettings, answers: Answers, after_20
):
    one = learner(answers[:28], settings=replace(settings, ranked=()))
    one.start()
    blocks = list(one.newest().score(settings.ranked))
    # to rounding: another process, with another number of threads
    for block, pool in zip(blocks, after_20.score(settings.ranked), strict=True):
        assert block.u == pytest.approx(pool.u, abs=1e-5)
        assert [c.start for c in block.candidates] == [c.start for c in pool.candidates]


def test_a_refit_leaves_nothing_on_the_disk(
    learner,
    settings: RefitSettings,
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = learner(answers[:28], settings=replace(settings, ranked=()))
    one.start()
    assert list(one.newest().score(settings.ranked))
    assert not list(tmp_path.iterdir())


def test_a_model_that_is_kept_is_there_until_a_newer_one_is_and_nobody_reads_it(
    learner,
    settings: RefitSettings,
    answers: Answers,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    one = learner(answers[:28], settings=replace(settings, kept=True))
    one.start()
    first = one.newest_model()
    assert first.answers == 20
    assert pipeline_sha256(load_pipeline(str(first.folder))) == one.newest().sha256
    one.update(answers[28:56])
    assert one.newest_model().answers == 40
    assert first.folder.exists()
    del first
    assert list(tmp_path.iterdir()) == [one.newest_model().folder]


def test_an_empty_pipeline_learns_as_well(learner, settings: RefitSettings, answers: Answers):
    one = learner(answers[:28], settings=replace(settings, base="blank:en"))
    one.start()
    assert any(scored.u for scored in one.newest().score(settings.ranked))


def test_nothing_is_refitted_before_it_is_due(learner, answers: Answers):
    one = learner()
    one.update(answers[:24])
    assert one.newest() is None


def test_update_returns_at_once_while_a_refit_runs(
    learner, answers: Answers, monkeypatch: pytest.MonkeyPatch
):
    started, go_on = threading.Event(), threading.Event()
    really = learner_module.refit
    one = learner(waits=False)

    def slow(function, job):
        started.set()
        assert go_on.wait(60)
        return really(job)

    monkeypatch.setattr(one._child, "run", slow)
    one.update(answers[:28])
    assert started.wait(60)
    start = time.monotonic()
    one.update(answers[28:30])
    assert time.monotonic() - start < 1
    assert one.newest() is None
    go_on.set()
    end = time.monotonic() + 60
    while one.newest() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert one.newest().answers == 20


def test_a_refit_that_fails_is_told_once_and_the_next_one_runs(learner, answers: Answers):
    one = learner()
    with pytest.raises(ActiveLearningError, match="no answer that says anything"):
        one.update([{**a, "answer": "ignore"} for a in answers[:28]])
    assert one.newest() is None
    one.update(answers[28:30])
    one.update(answers[30:56])
    assert one.newest().answers == 40
