"""Scores on disk: the same to the last bit, of nothing else, and never in the way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, replace
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.pipelines import pipeline_sha256, set_blas
from prodigy_al.scoring.cache import FOLDER, ScoreCache, find_cache
from prodigy_al.scoring.chunks import score_records
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals

MakeDocs = Callable[..., list[Doc]]


class Counting(MarginalScorer):
    """Counts the chunks that it scores, each of which is one batch."""

    computed = 0

    def __init__(self, nlp: Language, *args: Any, slow: float = 0.0, **settings: Any) -> None:
        super().__init__(nlp, *args, **settings)
        self.slow = slow

    def score(self, docs: Sequence[Doc]) -> list[SpanMarginals]:
        self.computed += 1
        time.sleep(self.slow)
        return super().score(docs)


@pytest.fixture(autouse=True)
def chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prodigy_al.scoring.chunks.CHUNK", 4)


@pytest.fixture
def cache(tmp_path: Path, nlp: Language) -> ScoreCache:
    return ScoreCache(tmp_path / "new" / "scores.sqlite", pipeline_sha256(nlp))


def records_of(docs: Sequence[Doc]) -> list[dict[str, Any]]:
    return [
        {
            "text": doc.text,
            "tokens": [
                {"text": t.text, "start": t.idx, "end": t.idx + len(t), "ws": bool(t.whitespace_)}
                for t in doc
            ],
        }
        for doc in docs
    ]


def scored(
    scorer: MarginalScorer, docs: Sequence[Doc], cache: ScoreCache | None, **options: Any
) -> list[Any]:
    """Every number that comes out, its type too."""
    records = records_of(docs)
    found = []
    for one in score_records(
        scorer, records, total=len(docs), progress=False, cache=cache, **options
    ):
        arrays = [one.tokens, one.sizes, one.spans, one.lengths, one.expected]
        arrays += [one.vectors, one.steps, one.members]
        found.append((one.labels, *((a, getattr(a, "dtype", 0)) for a in arrays)))
    return found


def assert_same(first: Sequence[Any], second: Sequence[Any]) -> None:
    np.testing.assert_equal(first, second)


@pytest.mark.parametrize("more", [{}, {"embed": True}, {"steps": True}, {"members": 2}])
def test_a_second_time_nothing_is_computed_and_every_bit_is_the_same(
    nlp: Language, word_salad: MakeDocs, cache: ScoreCache, more: dict[str, Any]
) -> None:
    docs = word_salad(nlp, [5, 0, 12, 1, 40, 0, 0, 0, 0, 7])
    settings: dict[str, Any] = {"labels": ["ORG", "NONE"], "floor": 0, **more}
    plain = scored(MarginalScorer(nlp, **settings), docs, None)
    first, second = Counting(nlp, **settings), Counting(nlp, **settings)
    assert_same(scored(first, docs, cache), plain)
    assert_same(scored(second, docs, cache), plain)
    assert (first.computed, second.computed) == (3, 0)


def test_what_was_killed_goes_on_where_it_was(
    nlp: Language, word_salad: MakeDocs, cache: ScoreCache
) -> None:
    docs = word_salad(nlp, [6] * 12)
    killed = score_records(
        MarginalScorer(nlp), records_of(docs), total=12, progress=False, cache=cache
    )
    for _ in range(2):
        next(killed)
    killed.close()
    scorer = Counting(nlp)
    assert_same(scored(scorer, docs, cache), scored(MarginalScorer(nlp), docs, None))
    assert scorer.computed == 1


def test_who_begins_with_the_same_texts_at_the_same_time_computes_none_of_them_again(
    nlp: Language, word_salad: MakeDocs, cache: ScoreCache
) -> None:
    docs, scorers = word_salad(nlp, [6] * 12), [Counting(nlp, slow=0.05) for _ in range(3)]
    plain = scored(MarginalScorer(nlp), docs, None)
    begin = Barrier(3)

    def read(scorer: Counting) -> list[Any]:
        begin.wait()
        return scored(scorer, docs, cache)

    with ThreadPoolExecutor(max_workers=3) as threads:
        for found in threads.map(read, scorers):
            assert_same(found, plain)
    assert sum(scorer.computed for scorer in scorers) == 3


def settings_changed(nlp: Language, cache: ScoreCache) -> list[tuple[Counting, ScoreCache]]:
    model = ScoreCache(cache.path, "another model")
    changed: list[dict[str, Any]] = [
        {"labels": ["ORG"]},
        {"temperature": 1.0},
        {"floor": 0.5},
        {"max_length": 3},
        {"prune": 0.1},
        {"embed": True},
        {"steps": True},
        {"members": 2},
        {"members": 3},
    ]
    return [(Counting(nlp), model), *((Counting(nlp, **one), cache) for one in changed)]


def test_another_model_or_another_setting_has_scores_of_its_own(
    nlp: Language, word_salad: MakeDocs, cache: ScoreCache
) -> None:
    docs = word_salad(nlp, [6, 9])
    scored(MarginalScorer(nlp), docs, cache)
    for scorer, own in settings_changed(nlp, cache):
        scored(scorer, docs, own)
        assert scorer.computed == 1, astuple(own)


def test_what_else_a_process_has_loaded_does_not_matter() -> None:
    pytest.importorskip("sklearn")
    code = """
