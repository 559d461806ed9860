"""The stories, told by their own commands in a small size."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from stories.corpora import REAL_BASE, REAL_POOL, REAL_TEST, Corpus, RealSlice
from stories.figure import draw
from stories.rows import THIS_TEST, Row, against_base, meets

STORIES = {
    "puzzle": "puzzle",
    "rare_label": "rare-label",
    "balanced": "balanced",
    "confident": "confidently-wrong",
    "binary": "binary",
    "random_wins": "random-wins",
}
LONG = ("puzzle", "binary", "random_wins")
"""Half a minute and more: told by `make smoke`."""
ROW = Row("name", "what it is", 0.02, 0.01, 0.03, n=100, redraws=2, points=[0.015, 0.025])


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where all stories write to: pipelines that are made alike are trained once."""
    return tmp_path_factory.mktemp("told") / "stories"


def tell(module: str, out: Path, examples: Path, data: Path | None = None) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "PRODIGY_AL_DATA"}
    if data is not None:
        environment["PRODIGY_AL_DATA"] = str(data)
    command = [sys.executable, "-m", f"stories.{module}", "--quick", "--workers", "1"]
    done = subprocess.run(
        [*command, "--out", str(out)],
        cwd=examples,
        env=environment | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def made_up_data(tmp_path: Path) -> Callable[[Path], Path]:
    """Make a folder such as PRODIGY_AL_DATA names, of generated news with a pipeline from `out`."""

    def make(out: Path) -> Path:
        corpus = Corpus().part(final=False, quick=True).make(out)
        for source, name in ((REAL_POOL, "pool.jsonl"), (REAL_TEST, "test.jsonl")):
            target = tmp_path / "data" / source
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(gzip.compress((corpus / name).read_bytes()))
        shutil.copytree(corpus / "base", tmp_path / "data" / REAL_BASE)
        return tmp_path / "data"

    return make


def test_a_real_slice_takes_a_folder_that_holds_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODIGY_AL_DATA", str(tmp_path))
    assert RealSlice().data is None
    (tmp_path / REAL_POOL).parent.mkdir()
    (tmp_path / REAL_POOL).touch()
    assert RealSlice().data == tmp_path


def kept(out: Path, name: str) -> dict[str, Any]:
    path = out.parent / "stories.json"
    rows = json.loads(path.read_bytes())["rows"] if path.exists() else {}
    return {key: row for key, row in rows.items() if key.startswith(f"{name}.")}


@pytest.mark.parametrize(
    "module", [pytest.param(name, marks=[pytest.mark.slow] * (name in LONG)) for name in STORIES]
)
def test_a_story_prints_its_table_draws_it_and_keeps_its_rows(
    module: str, out: Path, examples: Path, made_up_data: Callable[[Path], Path]
) -> None:
    printed = tell(module, out, examples, made_up_data(out) if module == "confident" else None)
    rows = kept(out, STORIES[module])
    assert all(row["n"] > 100 for row in rows.values())
    if module == "confident":
        of_slice = kept(out, "real-slice")
        assert len(of_slice) == 3
        rows |= of_slice
    assert len(rows) >= 2
    for row in rows.values():
        assert row["said"] in printed
        assert row["n"] > 50  # of the slice
        if len(row["points"]) > 1:
            assert row["low"] < row["value"] < row["high"]
        assert row["redraws"] == len(row["points"]) or row["redraws"] == 1
        assert row["met"] in ((True, False) if row["target"] else (None,))
    assert any(row["value"] is not None for row in rows.values())
    drawn = ElementTree.parse(out / f"{STORIES[module]}.svg").getroot()
    texts = {text.text for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {row["said"] for row in rows.values()} <= texts


def test_a_story_that_is_told_again_trains_nothing_again(out: Path, examples: Path) -> None:
    if not kept(out, "balanced"):
        tell("balanced", out, examples)
    runs = {path: path.stat().st_mtime_ns for path in out.glob("*/report/runs/**/*.json")}
    assert runs
    before = kept(out, "balanced")
    tell("balanced", out, examples)
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/report/runs/**/*.json")} == runs
    assert kept(out, "balanced") == before


def test_an_interval_meets_a_target_as_a_whole() -> None:
    assert meets(ROW) is None
    for target, met in (("> 0", True), ("> 0.02", False), ("< 0", False), ("< 0.04", True)):
        assert meets(replace(ROW, target=target)) is met
    assert meets(replace(ROW, target="within 0.03")) is False
    assert meets(replace(ROW, target="within 0.031")) is True
    assert meets(replace(ROW, low=None, high=None, target="> 0")) is False


def test_without_a_number_for_new_text_a_row_has_that_of_its_redraws() -> None:
    runs = [{"robust": {"vs_base": {"difference": value}}} for value in (0.1, 0.3)]
    report = {
        "test": {"segments": 50},
        "arms": {name: {"runs": run} for name, run in zip("ab", runs, strict=True)},
        "strategies": {"teach": {"robust": {"datasets": ["a", "b"], "vs_base": None}}},
    }
    found = against_base(report, "teach")
    assert found["value"] == pytest.approx(0.2)
    assert found["low"] < 0.1 < 0.3 < found["high"]
    assert found["interval"] == THIS_TEST
    report["arms"]["b"]["runs"]["robust"]["vs_base"] = None
    assert against_base(report, "teach")["value"] is None


def test_documents_for_tuning_are_not_those_of_the_story(tmp_path: Path) -> None:
    small = Corpus(pool=3, test=2, base=2)
    folders = [small.part(final=final, quick=False).make(tmp_path) for final in (False, True)]
    texts = [set((folder / "pool.jsonl").read_text().splitlines()) for folder in folders]
    assert texts[0].isdisjoint(texts[1])
    assert not list(tmp_path.glob("*-unfinished"))


def test_organisations_of_unmarked_kinds_are_not_marked() -> None:
    letter = {"meta": {"kind": "letter"}, "spans": [{"label": "ORG"}, {"label": "PERSON"}]}
    corpus = Corpus(unmarked=("letter",))
    assert corpus.as_marked(letter)["spans"] == [{"label": "PERSON"}]
    article = letter | {"meta": {"kind": "article"}}
    assert corpus.as_marked(article) == article


def test_a_figure_has_no_background_and_an_interval_per_row() -> None:
    drawn = draw("A title", [ROW, replace(ROW, name="other", said="another")])
    root = ElementTree.fromstring(drawn)
    words = "".join(root.itertext())
    assert "A title" in words
    assert "another" in words
    assert "+.020" in words
    assert "fill: #ffffff" not in drawn
