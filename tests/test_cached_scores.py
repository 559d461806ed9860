"""Whoever starts a recipe again, or another arm of the same source, does not wait a second time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from spacy.tokens import Doc

from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals

Start = Callable[..., Any]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of all batches that are scored."""
    seen: list[int] = []
    score = MarginalScorer.score

    def watched(self: MarginalScorer, docs: Sequence[Doc]) -> list[SpanMarginals]:
        seen.append(len(docs))
        return score(self, docs)

    monkeypatch.setattr(MarginalScorer, "score", watched)
    return seen


def ask(controller: Start, recipe: str, dataset: str, world: Path, **options: Any) -> Any:
    started = controller(
        recipe, dataset, str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], **options
    )
    return [task["al"] for task in started.get_questions()]


def test_a_second_start_scores_nothing_and_asks_the_same(
    controller: Start,
    world: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batches: list[int],
):
    plain = ask(controller, "al.manual-ranked", "ranked", world)
    computed = len(batches)
    assert computed > 0
    monkeypatch.setenv("PRODIGY_AL_CACHE", str(tmp_path / "cache"))
    assert ask(controller, "al.manual-ranked", "ranked", world) == plain
    assert len(batches) == 2 * computed
    assert ask(controller, "al.manual-ranked", "ranked", world) == plain
    other = ask(controller, "al.manual-ranked", "other", world, by="span-entropy", explore=0.5)
    assert other != plain
    assert len(batches) == 2 * computed


def test_another_label_and_another_model_are_scored(
    controller: Start,
    world: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batches: list[int],
):
    from prodigy_al.ner.pipelines import load_pipeline

    monkeypatch.setenv("PRODIGY_AL_CACHE", str(tmp_path / "cache"))
    ask(controller, "al.manual-ranked", "ranked", world)
    computed = len(batches)
    controller(
        "al.manual-ranked", "people", str(world / "base"), str(world / "pool.jsonl"),
        label=["PERSON"],
    ).get_questions()  # fmt: skip
    assert len(batches) == 2 * computed
    nlp = load_pipeline(str(world / "base"))
    lower = nlp.get_pipe("ner").model.get_ref("lower")
    lower.set_param("b", lower.get_param("b") + 0.5)
    nlp.to_disk(tmp_path / "changed")
    controller(
        "al.manual-ranked", "changed", str(tmp_path / "changed"), str(world / "pool.jsonl"),
        label=["ORG"],
    ).get_questions()  # fmt: skip
    assert len(batches) == 3 * computed


def test_several_processes_ask_the_same_with_the_same_records(
    controller: Start, world: Path, monkeypatch: pytest.MonkeyPatch, batches: list[int]
):
    monkeypatch.setattr("prodigy_al.scoring.chunks.CHUNK", 20)
    monkeypatch.setenv("PRODIGY_AL_PROCESSES", "1")
    alone = ask(controller, "al.manual-ranked", "alone", world)
    computed = sum(batches)
    monkeypatch.setattr("prodigy_al.scoring.chunks.WORTHWHILE", 100)
    monkeypatch.setenv("PRODIGY_AL_PROCESSES", "3")
    assert ask(controller, "al.manual-ranked", "several", world) == alone
    assert sum(batches) < 2 * computed
