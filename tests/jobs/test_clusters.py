"""Jobs on a Dask cluster: as in processes of this machine, and what a network adds to it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from pathlib import Path

import dask
import pytest
from distributed import LocalCluster
from local_cluster import start_cluster

from prodigy_al.errors import ActiveLearningError, JobError, ParameterError
from prodigy_al.jobs import clusters
from prodigy_al.jobs.run import RemoteJob, check_cluster, run_jobs


def start(workers: int = 2, threads: int = 1) -> LocalCluster:
    # a job that kills its worker is given to one other, not to three
    with dask.config.set({"distributed.scheduler.allowed-failures": 1}):
        return start_cluster(workers, threads)


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The address of a cluster of two worker processes."""
    with start() as running:
        yield running.scheduler_address


def test_results_come_in_the_order_of_the_jobs_from_other_processes(cluster):
    def slow_first(job):
        import os
        import time

        time.sleep(0.3 if job == 0 else 0)
        return job, os.getpid()

    results = list(run_jobs(slow_first, range(12), cluster=cluster))
    assert [job for job, _ in results] == list(range(12))
    assert os.getpid() not in {process for _, process in results}


def test_a_cluster_can_be_used_where_an_event_loop_runs_as_in_a_notebook(cluster):
    async def cell():
        return list(run_jobs(abs, [-1, -2], cluster=cluster))

    # in a thread of its own, since a browser of another test may have left a loop in this one
    with ThreadPoolExecutor(max_workers=1) as thread:
        assert thread.submit(asyncio.run, cell()).result() == [1, 2]


def test_each_job_has_one_blas_thread(cluster):
    def threads(_):
        import numpy as np
        from threadpoolctl import threadpool_info

        np.ones((2, 2)) @ np.ones((2, 2))
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    assert list(run_jobs(threads, [0], cluster=cluster)) == [{1}]


def test_threads_of_a_worker_take_turns():
    def spell(_):
        import time

        begin = time.monotonic()
        time.sleep(0.2)
        return begin, time.monotonic()

    with start(workers=1, threads=2) as running:
        spells = sorted(run_jobs(spell, range(4), cluster=running.scheduler_address))
    assert all(end <= begin for (_, end), (begin, _) in pairwise(spells))


def test_the_local_step_runs_in_this_process_while_an_earlier_job_still_runs(cluster, tmp_path):
    """The first job waits for a file that the second one's local step writes."""
    written = tmp_path / "written"

    def wait(job):
        import time

        deadline = time.monotonic() + 20
        while job == 0 and not written.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return job == 1 or written.exists()

    def write(job, waited):
        if job == 1:
            written.touch()
        return waited, os.getpid()

    both = run_jobs(RemoteJob(wait, write), [0, 1], cluster=cluster)
    assert list(both) == [(True, os.getpid())] * 2


def test_a_failing_job_is_named_with_its_machine_and_what_it_failed_with(cluster):
    def inverse(job):
        return 1 / job

    message = f"^the job x=0 \\(on {socket.gethostname()}\\) failed: ZeroDivisionError: division"
    with pytest.raises(JobError, match=message) as caught:
        list(run_jobs(inverse, [1, 0], cluster=cluster, name=lambda job: f"x={job}"))
    assert caught.value.name == "x=0"


def test_a_job_that_cannot_be_read_there_fails_by_name(cluster):
    class Unreadable:
        def __reduce__(self):
            return int, ("no number",)

    with pytest.raises(JobError, match="the job odd failed: "):
        list(run_jobs(type, [Unreadable()], cluster=cluster, name=lambda job: "odd"))


def test_the_job_of_a_killed_worker_is_done_by_another(cluster, tmp_path):
    first = tmp_path / "first"

    def die_once(job):
        import os

        if job == 1 and not first.exists():
            first.touch()
            os.kill(os.getppid(), 9)  # the worker that this job's own process belongs to
        return job * job

    assert list(run_jobs(die_once, range(4), cluster=cluster)) == [0, 1, 4, 9]


def test_a_job_that_kills_every_worker_is_named(cluster):
    def die(job):
        import os

        os.kill(os.getppid(), 9)

    with pytest.raises(JobError, match="the job 7 failed: every worker that was given"):
        list(run_jobs(die, [7], cluster=cluster))


def test_a_job_that_kills_its_own_process_is_named(cluster):
    def die(job):
        import os

        os._exit(3)

    with pytest.raises(JobError, match=r"the job 7 .* failed: its process ended with 3"):
        list(run_jobs(die, [7], cluster=cluster))


def test_a_cluster_that_goes_away_is_one_sentence():
    def sleep(_):
        import time

        time.sleep(3)

    running = start(workers=1)
    threading.Timer(0.5, running.close, kwargs={"timeout": 8}).start()
    with pytest.raises(ActiveLearningError, match=r"the cluster at tcp://.* went away"):
        list(run_jobs(sleep, [0, 1], cluster=running.scheduler_address))


INTERRUPTED = """
import sys
from prodigy_al.jobs.run import run_jobs

def mark(job):
    import pathlib, time
    pathlib.Path(sys.argv[2], str(job)).touch()
    time.sleep(1)

list(run_jobs(mark, range(20), cluster=sys.argv[1]))
"""


def test_an_interrupt_withdraws_what_waits(cluster: str, tmp_path: Path):
    program = INTERRUPTED.replace("sys.argv[2]", repr(str(tmp_path)))
    process = subprocess.Popen(
        [sys.executable, "-c", program, cluster],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # whoever runs the tests in the background ignores Ctrl+C, and children inherit that
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    deadline = time.monotonic() + 20
    while not any(tmp_path.iterdir()):
        assert time.monotonic() < deadline, "no job was begun"
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    _, complaint = process.communicate(timeout=10)
    begun = len(list(tmp_path.iterdir()))
    assert process.returncode != 0
    assert complaint.rstrip().endswith("KeyboardInterrupt")
    assert "ERROR" not in complaint
    # the cluster goes on for others, and nothing of ours is done on it
    assert list(run_jobs(abs, [-1, -2, -3], cluster=cluster)) == [1, 2, 3]
    time.sleep(1.5)
    assert len(list(tmp_path.iterdir())) <= begun + 2
    assert len(list(tmp_path.iterdir())) < 20


def test_no_cluster_is_asked_for_where_there_is_nothing_to_do():
    assert list(run_jobs(abs, [], cluster="tcp://127.0.0.1:1")) == []


@pytest.mark.parametrize("listens", [False, True])
def test_where_no_scheduler_answers_is_one_sentence_in_time(listens, monkeypatch):
    monkeypatch.setattr(clusters, "CLUSTER_SECONDS", 1)
    with socket.socket() as there:
        there.bind(("127.0.0.1", 0))
        if listens:  # and says nothing
            there.listen()
        address = f"tcp://127.0.0.1:{there.getsockname()[1]}"
        begin = time.monotonic()
        with pytest.raises(ParameterError, match=f"engine {address}: found no Dask scheduler"):
            check_cluster(address)
        assert time.monotonic() - begin < 5


def test_a_cluster_without_workers_is_one_sentence(monkeypatch):
    monkeypatch.setattr(clusters, "CLUSTER_SECONDS", 1)
    with (
        start(workers=0) as running,
        pytest.raises(ParameterError, match=r"tcp:.* without workers"),
    ):
        check_cluster(running.scheduler_address)


def test_without_dask_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParameterError, match=r"pip install 'prodigy-al\[jobs\]'"):
        check_cluster("tcp://127.0.0.1:8786")
