"""What a start takes in memory does not depend on the size of the process that measures it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import first_question

MIB = 2**20


def test_the_memory_of_a_start_is_its_own(
    tmp_path: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(first_question, "BASE", world / "base")
    ballast = b"1" * (900 * MIB)
    start = first_question.first_question("al.random", world / "pool.jsonl", tmp_path)
    assert 50 < start.memory < len(ballast) / MIB
