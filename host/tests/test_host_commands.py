"""The built-in commands as people use them: a process, its output and its exit code."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recipe_host.connections import connect
from recipe_host.linking import write_command

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]


def test_datasets_go_in_and_out(terminal: Terminal) -> None:
    records = [
        {"text": "naïve", "p": 0.12345678901234566},
        {"text": "b", "answer": "reject", "flagged": True},
        {"text": "c", "_input_hash": 1, "_task_hash": 2},
    ]
    Path("in.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    done = terminal("db-in", "news", "in.jsonl")
    assert (done.returncode, done.stdout) == (
        0,
        "3 records imported into 'news'\n2 accept, 1 reject\n",
    )

    def out(*words: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in terminal("db-out", "news", *words).stdout.splitlines()]

    everything = out()
    assert [
        {k: v for k, v in e.items() if k in r} for e, r in zip(everything, records, strict=True)
    ] == records
    assert [example["answer"] for example in everything] == ["accept", "reject", "accept"]
    assert everything[2]["_task_hash"] == 2
    assert out("--answer", "reject") == out("--flagged-only") == [everything[1]]
    assert terminal("db-out", "news", "out").returncode == 0
    assert Path("out").read_text() == terminal("db-out", "news").stdout
    assert terminal("db-in", "again", "out", "--loader", "jsonl", "--rehash").returncode == 0
    assert connect().get_dataset_examples("again")[2]["_task_hash"] != 2


def test_importing_can_set_answers_and_only_count(terminal: Terminal) -> None:
    lines = '{"text": "a"}\n{"text": "b", "answer": "reject"}\n'
    done = terminal("db-in", "news", "-", "--dry", stdin=lines)
    assert "2 records; nothing was written (--dry)" in done.stdout
    assert connect().datasets == []
    terminal("db-in", "news", "-", "--answer", "ignore", stdin=lines)
    terminal("db-in", "all", "-", "--answer", "ignore", "--overwrite", stdin=lines)
    answers = {
        name: [e["answer"] for e in connect().get_dataset_examples(name)]
        for name in ("news", "all")
    }
    assert answers == {"news": ["ignore", "reject"], "all": ["ignore", "ignore"]}


def test_a_bad_line_is_named_and_nothing_is_imported(terminal: Terminal) -> None:
    Path("in.jsonl").write_text('{"text": "a"}\n{"text": oops}\n')
    done = terminal("db-in", "news", "in.jsonl")
    assert done.returncode == 1
    assert done.stderr.startswith("✘ line 2 of 'in.jsonl' is not JSON")
    assert done.stderr.endswith(': {"text": oops}\n')
    assert connect().datasets == []
    assert "holds no record" in terminal("db-in", "news", "-").stderr


def test_datasets_are_counted_and_dropped(terminal: Terminal) -> None:
    terminal("db-in", "news", "-", stdin='{"text": "a"}\n{"text": "b", "answer": "reject"}\n')
    shown = terminal("stats", "news", "-l", "-ls").stdout
    for row in (
        "Total Datasets   1",
        "Annotations   2",
        "reject        1",
        "news   2",
        "spaCy Version",
    ):
        assert row in shown
    assert terminal("drop", "news").returncode == 0
    missing = terminal("drop", "news")
    assert (missing.returncode, missing.stderr) == (
        1,
        "✘ no dataset is called 'news'; there is none yet\n",
    )


def test_broken_settings_give_one_sentence(terminal: Terminal) -> None:
    Path("prodigy.json").write_text("{broken")
    done = terminal("stats")
    assert done.returncode == 1
    assert done.stderr.startswith("✘ settings file 'prodigy.json' is not JSON")


def test_the_command_is_linked_once_and_never_overwritten(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "bin"
    assert "wrote" in terminal("link", "--dir", str(folder)).stdout
    written = (folder / "prodigy").read_text()
    assert (folder / "prodigy").stat().st_mode & 0o111
    (folder / "prodigy").write_text(written + "# somebody else's\n")
    done = terminal("link", "--dir", str(folder))
    assert done.returncode == 0
    assert "was left as it is" in done.stdout
    assert (folder / "prodigy").read_text().endswith("# somebody else's\n")
    assert write_command(folder / "other") is True


def test_an_export_into_a_folder_that_is_a_file_is_one_sentence(
    terminal: Terminal, tmp_path: Path
) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n')
    terminal("db-in", "news", tmp_path / "in.jsonl")
    done = terminal("db-out", "news", tmp_path / "in.jsonl" / "out.jsonl")
    assert done.returncode == 1
    assert "cannot write" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_statistics_of_a_dataset_that_does_not_exist_print_nothing_else(terminal: Terminal) -> None:
    done = terminal("stats", "gone")
    assert done.returncode == 1
    assert "Version" not in done.stdout
