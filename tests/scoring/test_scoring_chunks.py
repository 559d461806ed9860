"""A pool on several processes: every bit as on one, and what goes wrong is one sentence."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import current_process
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.errors import ActiveLearningError, JobError
from prodigy_al.ner import words
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256, set_blas
from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring import chunks
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.chunks import Helping, score_records
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.readings import Readings, read_records
from prodigy_al.scoring.segments import segment_scorer

MakeDocs = Callable[..., list[Doc]]


@pytest.fixture
def texts(plain: Language, generated: MakeDocs) -> list[dict[str, Any]]:
    return [{"text": f"{doc.text} {i}"} for i, doc in enumerate(generated(plain, 120))]


@pytest.fixture
def saved(plain: Language, tmp_path: Path) -> Path:
    plain.to_disk(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK", 7)
    monkeypatch.setattr(chunks, "WORTHWHILE", 60)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the chunks that this process computes."""
    seen: list[int] = []

    def watched(scorer: MarginalScorer, records: Sequence[Any], **options: Any) -> Readings:
        seen.append(len(records))
        return read_records(scorer, records, **options)

    monkeypatch.setattr(chunks, "read_records", watched)
    return seen


def numbers(found: Iterator[Readings]) -> list[Any]:
    return [
        (one.labels, one.tokens, one.sizes, one.spans, one.lengths, one.expected, one.vectors,
         one.steps, one.members)
        for one in found
    ]  # fmt: skip


@pytest.mark.parametrize("use_blis", [False, True])
def test_several_processes_give_every_bit_that_one_gives(
    saved: Path, texts: list[dict[str, Any]], here: list[int], use_blis: bool
) -> None:
    nlp = load_pipeline(str(saved))
    set_blas(nlp, use_blis=use_blis)
    scorer = MarginalScorer(
        nlp, ["ORG", "NONE"], temperature=1.5, embed=True, steps=True, members=2
    )
    alone = numbers(score_records(scorer, texts, total=len(texts)))
    computed = len(here)
    helping = Helping(str(saved), pipeline_sha256(nlp), 2)
    several = numbers(score_records(scorer, texts, total=len(texts), helping=helping))
    np.testing.assert_equal(several, alone)
    assert len(here) < 2 * computed  # the others did some of it


def test_what_helpers_computed_is_stored_and_nothing_is_computed_again(
    saved: Path, texts: list[dict[str, Any]], here: list[int], tmp_path: Path
) -> None:
    nlp = load_pipeline(str(saved))
    cache = ScoreCache(tmp_path / "scores.sqlite", pipeline_sha256(nlp))
    options: dict[str, Any] = {
        "total": len(texts), "cache": cache, "helping": Helping(str(saved), cache.model, 1)
    }  # fmt: skip
    first = numbers(score_records(MarginalScorer(nlp), texts, **options))
    here.clear()
    second = numbers(score_records(MarginalScorer(nlp), texts, **options))
    np.testing.assert_equal(second, first)
    assert here == []


def test_few_texts_start_no_process(
    plain: Language, texts: list[dict[str, Any]], here: list[int], tmp_path: Path
) -> None:
    helping = Helping("no pipeline of this name", "", 2)
    few = texts[:59]
    list(score_records(MarginalScorer(plain), few, total=59, helping=helping))
    assert sum(here) == 59
    # nor do many of which few are left
    cache = ScoreCache(tmp_path / "scores.sqlite", "model")
    list(score_records(MarginalScorer(plain), texts[:70], total=70, cache=cache))
    options: dict[str, Any] = {"cache": cache, "helping": helping}
    list(score_records(MarginalScorer(plain), texts, total=len(texts), **options))


def test_another_pipeline_under_the_name_is_noticed(
    saved: Path, plain: Language, texts: list[dict[str, Any]]
) -> None:
    helping = Helping(str(saved), "of another one", 1)
    found = score_records(MarginalScorer(plain), texts, total=len(texts), helping=helping)
    with pytest.raises(ActiveLearningError, match=r"base' has changed since it was loaded; start"):
        list(found)


def test_a_helper_that_is_killed_is_one_sentence(
    saved: Path, texts: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    nlp = load_pipeline(str(saved))
    started: list[int] = []
    helpers = chunks._helpers

    def watched(*args: Any) -> Any:
        made = helpers(*args)
        started.extend(process.pid for process in made._processes)
        return made

    monkeypatch.setattr(chunks, "_helpers", watched)
    helping = Helping(str(saved), pipeline_sha256(nlp), 1)
    found = score_records(MarginalScorer(nlp), texts, total=len(texts), helping=helping)
    next(found)
    os.kill(started[0], signal.SIGKILL)
    with pytest.raises(JobError, match=r"ended with exit code -9.*PRODIGY_AL_PROCESSES=1 on one"):
        list(found)


def test_processes_are_counted_by_cores_or_by_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "cpu_count", lambda: 4)
    monkeypatch.delenv(chunks.PROCESSES, raising=False)
    assert Helping.on_all_cores("base", "sha") == Helping("base", "sha", 3)
    assert Helping.on_all_cores("base", "sha", cores=2) == Helping("base", "sha", 1)
    assert Helping.on_all_cores("base", "sha", cores=1) is None
    with monkeypatch.context() as within:
        within.setattr(current_process(), "name", "LokyProcess-1")
        assert Helping.on_all_cores("base", "sha") is None
    monkeypatch.setenv(chunks.PROCESSES, "1")
    assert Helping.on_all_cores("base", "sha") is None
    for nothing in ("0", "", "many"):
        monkeypatch.setenv(chunks.PROCESSES, nothing)
        assert Helping.on_all_cores("base", "sha") == Helping("base", "sha", 3)


def test_segments_have_the_same_scores_by_several_processes(
    saved: Path, texts: list[dict[str, Any]]
) -> None:
    nlp = load_pipeline(str(saved))
    segments = [Segment(record, i, "g") for i, record in enumerate(texts)]
    helping = Helping(str(saved), pipeline_sha256(nlp), 1)
    one, two = (
        list(segment_scorer(nlp, MarginalScorer(nlp), "mnlp", helping=helpers)(segments))
        for helpers in (None, helping)
    )
    assert two == one


def test_words_are_forgotten_where_a_pipeline_remembers_many(
    plain: Language, texts: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = MarginalScorer(plain)
    strange = [{"text": f"Word{i}x met Name{i}y ."} for i in range(20)]
    forgetful = read_records(scorer, strange)
    remembered = len(plain.vocab.strings)
    assert remembered > 40
    if not hasattr(plain, "memory_zone"):
        pytest.skip("this spaCy remembers every word")
    monkeypatch.setattr(words, "MOST_STRINGS", 10)
    others = [{"text": one["text"].replace("Word", "Other")} for one in strange]
    read_records(scorer, others)
    assert len(plain.vocab.strings) == remembered
    again = read_records(scorer, strange)
    np.testing.assert_equal(numbers(iter([again])), numbers(iter([forgetful])))
