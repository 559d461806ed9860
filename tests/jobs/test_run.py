"""Jobs run in order, fail by name and end when interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial

import pytest

from prodigy_al.errors import JobError, ParameterError
from prodigy_al.jobs.run import run_jobs


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_jobs(workers):
    def slow_first(job):
        import time

        time.sleep(0.2 if job == 0 else 0)
        return job * job

    assert list(run_jobs(slow_first, range(6), workers=workers)) == [0, 1, 4, 9, 16, 25]


def test_one_worker_is_this_process_and_several_are_not():
    def process(_):
        import os

        return os.getpid()

    assert set(run_jobs(process, range(2), workers=1)) == {os.getpid()}
    assert os.getpid() not in set(run_jobs(process, range(2), workers=2))


def test_each_worker_has_one_blas_thread():
    def threads(_):
        import numpy as np
        from threadpoolctl import threadpool_info

        np.ones((2, 2)) @ np.ones((2, 2))
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    assert list(run_jobs(threads, [0], workers=2)) == [{1}]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_failing_job_is_named_with_what_it_failed_with(workers):
    def inverse(job):
        return 1 / job["x"]

    jobs = [{"x": 1}, {"x": 0}]
    with pytest.raises(
        JobError, match=r"^the job x=0 failed: ZeroDivisionError: division"
    ) as caught:
        list(run_jobs(inverse, jobs, workers=workers, name=lambda job: f"x={job['x']}"))
    assert caught.value.name == "x=0"


def test_results_arrive_before_the_last_job_is_done():
    started = []
    results = run_jobs(started.append, range(3), workers=1)
    next(results)
    assert started == [0]


def test_nothing_is_drawn_where_there_is_no_terminal(capfd):
    list(run_jobs(str, range(3), label="Training"))
    assert capfd.readouterr() == ("", "")


INTERRUPTED = """
import os, time
from prodigy_al.jobs.run import run_jobs

def sleep(job):
    os.write(1, b"started\\n")  # in one piece: both workers share the pipe
    time.sleep(60)

list(run_jobs(sleep, range(4), workers=2))
"""


def test_an_interrupt_ends_every_worker():
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # whoever runs the tests in the background ignores Ctrl+C, and children inherit that
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    group = process.pid
    assert process.stdout.readline() == b"started\n"
    os.killpg(group, signal.SIGINT)
    assert process.wait(timeout=20) != 0
    deadline = time.monotonic() + 10
    while alive(group):
        assert time.monotonic() < deadline, "workers are still running"
        time.sleep(0.1)


def alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def refuse(job: int) -> int:
    raise ParameterError("output", "/full", "cannot be written")


@pytest.mark.parametrize("workers", [1, 2])
def test_a_parameter_that_no_job_can_take_is_not_hidden_behind_a_job(workers: int):
    with pytest.raises(ParameterError, match=r"^output /full: cannot be written$") as refused:
        list(run_jobs(refuse, [1, 2], workers=workers))
    assert refused.value.parameter == "output"
