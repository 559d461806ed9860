"""The converter of AG News: every item once, in a shuffled order that is the same each time."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent.parent / "examples" / "ag_news.py"


def convert(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True)


def test_every_item_becomes_a_text_and_a_document_of_its_own(tmp_path: Path):
    path = tmp_path / "train.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [3, f"Title {i}", f"Varno\\fell {i} %, it said."] for i in range(30)
        )
    done = [convert(path).stdout for _ in range(2)]
    assert done[0] == done[1]
    found = [json.loads(line) for line in done[0].splitlines()]
    assert {one["text"] for one in found} == {
        f"Title {i} Varno fell {i} %, it said." for i in range(30)
    }
    assert len({one["meta"]["doc"] for one in found}) == 30
    order = [one["meta"]["doc"] for one in found]
    assert order != sorted(order, key=lambda name: int(name.split("-")[1]))


def test_another_file_is_named_with_the_record(tmp_path: Path):
    path = tmp_path / "other.csv"
    path.write_text("one,two\n")
    done = convert(path)
    assert done.returncode == 1
    assert done.stderr == f"{path}, record 1: 2 columns, not class, title, text\n"
