"""The store: what goes in comes out, whole batches only, other processes are respected."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import peewee
import pytest

import recipe_host
from recipe_host.connections import connect
from recipe_host.errors import DatasetNotFound, StoreError
from recipe_host.hashing import set_hashes
from recipe_host.store import Database

BATCH = 10


def memory() -> Database:
    return connect("sqlite", {"name": ":memory:"})


def examples(*texts: str, **others: Any) -> list[dict[str, Any]]:
    return [set_hashes({"text": text, "answer": "accept", **others}) for text in texts]


def filled(db: Database, **datasets: list[dict[str, Any]]) -> Database:
    for name, content in datasets.items():
        db.add_dataset(name)
        db.add_examples(content, datasets=[name])
    return db


def test_examples_come_back_in_order_with_all_their_digits() -> None:
    stored = examples("b", "a", "naïve \U0001f600", p=0.1234567890123456, tiny=1e-300)
    assert filled(memory(), news=stored).get_dataset_examples("news") == stored


def test_a_dataset_in_a_file_outlives_the_connection(home: Path) -> None:
    first = filled(connect(), news=examples("a"))
    first.close()
    assert connect().count_dataset("news") == 1
    assert (home / "prodigy.db").exists()


def test_members_that_recipes_use() -> None:
    stored = examples("a", "b")
    db = filled(memory(), news=stored)
    db.add_dataset("news-ann", session=True)
    assert "news" in db
    assert "sport" not in db
    assert (db.datasets, db.sessions) == (["news"], ["news-ann"])
    assert db.get_input_hashes("news") == {example["_input_hash"] for example in stored}
    assert db.get_task_hashes("news", "news-ann") == {example["_task_hash"] for example in stored}
    assert db.get_dataset("news") == stored
    assert db.count_dataset("news") == 2
    assert db.db_name == "SQLite"


def test_meta_is_kept_and_adding_again_changes_nothing() -> None:
    db = memory()
    db.add_dataset("news", meta={"by": "Ann"})
    db.add_dataset("news", meta={"by": "Bob"})
    assert db.get_meta("news")["by"] == "Ann"
    assert db.datasets == ["news"]


def test_unknown_datasets_are_named_with_those_there_are() -> None:
    db = filled(memory(), news=[], sport=[])
    for call in (db.examples_of, db.count_dataset, db.drop_dataset, db.get_task_hashes):
        with pytest.raises(DatasetNotFound, match="'none'; there are: news, sport"):
            call("none")
    with pytest.raises(DatasetNotFound):
        db.add_examples(examples("a"), datasets=["news", "none"])
    assert db.count_dataset("news") == 0


def test_examples_of_a_dataset_that_is_not_there_are_the_default() -> None:
    db = filled(memory(), news=[])
    assert db.get_dataset_examples("none") is None
    assert db.get_dataset("none", default=[]) == []
    assert db.get_dataset_examples("news", default=None) == []


def test_examples_need_both_hashes_and_must_be_json() -> None:
    db = filled(memory(), news=[])
    with pytest.raises(StoreError, match="no _input_hash and no _task_hash; use set_hashes"):
        db.add_examples([*examples("a"), {"text": "b"}], datasets=["news"])
    for value in (object(), float("nan")):
        with pytest.raises(StoreError, match="cannot be written as JSON"):
            db.add_examples([*examples("a"), {**examples("b")[0], "x": value}], ["news"])
    assert db.count_dataset("news") == 0


def test_dropping_keeps_what_another_dataset_holds() -> None:
    db = memory()
    for name in ("news", "best"):
        db.add_dataset(name)
    for name in ("news-ann", "both-bob"):
        db.add_dataset(name, session=True)
    shared, alone, other = examples("shared", "alone", "other")
    db.add_examples([shared], datasets=["news", "best", "both-bob"])
    db.add_examples([alone], datasets=["news", "news-ann"])
    db.add_examples([other], datasets=["best"])
    assert db.get_dataset_sessions("news") == ["news-ann", "both-bob"]
    db.drop_dataset("news")
    assert db.get_dataset_examples("best") == [shared, other]
    assert db.sessions == ["both-bob"]
    assert db.db.execute_sql("select count(*) from example").fetchone() == (2,)
    assert db.db.execute_sql("select count(*) from link").fetchone() == (3,)


def test_many_examples_are_stored_in_order() -> None:
    stored = examples(*map(str, range(2345)))
    assert filled(memory(), news=stored).get_dataset_examples("news") == stored


def test_a_failed_transaction_leaves_nothing() -> None:
    db = memory()

    def write() -> None:
        with db.transaction():
            db.add_dataset("news")
            db.add_examples(examples("a"), datasets=["news"])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert db.datasets == []


def test_threads_share_one_store() -> None:
    db = filled(memory(), news=[])
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


def test_files_are_written_ahead_and_fully_synchronised() -> None:
    db = connect()
    assert db.db.execute_sql("pragma journal_mode").fetchone() == ("wal",)
    assert db.db.execute_sql("pragma synchronous").fetchone() == (2,)


def test_a_killed_writer_leaves_whole_batches_and_all_that_it_was_told_of(home: Path) -> None:
    writer = f"""
