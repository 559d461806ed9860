"""Many independent jobs: in this process, or in several with one BLAS thread each."""

from __future__ import annotations

import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from prodigy_al.errors import ActiveLearningError

Job = TypeVar("Job")
Result = TypeVar("Result")

OWNER_SECONDS = 0.5  # how soon a worker notices that its owner was killed


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int = 1,
    label: str = "",
    name: Callable[[Job], str] = str,
) -> Generator[Result, None, None]:
    """Yield ``function(job)`` for every job, in the jobs' order, each as soon as it is its turn.

    With one worker the jobs run here, one after the other as results are asked for. With more,
    each worker process runs one job at a time with one BLAS thread, since threads of several
    workers would fight for the same cores. A terminal shows one bar, called `label`, with an ETA.
    Interrupting (Ctrl+C), or no longer iterating, ends the workers; so does killing this process.

    Raises ActiveLearningError with the name of the job that failed and what it failed with.
    """
    with closing(_results(function, jobs, workers, name)) as results:
        yield from tqdm(results, total=len(jobs), desc=label or None, disable=None, unit="job")


def _results(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: int,
    name: Callable[[Job], str],
) -> Generator[Result, None, None]:
    if workers == 1:
        yield from (_run(function, job, name) for job in jobs)
        return
    # joblib warns of cancelled jobs, wherever the interruption meets it: it is what was asked for
    warnings.filterwarnings("ignore", "[0-9]+ tasks which were still being processed")
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=workers, return_as="generator")
        work = delayed(_run_in_worker)
        with _children_deaf_to_interrupts():
            results = parallel(work(os.getpid(), function, job, name) for job in jobs)
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


def _run_in_worker(
    owner: int, function: Callable[[Job], Result], job: Job, name: Callable[[Job], str]
) -> Result:
    _settle_in(owner)
    return _run(function, job, name)


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


def _run(function: Callable[[Job], Result], job: Job, name: Callable[[Job], str]) -> Result:
    try:
        return function(job)
    except Exception as error:
        # our own sentences say what is wrong without the name of a class
        kind = "" if isinstance(error, ActiveLearningError) else f"{type(error).__name__}: "
        raise ActiveLearningError(f"The job {name(job)} failed: {kind}{error}") from error
