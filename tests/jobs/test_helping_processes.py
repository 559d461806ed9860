"""Processes that help: results in order, errors as sentences, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from processes import alive

from prodigy_al.errors import ActiveLearningError, AnswerError, JobError
from prodigy_al.jobs.processes import AHEAD, Helpers, run_in_turn


def make_double() -> Callable[[int], tuple[int, int]]:
    return lambda x: (os.getpid(), 2 * x)


def make_slow() -> Callable[[int], tuple[int, int]]:
    time.sleep(0.3)
    return lambda x: (os.getpid(), 2 * x)


def make_refusing() -> Callable[[int], None]:
    raise AnswerError("nothing usable", dataset="news")


def make_dividing() -> Callable[[int], float]:
    return lambda x: x / 0


def make_dying() -> Callable[[int], None]:
    return lambda x: os.kill(os.getpid(), signal.SIGKILL)


def double_slowly(x: int) -> tuple[int, int]:
    time.sleep(0.01)
    return os.getpid(), 2 * x


def test_results_come_in_order_from_this_process_and_others():
    with Helpers(make_double, 2) as helpers:
        results = list(run_in_turn(iter(range(300)), double_slowly, helpers))
    assert [doubled for _, doubled in results] == list(range(0, 600, 2))
    processes = {process for process, _ in results}
    assert os.getpid() in processes
    assert len(processes) == 3
    assert not any(alive(one) for one in processes - {os.getpid()})


def test_no_job_at_all_and_fewer_jobs_than_processes():
    with Helpers(make_double, 2) as helpers:
        assert list(run_in_turn([], double_slowly, helpers)) == []
    with Helpers(make_double, 2) as helpers:
        assert [x for _, x in run_in_turn([4], double_slowly, helpers)] == [8]


def test_jobs_are_read_as_they_are_needed():
    read = 0

    def jobs() -> Iterator[int]:
        nonlocal read
        while read < 1000:
            read += 1
            yield read

    # a helper that takes its time to begin, while this process goes ahead
    with Helpers(make_slow, 1) as helpers:
        results = run_in_turn(jobs(), lambda x: (os.getpid(), 2 * x), helpers)
        assert next(results)[1] == 2
        assert read <= AHEAD * 2


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (make_refusing, ActiveLearningError, r"^nothing usable$"),
        (make_dividing, JobError, r"^a process that helps failed: ZeroDivisionError: division"),
        (make_dying, JobError, r"^a process that helps ended with exit code -9, as where memory "
         r"runs out; start again$"),
    ],
)  # fmt: skip
def test_what_goes_wrong_there_is_one_sentence(
    make: Callable[[], Callable[[int], object]], kind: type[Exception], sentence: str
):
    with pytest.raises(kind, match=sentence), Helpers(make, 1, remedy="start again") as helpers:
        list(run_in_turn(range(50), double_slowly, helpers))


KILLED = """
import os, sys, time
from prodigy_al.jobs.processes import Helpers, run_in_turn
from tests_of_helpers import wait_forever

# without a main guard: a helper does not run it again
with Helpers(wait_forever, 2) as helpers:
    for _ in range(4):
        helpers.submit(sys.argv[1])
    while True:
        time.sleep(0.1)
"""
MODULE = """
import os, time
from pathlib import Path


def wait_forever():
    def wait(folder):
        Path(folder, str(os.getpid())).touch()
        time.sleep(600)

    return wait
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_none_outlives_the_process_that_started_it(tmp_path: Path, how: signal.Signals):
    (tmp_path / "killed.py").write_text(KILLED)
    (tmp_path / "tests_of_helpers.py").write_text(MODULE)
    (tmp_path / "seen").mkdir()
    process = subprocess.Popen(
        [sys.executable, "killed.py", str(tmp_path / "seen")],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    deadline = time.monotonic() + 60
    while len(started := [int(one.name) for one in (tmp_path / "seen").iterdir()]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    complaint = process.communicate(timeout=30)[1]
    while any(alive(one) for one in started):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # of this process alone: those that helped say nothing
    assert complaint.count("Traceback") == (how == signal.SIGINT)