import itertools
from recipe_host.connections import connect
from recipe_host.hashing import set_hashes
db = connect()
db.add_dataset("news")
for batch in itertools.count():
    db.add_examples([set_hashes({{"text": f"{{batch}}.{{i}}"}}) for i in range({BATCH})], ["news"])
    print(batch, flush=True)
"""
    env = {**os.environ, "PYTHONPATH": str(Path(recipe_host.__file__).parent.parent)}
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", writer], stdout=subprocess.PIPE, text=True, env=env
        )
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(20)]
        process.send_signal(signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
        process.wait()
        texts = [example["text"] for example in connect().get_dataset_examples("news")]
        assert len(texts) % BATCH == 0
        assert {f"{batch}.{i}" for batch in told for i in range(BATCH)} <= set(texts)
        connect().drop_dataset("news")
    check = sqlite3.connect(home / "prodigy.db").execute("pragma integrity_check").fetchone()
    assert check == ("ok",)


def test_two_processes_write_into_one_dataset() -> None:
    connect().add_dataset("news")
    writer = """
import sys
from recipe_host.connections import connect
from recipe_host.hashing import set_hashes
db = connect()
for i in range(30):
    db.add_examples([set_hashes({"text": f"{sys.argv[1]}.{i}"})], ["news"])
"""
    env = {**os.environ, "PYTHONPATH": str(Path(recipe_host.__file__).parent.parent)}
    writers = [subprocess.Popen([sys.executable, "-c", writer, str(n)], env=env) for n in range(2)]
    assert [process.wait() for process in writers] == [0, 0]
    assert len(connect().get_task_hashes("news")) == 60


def test_a_locked_database_gives_one_clear_sentence(home: Path) -> None:
    db = filled(connect("sqlite", {"timeout": 0.1}), news=[])
    other = sqlite3.connect(home / "prodigy.db", isolation_level=None)
    other.execute("begin immediate")
    with pytest.raises(StoreError, match=r"prodigy.db' is locked by another program; close"):
        db.add_examples(examples("a"), datasets=["news"])
    assert db.count_dataset("news") == 0  # reading goes on, and so does opening
    assert "news" in connect()
    other.execute("rollback")
    db.add_examples(examples("a"), datasets=["news"])
    assert db.count_dataset("news") == 1


def test_databases_that_cannot_be_opened_give_one_clear_sentence(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "prodigy.db").write_text("this is not a database, only a file of that name")
    with pytest.raises(StoreError, match=r"prodigy.db' failed: file is not a database"):
        connect()
    with pytest.raises(StoreError, match="no database is called 'excel'; there are: sqlite"):
        connect("excel")
    (home / "folder.db").mkdir()
    with pytest.raises(StoreError, match=r"cannot be written .*check the rights"):
        connect("sqlite", {"name": "folder.db"})
    with pytest.raises(StoreError, match="a SQLite database takes name, path, timeout, not user"):
        connect("sqlite", {"user": "ann"})
    with pytest.raises(StoreError, match="cannot make the folder"):
        connect("sqlite", {"path": str(home / "prodigy.db" / "below")})


def test_settings_choose_the_database(tmp_path: Path) -> None:
    chosen = {"sqlite": {"name": "mine.db", "path": str(tmp_path / "elsewhere")}}
    Path("prodigy.json").write_text(json.dumps({"db_settings": chosen}))
    connect().add_dataset("news")
    assert (tmp_path / "elsewhere" / "mine.db").exists()


def test_a_database_in_memory_named_by_settings_is_one_for_the_whole_process() -> None:
    Path("prodigy.json").write_text('{"db_settings": {"sqlite": {"name": ":memory:"}}}')
    connect().add_dataset("shared")
    assert "shared" in connect()
    assert "shared" not in memory()


def test_an_own_peewee_database_can_be_used() -> None:
    own = peewee.SqliteDatabase(":memory:")
    db = connect(own, display_id="mine", display_name="My database")
    assert (db.db_id, db.db_name, db.datasets) == ("mine", "My database", [])


def test_an_older_database_is_brought_up_to_date_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from recipe_host import tables

    runs = []
    filled(connect(), news=examples("a")).close()

    def second(database: peewee.Database, known: tables.Tables) -> None:
        runs.append(known.example.select().count())

    monkeypatch.setattr(tables, "MIGRATIONS", [*tables.MIGRATIONS, second])
    connect().close()
    assert connect().count_dataset("news") == 1
    assert runs == [1]