from prodigy_al.scoring.cache import software
before = software()
import sklearn.linear_model
software.cache_clear()
assert software() == before, (before, software())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_another_blas_has_scores_of_its_own(
    make_recogniser: Callable[..., Language], word_salad: MakeDocs, tmp_path: Path
) -> None:
    nlp = make_recogniser(updates=0)
    cache = ScoreCache(tmp_path / "scores.sqlite", pipeline_sha256(nlp))
    docs = word_salad(nlp, [6, 9])
    for use_blis, computed in ((True, 1), (False, 1), (True, 0)):
        set_blas(nlp, use_blis=use_blis)
        scorer = Counting(nlp)
        scored(scorer, docs, cache)
        assert scorer.computed == computed


def test_all_that_is_read_of_a_text_tells_it_from_another(plain: Language, tmp_path: Path) -> None:
    words = ["Acme", "met", "Ann"]
    cache = ScoreCache(tmp_path / "scores.sqlite", pipeline_sha256(plain))
    others = [
        [Doc(plain.vocab, words=["Acme", "met", "ann"])],
        [Doc(plain.vocab, words=["Acmemet", "Ann"])],
        [Doc(plain.vocab, words=words, spaces=[False, True, False])],
        [Doc(plain.vocab, words=words), Doc(plain.vocab, words=[])],  # in another chunk
    ]
    scored(MarginalScorer(plain), [Doc(plain.vocab, words=words)], cache)
    for docs in others:
        scorer = Counting(plain)
        scored(scorer, docs, cache)
        assert scorer.computed == 1
    again = Counting(plain)
    scored(again, [Doc(plain.vocab, words=words)], cache)
    assert again.computed == 0


def not_a_database(path: Path) -> None:
    path.write_bytes(b"no database " * 1000)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:3000])


def of_another_make(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE batches (name TEXT)")
    file.close()


def of_other_content(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("UPDATE batches SET scores = x'00'")
    file.close()


def of_half_the_content(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("UPDATE batches SET scores = substr(scores, 1, 40)")
    file.close()


def locked(path: Path) -> None:
    global holding
    holding = sqlite3.connect(path, isolation_level=None)
    holding.execute("BEGIN EXCLUSIVE")


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        not_a_database,
        cut_short,
        of_another_make,
        of_other_content,
        of_half_the_content,
        locked,
        a_folder,
    ],
)
def test_a_file_that_cannot_be_used_costs_time_and_nothing_else(
    plain: Language,
    word_salad: MakeDocs,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path], None],
) -> None:
    monkeypatch.setattr("prodigy_al.scoring.cache.PATIENCE", 0.01)
    cache = ScoreCache(tmp_path / "scores.sqlite", "model")
    docs = word_salad(plain, [6, 9])
    first = scored(MarginalScorer(plain), docs, cache)
    spoil(cache.path)
    assert_same(scored(MarginalScorer(plain), docs, cache), first)
    cache.make_room(0)


def test_what_is_no_database_is_replaced(
    plain: Language, word_salad: MakeDocs, tmp_path: Path
) -> None:
    cache = ScoreCache(tmp_path / "scores.sqlite", "model")
    not_a_database(cache.path)
    docs = word_salad(plain, [6, 9])
    for computed in (1, 0):  # noticed and written, read
        scorer = Counting(plain)
        scored(scorer, docs, cache)
        assert scorer.computed == computed


def test_the_older_half_makes_room(plain: Language, word_salad: MakeDocs, tmp_path: Path) -> None:
    cache = ScoreCache(tmp_path / "scores.sqlite", "model")
    pools = [word_salad(plain, [30] * 40, seed=seed) for seed in range(4)]
    for docs in pools:
        scored(MarginalScorer(plain, floor=0), docs, cache)
    size = os.path.getsize(cache.path)
    cache.make_room(size)
    assert os.path.getsize(cache.path) == size
    cache.make_room(size - 1)
    assert os.path.getsize(cache.path) < 0.6 * size
    computed = []
    for docs in pools:
        scorer = Counting(plain, floor=0)
        scored(scorer, docs, replace(cache))
        computed.append(scorer.computed)
    assert computed == [10, 10, 0, 0]


def test_the_folder_is_the_users_unless_named_and_none_where_it_is_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, "")
    assert find_cache("model") is None
    monkeypatch.setenv(FOLDER, str(tmp_path))
    assert find_cache("model") == ScoreCache(tmp_path / "scores.sqlite", "model")
    monkeypatch.delenv(FOLDER)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    found = find_cache("model")
    assert found is not None
    assert tmp_path in found.path.parents
