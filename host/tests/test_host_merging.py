"""`db-merge` and `progress`: several datasets as one, and answers over time."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from recipe_host.connections import connect

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def filled(terminal: Terminal) -> Terminal:
    """A terminal whose database has the datasets a and b."""
    terminal("db-in", "a", "-", stdin='{"text": "1"}\n{"text": "2", "answer": "reject"}\n')
    terminal("db-in", "b", "-", stdin='{"text": "1", "_input_hash": 1, "_task_hash": 2}\n')
    return terminal


def stored(name: str) -> list[dict[str, Any]]:
    return connect().get_dataset_examples(name)


def test_a_merge_holds_the_records_of_all_in_order_and_leaves_them(filled: Terminal) -> None:
    before = [stored("a"), stored("b")]
    done = filled("db-merge", "b,a", "both")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ("3 records merged into 'both'\n2 accept, 1 reject\n1 of 'b', 2 of 'a'\n")
    assert stored("both") == [*before[1], *before[0]]
    assert [stored("a"), stored("b")] == before
    assert filled("drop", "both").returncode == 0
    assert [stored("a"), stored("b")] == before


def test_a_merge_can_hash_anew_and_only_count(filled: Terminal) -> None:
    done = filled("db-merge", "a,b", "both", "--dry")
    assert done.stdout.startswith("3 records; nothing was written (--dry)\n")
    assert connect().datasets == ["a", "b"]
    assert filled("db-merge", "a,b", "both", "--rehash").returncode == 0
    first, _, last = stored("both")
    assert last["_task_hash"] == first["_task_hash"] != 2
    assert stored("b")[0]["_task_hash"] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a", "both"], "cannot merge 'a': give different datasets, as in a,b"),
        (["a,a", "both"], "cannot merge 'a,a': give different datasets"),
        (["a,b", "b"], "dataset 'b' exists already, and a merge makes a new one"),
        (["a,c", "both"], "no dataset is called 'c'; there are: a, b"),
        (["a,b", ""], "a dataset needs a name"),
    ],
)
def test_what_cannot_be_merged_is_one_sentence(
    filled: Terminal, words: list[str], said: str
) -> None:
    done = filled("db-merge", *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert connect().datasets == ["a", "b"]


def noon(day: str) -> int:
    return int(time.mktime(time.strptime(f"{day} 12", "%Y-%m-%d %H")))


def test_answers_are_counted_over_time(terminal: Terminal) -> None:
    days = ["2026-01-31", "2026-02-01", "2026-02-02", "2026-02-02", None, "2025-12-29"]
    lines = [
        {"text": f"text {n % 4}", **({"_timestamp": noon(day)} if day else {})}
        for n, day in enumerate(days)
    ]
    terminal("db-in", "news", "-", stdin="".join(f"{json.dumps(line)}\n" for line in lines))

    def rows(*words: str) -> list[list[str]]:
        done = terminal("progress", "news", *words)
        assert (done.returncode, done.stderr) == (0, "")
        head, _, *rest, note = [line.split() for line in done.stdout.splitlines() if line.strip()]
        assert head[1:] == ["New", "Unique", "Total", "Unique"]
        assert note[0] == "Unique:"
        return rest

    assert rows() == [
        ["no", "time", "1", "1", "1", "1"],
        ["2025-12", "1", "1", "2", "2"],
        ["2026-01", "1", "1", "3", "2"],
        ["2026-02", "3", "3", "6", "4"],
    ]
    assert [row[0] for row in rows("--interval", "year")] == ["no", "2025", "2026"]
    assert [row[0] for row in rows("-i", "week")][1:] == ["2026-W01", "2026-W05", "2026-W06"]
    assert rows("-i", "day")[-1] == ["2026-02-02", "2", "2", "6", "4"]


def test_progress_of_what_there_is_not_is_one_sentence(terminal: Terminal) -> None:
    done = terminal("progress", "gone")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "✘ no dataset is called 'gone'; there is none yet\n"
    wrong = terminal("progress", "gone", "--interval", "hour")
    assert wrong.returncode == 1
    assert "hour" in wrong.stderr
