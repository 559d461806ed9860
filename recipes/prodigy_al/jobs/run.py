"""Many independent jobs: in this process, in several with one BLAS thread each, or on a cluster."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, closing
from functools import cache, partial
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.backend import resource_tracker
from tqdm import tqdm

from prodigy_al.jobs.clusters import RemoteJob, check_cluster, run_named, run_on_cluster
from prodigy_al.jobs.parent import follow_parent, interrupts_blocked

__all__ = ["RemoteJob", "check_cluster", "run_jobs"]

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int = 1,
    cluster: str | None = None,
    label: str = "",
    name: Callable[[Job], str] = str,
) -> Generator[Result, None, None]:
    """Yield ``function(job)`` for every job, in the jobs' order, each as soon as those before are.

    With one worker the jobs run in this process, one after the other as results are asked for.
    With more, each worker process runs one job at a time with one BLAS thread, since threads of
    several workers would compete for the same cores. `cluster` is the address of a Dask scheduler
    (``tcp://HOST:PORT``) whose workers do the same, instead of `workers` processes of this
    machine; they need this package and what the jobs name, and no file system in common if
    `function` is a `RemoteJob`. A terminal shows one bar, called `label`, with an ETA.

    Ctrl+C, no longer iterating and killing this process all end the workers. On a cluster they
    withdraw the jobs that wait; one that runs there goes on to its end, and its result is dropped.
    A job whose worker is lost is run again by another.

    Raises `JobError` with the name of the job that failed and what it failed with, and
    `ParameterError` where the cluster cannot be used.
    """
    results: Generator[Result, None, None]
    if cluster is not None and jobs:
        results = run_on_cluster(cluster, function, jobs, name)
    elif workers == 1 or not jobs:
        results = (run_named(function, name, job) for job in jobs)
    else:
        results = _in_processes(partial(run_named, function, name), jobs, workers)
    with closing(results):
        yield from tqdm(results, total=len(jobs), desc=label or None, disable=None, unit="job")


def _in_processes(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Generator[Result, None, None]:
    # joblib warns when jobs are cancelled, which is what Ctrl+C asks for, and it may do so late:
    # no `with` would be left by then
    warnings.filterwarnings("ignore", "[0-9]+ tasks which were still being processed")
    # and when a worker ended between two jobs, as after idle minutes: another takes its place
    warnings.filterwarnings("ignore", "A worker stopped while some jobs were given")
    # older joblibs unblock SIGINT when they start this process of their own: not below, therefore
    resource_tracker.ensure_running()
    with parallel_config(backend="loky", inner_max_num_threads=1), ExitStack() as at_end:
        # joblib starts its workers here, and a thread that replaces those that end
        with interrupts_blocked():
            parallel = Parallel(n_jobs=workers, return_as="generator")
            run = delayed(_run_in_worker)
            results = parallel(run(os.getpid(), work, job) for job in jobs)
            at_end.enter_context(closing(results))
        yield from results


_follow_parent_once = cache(follow_parent)  # a worker runs many jobs


def _run_in_worker(parent: int, work: Callable[[Job], Result], job: Job) -> Result:
    _follow_parent_once(parent)
    return work(job)
