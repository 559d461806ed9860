"""Many independent jobs: in this process, in several with one BLAS thread each, or on a cluster."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache, partial
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from prodigy_al.jobs.clusters import RemoteJob, check_cluster, run_named, run_on_cluster

__all__ = ["RemoteJob", "check_cluster", "run_jobs"]

Job = TypeVar("Job")
Result = TypeVar("Result")

OWNER_SECONDS = 0.5  # how soon a worker notices that its owner was killed


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int = 1,
    cluster: str | None = None,
    label: str = "",
    name: Callable[[Job], str] = str,
) -> Generator[Result, None, None]:
    """Yield ``function(job)`` for every job, in the jobs' order, each as soon as it is its turn.

    With one worker the jobs run here, one after the other as results are asked for. With more,
    each worker process runs one job at a time with one BLAS thread, since threads of several
    workers would fight for the same cores. `cluster` is the address of a Dask scheduler
    (``tcp://HOST:PORT``) whose workers do the same, instead of `workers` processes of this
    machine; they need this package and what the jobs name, and no file system in common if
    `function` is an `RemoteJob`. A terminal shows one bar, called `label`, with an ETA.

    Interrupting (Ctrl+C), or no longer iterating, ends the workers; so does killing this process.
    On a cluster it withdraws what waits; a job at work there goes on to its end, unheard. A job
    whose worker is lost is done again by another.

    Raises ActiveLearningError with the name of the job that failed and what it failed with, and
    ParameterError where the cluster cannot be used.
    """
    with closing(_results(function, jobs, workers, cluster, name)) as results:
        yield from tqdm(results, total=len(jobs), desc=label or None, disable=None, unit="job")


def _results(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: int,
    cluster: str | None,
    name: Callable[[Job], str],
) -> Generator[Result, None, None]:
    if cluster is not None and jobs:
        yield from run_on_cluster(cluster, function, jobs, name)
    elif workers == 1 or not jobs:
        yield from (run_named(function, name, job) for job in jobs)
    else:
        yield from _in_processes(partial(run_named, function, name), jobs, workers)


def _in_processes(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[Result]:
    # joblib warns of cancelled jobs, wherever the interruption meets it: it is what was asked for;
    # and of a worker that ended between two jobs, as after idle minutes: another takes its place
    warnings.filterwarnings("ignore", "[0-9]+ tasks which were still being processed")
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=workers, return_as="generator")
        run = delayed(_run_in_worker)
        with _children_deaf_to_interrupts():
            results = parallel(run(os.getpid(), work, job) for job in jobs)
        yield from results


@contextmanager
def _children_deaf_to_interrupts() -> Iterator[None]:
    """Block Ctrl+C while worker processes are made, and so in them, for good.

    A terminal sends it to all of them at once; ending them is for this process alone.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_in_worker(owner: int, work: Callable[[Job], Result], job: Job) -> Result:
    _settle_in(owner)
    return work(job)


@cache
def _settle_in(owner: int) -> None:
    """Once in a worker: end when the owner was killed, and leave nothing behind when it ends us."""

    def wait() -> None:
        while os.getppid() == owner:
            time.sleep(OWNER_SECONDS)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
    # tqdm's own lock is a semaphore between processes, which outlives a killed worker
    tqdm.set_lock(threading.RLock())
