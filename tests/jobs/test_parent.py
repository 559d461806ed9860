"""Processes that a terminal's Ctrl+C reaches while they start, and that are ended while they do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

# Python runs a module of this name as it starts, before anything else. The processes that the
# program starts say here that they are there, and stay in this state for a while.
SLOW_START = """
import os, pathlib, time
if os.getppid() != {tests}:
    pathlib.Path({seen!r}, str(os.getpid())).touch()
    time.sleep({seconds})
"""
SECONDS = 2.0

WITH_WORKERS = """
from prodigy_al.jobs.run import run_jobs
work = lambda: list(run_jobs(abs, [-1, -2, -3], workers=2))
"""
WITH_A_CHILD = """
from prodigy_al.jobs.child import ChildProcess
work = lambda: [ChildProcess().run(abs, x) for x in (-1, -2, -3)]
"""
ON_A_CLUSTER = """
from prodigy_al.jobs.clusters import _run_on_worker
work = lambda: [_run_on_worker(abs, str, x) for x in (-1, -2, -3)]
"""
CLOSED_AT_ONCE = """
import pathlib, threading, time
from contextlib import suppress
from prodigy_al.errors import JobError
from prodigy_al.jobs.child import ChildProcess
child = ChildProcess()

def run():
    with suppress(JobError):
        child.run(len, bytes(10_000_000))  # more than a pipe holds before it is read

def work():
    threading.Thread(target=run, daemon=True).start()
    while len(list(pathlib.Path({seen!r}).iterdir())) < 2:
        time.sleep(0.01)
    child.close()
    return "closed"
"""
PROGRAM = """
import sys
{import_and_define_work}
if __name__ == "__main__":
    try:
        print(work())
    except KeyboardInterrupt:
        sys.exit(130)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """A folder with a file per process that was started, named by its number."""
    folder = tmp_path / "seen"
    folder.mkdir()
    return folder


@pytest.fixture
def start(tmp_path: Path, seen: Path) -> Start:
    """Start a program whose child processes take their time to start."""
    site = tmp_path / "site"
    site.mkdir()
    slow = SLOW_START.format(tests=os.getpid(), seen=str(seen), seconds=SECONDS)
    (site / "sitecustomize.py").write_text(slow)

    def started(work: str) -> subprocess.Popen[str]:
        (tmp_path / "program.py").write_text(PROGRAM.format(import_and_define_work=work))
        return subprocess.Popen(
            [sys.executable, str(tmp_path / "program.py")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # a process group of its own, as a terminal gives it
            # whoever runs the tests in the background ignores Ctrl+C, and children inherit that
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
            env=os.environ | {"PYTHONPATH": os.pathsep.join([str(site), *sys.path])},
        )

    return started


@pytest.mark.parametrize("work", [WITH_WORKERS, WITH_A_CHILD, ON_A_CLUSTER])
def test_an_interrupt_does_not_reach_a_process_that_starts(work: str, start: Start, seen: Path):
    """Each process is sent the signal in its first moments, the one that waits for it is not."""
    process = start(work)
    interrupted: set[str] = set()
    while process.poll() is None:
        for name in {file.name for file in seen.iterdir()} - interrupted:
            os.kill(int(name), signal.SIGINT)
            interrupted.add(name)
        time.sleep(0.02)
    said, complaint = process.communicate()
    assert (said, complaint) == ("[1, 2, 3]\n", "")
    assert process.returncode == 0
    assert len(interrupted) >= 3


@pytest.mark.parametrize(("work", "enough"), [(WITH_WORKERS, 4), (WITH_A_CHILD, 2)])
@pytest.mark.parametrize("how", ["group", "main"])
def test_an_interrupt_while_processes_start_ends_all_without_a_word(
    work: str, enough: int, how: str, start: Start, seen: Path
):
    process = start(work)
    deadline = time.monotonic() + 30
    while len(list(seen.iterdir())) < enough:
        assert time.monotonic() < deadline, "too few processes were started"
        time.sleep(0.01)
    (os.killpg if how == "group" else os.kill)(process.pid, signal.SIGINT)
    said, complaint = process.communicate(timeout=10)
    assert (said, complaint) == ("", "")
    assert process.returncode == 130
    deadline = time.monotonic() + 10
    while group_is_alive(process.pid):
        assert time.monotonic() < deadline, "processes are still running"
        time.sleep(0.1)


def test_a_process_that_is_closed_while_it_starts_ends_without_a_word(start: Start, seen: Path):
    process = start(CLOSED_AT_ONCE.format(seen=str(seen)))
    assert process.communicate(timeout=30) == ("closed\n", "")
    assert process.returncode == 0


def group_is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
