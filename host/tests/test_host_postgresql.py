"""One suite for both databases: what holds in SQLite holds on a PostgreSQL server, which the tests
start themselves.
"""

from __future__ import annotations

import itertools
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import peewee
import pytest

import recipe_host
from recipe_host.connections import connect
from recipe_host.errors import DatasetNotFound, StoreError
from recipe_host.hashing import set_hashes
from recipe_host.session import Controller
from recipe_host.store import Database

Open = Callable[[], Database]
PATH = {"PYTHONPATH": str(Path(recipe_host.__file__).parent.parent)}


def installed(program: str) -> str | None:
    """Debian keeps the server's programs off the path, one folder a version."""
    found = [*sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}")), shutil.which(program)]
    return str(found[0]) if found[0] else None


class Server:
    """A PostgreSQL server in a folder of its own, reached through a socket in that folder."""

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self.user = user
        self._numbers = itertools.count()
        self.run("initdb", "--auth=trust", "--username=ann", "--encoding=UTF8", "--no-sync")
        self.start()

    def run(self, program: str, *words: str) -> None:
        command = [str(installed(program)), "-D", str(self.folder / "files"), *words]
        with (self.folder / "log").open("a") as log:
            subprocess.run(
                command,
                check=True,
                user=self.user,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def start(self) -> None:
        # Without fsync: a killed server loses nothing that it wrote, only a lost machine does.
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off"
        self.run("pg_ctl", "--wait", "-o", options, "start")

    def stop(self, mode: str) -> None:
        self.run("pg_ctl", "--wait", f"--mode={mode}", "stop")

    def parameters(self, database: str) -> dict[str, str]:
        return {"host": str(self.folder), "user": "ann", "database": database}

    def new_database(self) -> dict[str, str]:
        name = f"test{next(self._numbers)}"
        admin = peewee.PostgresqlDatabase(**self.parameters("postgres"), prefer_psycopg3=True)
        admin.execute_sql(f"create database {name}")
        admin.close()
        return self.parameters(name)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pytest.importorskip("psycopg", reason="the PostgreSQL driver psycopg is not installed")
    if installed("initdb") is None:
        pytest.skip("no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    # The server refuses to run as root, and others cannot enter pytest's own folders.
    users = {entry.pw_name for entry in pwd.getpwall()} & {"postgres", "nobody"}
    user = max(users) if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="store-", ignore_cleanup_errors=True) as folder:
        if user is not None:
            shutil.chown(folder, user)
        running = Server(Path(folder), user)
        yield running
        running.stop("immediate")  # nothing here is to be kept


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


def run(code: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        env={**os.environ, **PATH},
        stdout=subprocess.PIPE,
        text=True,
    )


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
        db.get_dataset_examples("news")
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
    process = run(writer)
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


def test_a_crashed_server_has_every_answer_and_the_store_finds_it_again(
    server: Server, home: Path
) -> None:
    db = connect("postgresql", server.new_database())
    db.add_dataset("news")
    db.add_examples(examples("a", "b"), datasets=["news"])
    server.stop("immediate")  # without writing anything more
    try:
        with pytest.raises(
            StoreError, match=r"postgresql database 'test\d+' failed: .*db_settings"
        ):
            db.count_dataset("news")
        with pytest.raises(StoreError, match="check that the server runs"):
            db.add_examples(examples("c"), datasets=["news"])
    finally:
        server.start()
    assert [example["text"] for example in db.get_dataset_examples("news")] == ["a", "b"]
    db.add_examples(examples("c"), datasets=["news"])
    assert db.count_dataset("news") == 3


def test_answers_are_waited_for_where_the_server_would_not(server: Server) -> None:
    parameters = server.new_database()
    lax = {**parameters, "options": "-c synchronous_commit=off"}
    db = connect("postgresql", lax)

    def mode() -> str:
        (value,) = db.db.execute_sql("show synchronous_commit").fetchone()
        return str(value)

    assert mode() == "off"
    with db.transaction():
        assert mode() == "on"
    strict = connect("postgresql", {**parameters, "options": "-c synchronous_commit=remote_apply"})
    with strict.transaction():
        assert strict.db.execute_sql("show synchronous_commit").fetchone() == ("remote_apply",)


def test_a_server_is_chosen_by_the_environment(
    server: Server, terminal: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = server.new_database()
    overrides = {"db": "postgresql", "db_settings": {"postgresql": {"dbname": chosen["database"]}}}
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", json.dumps(overrides))
    monkeypatch.setenv("PGHOST", chosen["host"])  # the driver's own variables
    monkeypatch.setenv("PGUSER", chosen["user"])
    assert terminal("db-in", "news", "-", stdin='{"text": "a"}\n').returncode == 0
    assert connect("postgresql", chosen).count_dataset("news") == 1
    shown = terminal("stats").stdout
    assert chosen["database"] in shown
    assert "postgresql" in shown


def test_a_url_names_the_database_and_its_password_is_never_shown(server: Server) -> None:
    chosen = server.new_database()
    url = f"postgresql://ann:secret@/{chosen['database']}?host={chosen['host']}"
    db = connect("postgresql", {"database": url})
    assert (db.datasets, db.db_name, db.db_id) == ([], chosen["database"], "postgresql")
    with pytest.raises(StoreError) as caught:
        connect("postgresql", {"database": url.replace(chosen["database"], "nowhere")})
    assert "secret" not in str(caught.value)
    assert "'nowhere' failed" in str(caught.value)


def test_a_missing_driver_is_named_with_what_to_install() -> None:
    code = """
import sys
sys.modules["psycopg"] = sys.modules["psycopg2"] = None
from recipe_host.connections import connect
try:
    connect("postgresql")
except Exception as error:
    print(type(error).__name__, error)
"""
    process = run(code)
    said, _ = process.communicate(timeout=60)
    assert said.startswith("StoreError the driver for 'postgresql' is not installed")
    assert "pip install 'recipe-host[postgresql]'" in said
