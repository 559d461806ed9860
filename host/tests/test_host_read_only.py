"""Databases that cannot be written can be read, as far as they hold all that was stored."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import recipe_host
from recipe_host.connections import connect
from recipe_host.hashing import set_hashes

HOST = str(Path(recipe_host.__file__).parent.parent)


@pytest.fixture
def rights_hold() -> tuple[str, ...]:
    """Return how to run a program that a file's rights apply to: they do not apply to root."""
    if os.geteuid() != 0:
        return ()
    if shutil.which("setpriv") is None:
        pytest.skip("rights do not apply to root, and there is no setpriv to give that up")
    rights = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}")


def clean(home: Path) -> None:
    """As the last program leaves a database that it closes."""


def older(home: Path) -> None:
    """As an earlier release left it, which knew fewer tables."""
    with sqlite3.connect(home / "prodigy.db") as other:
        other.execute("delete from migration where number > 1")
        other.execute("drop table batch")


def killed(home: Path) -> None:
    code = """
import os, signal
from recipe_host.connections import connect
connect().add_dataset("sport")
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", code]
    subprocess.run(command, env={**os.environ, "PYTHONPATH": HOST}, check=False, timeout=60)
    assert (home / "prodigy.db-wal").stat().st_size > 0


def command(under: tuple[str, ...], *words: str) -> tuple[int, str]:
    """Run the command line; return its status and what it prints."""
    run = subprocess.run(
        [*under, sys.executable, "-m", "recipe_host", *words],
        env={**os.environ, "PYTHONPATH": HOST},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return run.returncode, run.stdout


@pytest.mark.parametrize("left", [clean, older, killed])
@pytest.mark.parametrize("locked", ["files", "files and folder"])
def test_a_database_that_cannot_be_written_can_be_read(
    home: Path, rights_hold: tuple[str, ...], left: Callable[[Path], None], locked: str
) -> None:
    stored = [set_hashes({"text": "a"})]
    db = connect()
    db.add_dataset("news")
    db.add_examples(stored, ["news"])
    db.close()
    left(home)
    for file in home.iterdir():
        file.chmod(0o400)
    if locked == "files and folder":
        home.chmod(0o500)
    status, shown = command(rights_hold, "db-out", "news")
    assert (status, [json.loads(line) for line in shown.splitlines()]) == (0, stored)
    status, shown = command(rights_hold, "stats", "news")
    assert status == 0
    assert "Annotations   1" in shown
    status, shown = command(rights_hold, "drop", "news")
    assert status == 1
    assert shown.count("\n") == 1
    assert "prodigy.db' cannot be written (attempt to write a readonly database); check" in shown


def test_a_log_that_cannot_be_read_is_named_and_never_left_out(
    home: Path, rights_hold: tuple[str, ...]
) -> None:
    connect().add_dataset("news")
    killed(home)
    (home / "prodigy.db-shm").unlink()
    home.chmod(0o500)
    status, shown = command(rights_hold, "stats")
    assert status == 1
    assert f"the log '{home / 'prodigy.db-wal'}' holds what" in shown
    assert "copy both files into a folder that can be written" in shown
