"""One suite for both databases: what holds in SQLite holds on a PostgreSQL server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import recipe_host
from recipe_host import claims
from recipe_host.connections import connect
from recipe_host.errors import DatasetNotFound, StoreError
from recipe_host.hashing import set_hashes
from recipe_host.session import Controller
from recipe_host.store import Database

Open = Callable[[], Database]
PATH = {"PYTHONPATH": str(Path(recipe_host.__file__).parent.parent)}


@pytest.fixture(params=["sqlite", "postgresql"])
def opening(request: pytest.FixtureRequest, home: Path) -> Open:
    """Open the same new database again and again, as prodigy.json names it."""
    kind = request.param
    settings = {"sqlite": {"name": "news.db"}}
    if kind == "postgresql":
        settings["postgresql"] = request.getfixturevalue("server").new_database()
    (home / "prodigy.json").write_text(json.dumps({"db": kind, "db_settings": settings}))
    return connect


def examples(*texts: str, **others: Any) -> list[dict[str, Any]]:
    return [set_hashes({"text": text, "answer": "accept", **others}) for text in texts]


def test_examples_come_back_in_order_with_all_their_digits(opening: Open) -> None:
    stored = examples("b", "a", "naïve \U0001f600", "nul \0", p=0.1234567890123456, tiny=1e-300)
    many = examples(*map(str, range(1234)))
    db = opening()
    db.add_dataset("news")
    db.add_examples(stored, datasets=["news"])
    db.add_examples(many, datasets=["news"])
    assert opening().get_dataset_examples("news") == stored + many


def test_every_member_that_recipes_use(opening: Open) -> None:
    first, second, third = examples("a", "b", "c")
    db = opening()
    db.add_dataset("news", meta={"by": "Ann"})
    db.add_dataset("news", meta={"by": "Bob"})
    db.add_dataset("sport")
    db.add_dataset("news-ann", session=True)
    db.add_examples([first, second], datasets=["news", "news-ann"])
    db.add_examples([second, third], datasets=["sport"])
    assert ("news" in db, "none" in db) == (True, False)
    assert (db.datasets, db.sessions) == (["news", "sport"], ["news-ann"])
    assert db.get_dataset("sport") == [second, third]
    assert db.get_dataset_examples("none", default=[]) == []
    assert db.get_dataset_sessions("news") == ["news-ann"]
    assert db.get_meta("news")["by"] == "Ann"
    assert db.get_input_hashes("news", "sport") == {
        e["_input_hash"] for e in (first, second, third)
    }
    assert db.get_task_hashes("news") == {e["_task_hash"] for e in (first, second)}
    assert db.count_dataset("news") == 2
    db.drop_dataset("news")
    assert (db.datasets, db.sessions, db.count_dataset("sport")) == (["sport"], [], 2)
    with pytest.raises(DatasetNotFound, match="'news'; there are: sport"):
        db.examples_of("news")
    db.reconnect()
    assert db.datasets == ["sport"]


def test_a_batch_is_stored_whole_or_not_at_all(opening: Open) -> None:
    db = opening()
    db.add_dataset("news")

    def write() -> None:
        with db.transaction():
            db.add_examples(examples("a"), datasets=["news"])
            raise KeyboardInterrupt

    with pytest.raises(DatasetNotFound):
        db.add_examples(examples("a"), datasets=["news", "none"])
    with pytest.raises(KeyboardInterrupt):
        write()
    assert db.count_dataset("news") == 0


def test_threads_share_one_store(opening: Open) -> None:
    db = opening()
    db.add_dataset("news")
    threads = [
        threading.Thread(target=db.add_examples, args=(examples(f"{n}", f"{n}!"), ["news"]))
        for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    texts = [example["text"] for example in db.get_dataset_examples("news")]
    assert len(texts) == 40
    assert all(texts[i] + "!" == texts[i + 1] for i in range(0, 40, 2))


def test_processes_open_a_new_database_at_once_and_write_into_one_dataset(opening: Open) -> None:
    writer = """
import sys
from recipe_host.connections import connect
from recipe_host.hashing import set_hashes
sys.stdin.readline()
db = connect()
for i in range(30):
    db.add_dataset("news")
    db.add_examples([set_hashes({"text": f"{sys.argv[1]}.{i}"})], ["news"])
"""
    read, write = os.pipe()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", writer, str(n)], env={**os.environ, **PATH}, stdin=read
        )
        for n in range(3)
    ]
    os.close(read)
    os.close(write)  # all of them read an end of file, and go
    assert [process.wait(60) for process in writers] == [0, 0, 0]
    assert len(opening().get_task_hashes("news")) == 90


def test_a_killed_writer_leaves_whole_batches_and_all_that_it_was_told_of(opening: Open) -> None:
    writer = """
