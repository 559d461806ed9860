"""What is counted and said, and what ends in one sentence, beside plain bad input."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import pytest

COMPARE = ("base", "--test", "test.jsonl", "-l", "ORG", "--seeds", "1", "--workers", "1")
SIMULATE = ("al.simulate", "pool.jsonl", "base", "n", "-l", "ORG", "--budget", "20")
FULL_DISK = """
import resource, sys
from recipe_host.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
main(sys.argv[1:])
"""


def test_contradicting_answers_are_kept_counted_and_shown(stage):
    shown = stage.done(
        "al.compare", "contradicting", *COMPARE, "--output", "contradicting", "--full"
    )
    report = json.loads((stage.folder / "contradicting" / "report.json").read_text())
    arm = report["arms"]["contradicting"]
    assert arm["answers"]["accept"] == 41
    assert arm["segments"] == 40
    assert arm["contradictions"] == 1
    assert "contradicting: contradictory answers: 1 (the latest counts)" in " ".join(shown.split())


def test_simulate_says_what_of_the_gold_no_answer_can_say(stage):
    text = "Elkor Group fell ."
    inside, whole = ({"start": s, "end": e, "label": "ORG"} for s, e in ((1, 4), (0, 11)))
    records = [
        {"text": f"{text} {i}", "spans": spans}
        for i, spans in enumerate([[inside], [whole], [whole], [whole, inside][:1]])
    ]
    records.append({"text": f"{text} 1", "spans": []})
    stage.write("odd.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    said = stage.done("al.simulate", "odd.jsonl", "base", "odd", "-l", "ORG", "--budget", "2",
                      "--arms", "random", "-U", "--skip-bad")  # fmt: skip
    assert "1 gold spans are off token borders, reversed or outside the text" in said
    assert "1 texts stand in the gold more than once with different spans" in said


@pytest.mark.parametrize("source", ["bad.jsonl", "bad.jsonl.gz"])
def test_skip_bad_goes_on_and_says_once_how_many(stage, source: str):
    said = stage.done("al.simulate", source, "base", source, "-l", "ORG", "--arms", "random",
                      "--skip-bad")  # fmt: skip
    assert said.count("bad records") == 1
    assert f"4 bad records of {source} are skipped; the first: line 2 is not JSON" in said
    assert [e["text"] for e in stage.examples(f"{source}-random-0")] == [stage.pool[0]["text"]]


@pytest.fixture
def write_lock(stage) -> Iterator[None]:
    """Another program in the middle of a write."""
    other = sqlite3.connect(stage.home / "prodigy.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


@pytest.mark.usefixtures("write_lock")
@pytest.mark.parametrize("arguments", [SIMULATE, ("db-in", "x", "pool.jsonl")])
def test_a_locked_database_is_one_sentence_after_the_timeout_of_the_settings(
    stage, arguments: tuple[str, ...]
):
    before = stage.written()
    settings = json.dumps({"db_settings": {"sqlite": {"timeout": 0.2}}})
    done = stage.run(*arguments, env={"PRODIGY_CONFIG_OVERRIDES": settings})
    assert done.returncode == 1
    assert "is locked by another program" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert stage.written() == before


def test_a_full_disk_is_one_sentence_and_leaves_no_half_file(stage):
    """Files that may not grow beyond 1,000 bytes stand for the disk."""
    arguments = ("al.compare", "news-random-0", *COMPARE, "--output", "full")
    done = stage.run(*arguments, program=("-c", FULL_DISK))
    assert done.returncode == 1
    assert "--output full: finished runs cannot be stored in full/runs" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert [path for path in (stage.folder / "full").rglob("*") if path.is_file()] == []
