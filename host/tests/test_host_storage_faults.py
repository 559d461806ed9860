"""Disks that fill, files that go, locks that stay: each is one sentence, and no answer is lost."""

from __future__ import annotations

import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import recipe_host
from recipe_host.connections import connect
from recipe_host.errors import StoreError
from recipe_host.hashing import set_hashes
from recipe_host.server.app import make_app
from recipe_host.session import Controller

pytest.importorskip("httpx2", reason="starlette's test client needs httpx2")
from starlette.testclient import TestClient

HOST = str(Path(recipe_host.__file__).parent.parent)
OWN_MOUNTS = ("unshare", "--user", "--map-root-user", "--mount")
# Annotates through the server until an answer is refused, makes room, and sends that answer again.
UNTIL_REFUSED = """
import json, sys
from itertools import count
from pathlib import Path
from starlette.testclient import TestClient
from recipe_host.connections import connect
from recipe_host.server.app import make_app
from recipe_host.session import Controller

stream = ({"text": f"{n} " + "x" * 9_000} for n in count())
components = {"dataset": "news", "view_id": "text", "stream": stream}
controller = Controller.from_components("ask", components, {"batch_size": 1})
page = TestClient(make_app(controller), base_url="http://localhost", raise_server_exceptions=False)
held, told = [], []

def call(path, **body):
    reply = page.post(path, json={"session_id": None, **body})
    return reply.json() if reply.status_code == 503 else {**reply.json(), "error": ""}

def annotate(rounds):
    for _ in range(rounds):
        if not held:
            asked = call("/get_session_questions", holding=[])
            if asked["error"]:
                return asked["error"]
            held.extend({**task, "answer": "accept"} for task in asked["tasks"])
        given = call("/give_answers", answers=held, batch_id=f"batch-{len(told):08}")
        if given["error"]:
            return given["error"]
        told.append(held.pop()["text"].split()[0])
    return ""

refused, before = annotate(1_000), len(told)
exec(sys.argv[1])  # make room
after = annotate(5)
stored = [e["text"].split()[0] for e in connect().get_dataset_examples("news")]
print(json.dumps([refused, before, after, told, stored]))
"""


def python(code: str, *words: str, under: tuple[str, ...] = (), **options: Any) -> Any:
    """Run code in a process and return the JSON that it prints."""
    run = subprocess.run(
        [*under, sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": HOST, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        **options,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.fixture
def small_disk(home: Path) -> tuple[str, ...]:
    """Return how to run a program for which the home is a disk of 1 MiB."""
    mount = f'mount -t tmpfs -o size=1m tmpfs {home} && exec "$@"'
    command = (*OWN_MOUNTS, "sh", "-c", mount, "sh")
    if shutil.which("unshare") is None:
        pytest.skip("a small disk needs Linux and its program unshare")
    tried = subprocess.run([*command, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"this machine lets nobody mount a small disk: {tried.stderr.strip()}")
    return command


def test_a_full_disk_is_named_and_answers_go_on_when_there_is_room(
    home: Path, small_disk: tuple[str, ...]
) -> None:
    filler = "import os\nfiller = os.environ['PRODIGY_HOME'] + '/filler'\n"
    fill = f"{filler}open(filler, 'wb').write(bytes(400_000))\n"
    refused, before, after, told, stored = python(
        fill + UNTIL_REFUSED, "os.unlink(filler)", under=small_disk
    )
    assert refused == (
        f"the disk of the database '{home / 'prodigy.db'}' is full: make room there, or set "
        "PRODIGY_HOME to a folder of another disk; nothing was stored, and the page keeps the "
        "answers"
    )
    assert before > 0
    assert after == ""
    assert told == stored == [str(n) for n in range(before + 5)]


def test_a_limit_on_file_sizes_is_named_and_answers_go_on_when_it_goes() -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))

    lift = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (r.RLIM_INFINITY,) * 2)"
    refused, before, after, told, stored = python(UNTIL_REFUSED, lift, preexec_fn=limit)
    assert "disk I/O error; check its disk, and the limit on file sizes" in refused
    assert before > 0
    assert after == ""
    assert told == stored == [str(n) for n in range(before + 5)]


def test_a_disk_that_fills_within_a_batch_is_named_and_leaves_nothing_of_it(home: Path) -> None:
    db = connect()
    pages = db.db.execute_sql("pragma page_count").fetchone()[0] + 20
    db.db.execute_sql("pragma cache_size = 10")  # so that it writes before the end of the batch
    db.db.execute_sql(f"pragma max_page_count = {pages}")
    batch = [set_hashes({"text": f"{n} " + "x" * 9_000}) for n in range(100)]

    def store() -> None:
        with db.transaction():
            db.add_dataset("news")
            db.add_examples(batch, ["news"])

    with pytest.raises(StoreError, match=r"^the disk of the database '.*prodigy.db' is full: make"):
        store()
    assert db.datasets == []
    db.db.execute_sql("pragma max_page_count = 1000000")
    store()
    assert connect().get_dataset_examples("news") == batch


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_an_export_to_a_full_disk_is_one_sentence() -> None:
    db = connect()
    db.add_dataset("news")
    db.add_examples([set_hashes({"text": "a"})], ["news"])
    command = [sys.executable, "-m", "recipe_host", "db-out", "news"]
    with Path("/dev/full").open("w") as full:
        run = subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": HOST},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert (run.returncode, run.stderr) == (
        1,
        "✘ cannot write to standard output: No space left on device\n",
    )