import itertools
from recipe_host.connections import connect
from recipe_host.hashing import set_hashes
db = connect()
db.add_dataset("news")
for batch in itertools.count():
    db.add_examples([set_hashes({"text": f"{batch}.{i}"}) for i in range(10)], ["news"])
    print(batch, flush=True)
"""
    command = [sys.executable, "-c", writer]
    process = subprocess.Popen(
        command, env={**os.environ, **PATH}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(20)]
    process.kill()
    told += [int(line) for line in process.stdout.read().split()]
    process.wait()
    texts = [example["text"] for example in opening().get_dataset_examples("news")]
    assert len(texts) % 10 == 0
    assert {f"{batch}.{i}" for batch in told for i in range(10)} <= set(texts)


def test_a_whole_annotation_session(opening: Open) -> None:
    components = {"dataset": "news", "view_id": "text", "stream": [{"text": "a"}, {"text": "b"}]}
    with Controller.from_components("ask", components, {"batch_size": 1}) as controller:
        (task,) = controller.get_questions("news-ann")
        controller.receive_answers([{**task, "answer": "reject"}], "news-ann")
    (stored,) = opening().get_dataset_examples("news-ann")
    assert (stored["text"], stored["answer"], stored["_session_id"]) == ("a", "reject", "news-ann")
    with Controller.from_components("ask", components) as controller:
        assert [task["text"] for task in controller.get_questions()] == ["b"]


def run(name: str = "news") -> Controller:
    stream = [{"text": letter} for letter in "abc"]
    components = {"dataset": name, "view_id": "text", "stream": stream}
    return Controller.from_components("ask", components, {"batch_size": 1})


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what moves this process to another machine; watching for signs takes a second."""
    monkeypatch.setattr(claims, "BEAT_SECONDS", 0.2)
    monkeypatch.setattr(claims, "WATCH_SECONDS", 1.5)
    return lambda: monkeypatch.setattr(claims, "_machine", lambda: "elsewhere")


def test_a_server_that_lives_on_another_machine_keeps_its_dataset(
    opening: Open, elsewhere: Callable[[], None]
) -> None:
    first, second = run(), run()
    with first.claim("http://one:1"):
        elsewhere()
        with (
            pytest.raises(StoreError, match=r"'news' is being annotated already, .* http://one:1 "),
            second.claim("http://two:2"),
        ):
            pass
        with run("sport").claim("http://two:2"):  # another dataset is free
            first.receive_answers([{**first.get_questions()[0], "answer": "accept"}])
    with second.claim("http://two:2"):
        assert opening().count_dataset("news") == 1


def test_a_server_that_was_out_of_reach_stores_nothing_once_another_took_over(
    opening: Open, elsewhere: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = run(), run()
    monkeypatch.setattr(claims, "BEAT_SECONDS", 60)
    with first.claim("http://one:1"):
        (task,) = first.get_questions("news-ann")
        elsewhere()
        with second.claim("http://two:2"):
            taken = r"'news' was taken over by the server at http://two:2 .* or dropped"
            with pytest.raises(StoreError, match=taken):
                first.store_answers([{**task, "answer": "accept"}], "news-ann", batch_id="batch-1")
            with pytest.raises(StoreError, match=taken):
                first.get_questions("news-ann")
            assert opening().count_dataset("news") == 0
            second.refresh()
            assert second.get_questions("news-ann") == [task]
            second.store_answers([{**task, "answer": "accept"}], "news-ann", batch_id="batch-1")
    assert opening().count_dataset("news") == 1


def test_of_servers_that_start_at_once_one_has_the_dataset(opening: Open) -> None:
    claiming = """
import sys
from recipe_host.errors import StoreError
from recipe_host.session import Controller
run = {"dataset": "news", "view_id": "text", "stream": [{"text": "a"}]}
controller = Controller.from_components("ask", run)
sys.stdin.readline()
try:
    with controller.claim("http://localhost:1"):
        print("has it", flush=True)
        sys.stdin.readline()
except StoreError as error:
    print(error, flush=True)
"""
    claimants = [
        subprocess.Popen(
            [sys.executable, "-c", claiming],
            env={**os.environ, **PATH},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for claimant in claimants:
        assert claimant.stdin
        claimant.stdin.write("\n")
        claimant.stdin.flush()
    said = [claimant.stdout.readline() for claimant in claimants if claimant.stdout]
    for claimant in claimants:
        claimant.kill()
        claimant.wait()
    assert said.count("has it\n") == 1
    assert sum("is being annotated already" in line for line in said) == 2


def test_leases_of_an_earlier_release_are_kept_for_their_sessions(opening: Open) -> None:
    (task,) = run().get_questions("news-ann")
    db = opening()
    db.db.execute_sql("alter table lease drop column given")
    db.db.execute_sql("delete from migration where number > 3")
    again = run()
    assert again.get_questions("news-bob") != [task]
    assert again.get_questions("news-ann", holding=[]) == [task]
