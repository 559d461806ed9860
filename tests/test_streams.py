"""`al.teach` on standard input: asked about as it comes, to be begun again from its beginning."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

Start = Callable[..., Any]
Examples = list[dict[str, Any]]


def answer(controller: Any, n: int) -> Examples:
    given: Examples = []
    while len(given) < n:
        batch = controller.get_questions()[: n - len(given)]
        assert batch, "the stream ended early"
        controller.receive_answers([{**task, "answer": "accept"} for task in batch])
        given += batch
    return given


@pytest.fixture
def lines(world: Path) -> list[bytes]:
    return (world / "pool.jsonl").read_bytes().splitlines(keepends=True)


@pytest.fixture
def start(controller: Start, world: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Open al.teach on what is piped into it: (dataset, file or lines, **options)."""

    def begin(dataset: str, piped: Any, **options: Any) -> Any:
        file = io.BytesIO(b"".join(piped)) if isinstance(piped, list) else piped
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(file))
        chosen = {"label": ["ORG"], "block": 20, "rate": 0.5, **options}
        return controller("al.teach", dataset, str(world / "base"), "-", **chosen)

    return begin


def test_questions_come_before_the_stream_ends(start: Start, lines: list[bytes]):
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb", buffering=0) as pipe:
        # a thread of its own, since a pipe takes 64 KiB until somebody reads
        Thread(target=pipe.write, args=(b"".join(lines[:100]),), daemon=True).start()
        ctrl = start("x", os.fdopen(reading, "rb"))
        assert len(ctrl.get_questions()) == 10


def test_the_same_stream_again_goes_on_where_it_stopped(start: Start, lines: list[bytes]):
    from prodigy.components.db import connect

    whole = [task["_task_hash"] for task in answer(start("whole", lines), 40)]
    parts = [task["_task_hash"] for n in (17, 23) for task in answer(start("parts", lines), n)]
    assert parts == whole
    examples = connect().get_dataset_examples("parts")
    pairs = [(e["_input_hash"], read_record(e)) for e in examples]
    assert verify_records(pairs) == 40
    (source,) = {json.dumps(record.source) for _, record in pairs}
    assert json.loads(source)["stream"] == "share 0.25 of meta.doc"
    assert json.loads(source)["segments"] is None


@pytest.mark.parametrize(
    ("skipped", "options", "sentence"),
    [
        (30, {}, "which began with other texts"),
        (0, {"block": 30}, "--block 20, now it is 30"),
        (0, {"dev_share": 0.6}, "share 0.25 of meta.doc, now it is share 0.6 of"),
    ],
)
def test_another_stream_or_design_is_refused(
    start: Start, lines: list[bytes], skipped: int, options: dict[str, Any], sentence: str
):
    from prodigy.errors import RecipeError

    answer(start("x", lines), 5)
    with pytest.raises(RecipeError, match=sentence):
        start("x", lines[skipped:], **options)


def test_a_comparison_says_that_the_target_is_the_part_that_was_read(
    start: Start, lines: list[bytes], world: Path, tmp_path: Path
):
    from prodigy_al.inputs.comparison import open_comparison

    answer(start("x", lines), 60)
    plan = open_comparison(
        ["x"], str(world / "base"), str(world / "test.jsonl"), label=["ORG"], loader=None,
        skip_bad=False, policies=["usual"], curves=False, seeds=[0], workers=1, engine=None,
        group_by=None, output=tmp_path / "out",
    )  # fmt: skip
    (arm,) = plan.arms
    assert arm.is_stream