def remove(home: Path) -> None:
    for file in home.glob("prodigy.db*"):
        file.unlink()


def replace(home: Path) -> None:
    shutil.copy(home / "prodigy.db", home / "copy.db")
    (home / "copy.db").replace(home / "prodigy.db")


def remove_log(home: Path) -> None:
    (home / "prodigy.db-wal").unlink()


def move_folder(home: Path) -> None:
    home.rename(home.with_name("moved"))


class Annotated:
    """A run whose page has answered one of its tasks."""

    def __init__(self, **components: Any) -> None:
        stream = [{"text": letter} for letter in "abc"]
        run = {"dataset": "news", "view_id": "text", "stream": stream, **components}
        app = make_app(Controller.from_components("ask", run, {"batch_size": 3}))
        self._page = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        self._tasks = self._page.get("/get_questions").json()["tasks"]
        assert self.answer(0) == ""

    def answer(self, index: int) -> str:
        """Give an answer; return why it was not stored."""
        body = {"answers": [{**self._tasks[index], "answer": "accept"}]}
        reply = self._page.post("/give_answers", json={**body, "batch_id": f"batch-{index:03}"})
        assert reply.status_code in (200, 503)
        return str(reply.json().get("error", ""))

    def open_texts(self) -> list[str]:
        """Ask as a page that holds nothing any more."""
        reply = self._page.post("/get_session_questions", json={"session_id": None, "holding": []})
        return [task["text"] for task in reply.json()["tasks"]]


SWAPPED = "prodigy.db' was removed or replaced while it was open: put its files back, or start"


@pytest.mark.parametrize("swap", [remove, replace, remove_log, move_folder])
def test_no_answer_is_confirmed_that_would_go_into_a_lost_file(
    home: Path, swap: Callable[[Path], None]
) -> None:
    run = Annotated()
    swap(home)
    for index in (1, 2):
        assert SWAPPED in run.answer(index)
    reply = run.answer(1)
    assert reply.endswith("nothing was stored, and the page keeps the answers")


def test_a_file_that_goes_while_an_answer_is_stored_is_noticed_before_it_is_confirmed(
    home: Path,
) -> None:
    batches = iter((lambda: None, lambda: remove(home)))

    def before_db(answers: list[Any]) -> list[Any]:
        next(batches)()
        return answers

    assert SWAPPED in Annotated(before_db=before_db).answer(1)


def test_an_answer_that_was_stored_unconfirmed_is_not_asked_again_once_it_is_confirmed(
    home: Path,
) -> None:
    batches = iter((lambda: None, lambda: move_folder(home)))

    def before_db(answers: list[Any]) -> list[Any]:
        next(batches, lambda: None)()
        return answers

    run = Annotated(before_db=before_db)
    assert SWAPPED in run.answer(1)  # written, into files that had gone
    home.with_name("moved").rename(home)
    assert run.answer(1) == ""
    assert run.open_texts() == ["c"]
    assert [one["text"] for one in connect().get_dataset_examples("news")] == ["a", "b"]


def test_answers_go_on_when_the_files_are_back(home: Path) -> None:
    run = Annotated()
    move_folder(home)
    assert SWAPPED in run.answer(1)
    home.with_name("moved").rename(home)
    assert run.answer(1) == run.answer(2) == ""
    assert [one["text"] for one in connect().get_dataset_examples("news")] == ["a", "b", "c"]


def test_a_lock_is_named_after_five_seconds_and_nobody_waits_for_anothers_wait(
    home: Path,
) -> None:
    run = Annotated()
    other = sqlite3.connect(home / "prodigy.db", isolation_level=None)
    other.execute("begin immediate")
    begin = time.monotonic()
    with ThreadPoolExecutor(4) as people:
        said = list(people.map(run.answer, [1, 2, 1, 2]))
    assert 4 < time.monotonic() - begin < 9  # one wait of five seconds
    assert all("prodigy.db' is locked by another program; close" in reply for reply in said)
    other.execute("rollback")
    assert run.answer(1) == run.answer(2) == ""
    other.execute("begin immediate")
    with ThreadPoolExecutor(1) as person:
        late = person.submit(run.answer, 0)
        time.sleep(1)
        other.execute("rollback")  # a short lock is waited for, also after a long one
        assert late.result() == ""
