"""A source that was read once is not read again, until anything it follows from changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.inputs.kept_frames import FramePlace

Start = Callable[..., Any]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[int]:
    """The numbers of all records that are read and cut."""
    import prodigy_al.inputs.opening as opening

    monkeypatch.setenv("PRODIGY_AL_CACHE", str(tmp_path / "cache"))
    seen: list[int] = []
    cut = opening.cut_segments

    def watched(records: Any, *args: Any, **options: Any) -> Any:
        for found in cut(records, *args, **options):
            seen.append(found[0])
            yield found

    monkeypatch.setattr(opening, "cut_segments", watched)
    return seen


def ask(controller: Start, world: Path, source: Path, dataset: str = "kept", **options: Any) -> Any:
    started = controller(
        "al.random", dataset, str(world / "base"), str(source), label=["ORG"], **options
    )
    return list(started.get_questions())


def test_a_second_start_reads_nothing_and_asks_the_same(
    controller: Start, world: Path, read: list[int], tmp_path: Path
):
    source = tmp_path / "pool.jsonl"
    source.write_bytes((world / "pool.jsonl").read_bytes())
    first = ask(controller, world, source)
    computed = len(read)
    assert computed >= 600
    assert ask(controller, world, source) == first
    assert len(read) == computed
    # other options, other content, and a file that is damaged
    ask(controller, world, source, "salted", fold_salt="other")
    assert len(read) == 2 * computed
    with source.open("a") as file:
        file.write(json.dumps({"text": "Acme left Oslo ."}) + "\n")
    ask(controller, world, source, "longer")
    assert len(read) == 3 * computed + 1
    for kept in (tmp_path / "cache" / "pools").glob("*.records"):
        kept.write_bytes(kept.read_bytes()[:100])
    ask(controller, world, source, "longer")
    assert len(read) == 4 * computed + 2


def test_records_are_asked_about_as_they_were_when_they_were_read(
    controller: Start, world: Path, read: list[int], tmp_path: Path
):
    source = tmp_path / "pool.jsonl"
    source.write_bytes((world / "pool.jsonl").read_bytes())
    started = controller(
        "al.random", "gone", str(world / "base"), str(source), label=["ORG"], budget=5
    )
    source.unlink()
    texts = {json.loads(line)["text"] for line in (world / "pool.jsonl").open()}
    assert all(task["text"] in texts for task in started.get_questions())


@pytest.mark.parametrize("source", ["-", "dataset:news", [{"text": "a" * 300}] * 40, "a\0b"])
def test_what_is_no_file_is_not_kept(source: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PRODIGY_AL_CACHE", str(tmp_path))
    assert FramePlace.of(source, {"exclude": frozenset[int]()}).path is None


def test_a_source_that_cannot_be_read_to_its_end_leaves_nothing_behind(
    controller: Start, world: Path, read: list[int], tmp_path: Path
):
    source = tmp_path / "bad.jsonl"
    source.write_text('{"text": "Acme left Oslo ."}\n{"no": "text"}\n')
    with pytest.raises(Exception, match="has no `text`"):
        ask(controller, world, source)
    assert list((tmp_path / "cache" / "pools").iterdir()) == []
