"""Many independent jobs: in this process, or in several with one BLAS thread each."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config
from tqdm import tqdm

from prodigy_al.errors import ActiveLearningError

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    workers: int = 1,
    label: str = "",
    name: Callable[[Job], str] = str,
) -> Iterator[Result]:
    """Yield ``function(job)`` for every job, in the jobs' order, each as soon as it is its turn.

    With one worker the jobs run here, one after the other as results are asked for. With more,
    each worker process runs one job at a time with one BLAS thread, since threads of several
    workers would fight for the same cores. A terminal shows one bar, called `label`, with an ETA.
    Interrupting (Ctrl+C), or no longer iterating, ends the workers.

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
    with parallel_config(backend="loky", inner_max_num_threads=1):
        parallel = Parallel(n_jobs=workers, return_as="generator")
        yield from parallel(delayed(_run)(function, job, name) for job in jobs)


def _run(function: Callable[[Job], Result], job: Job, name: Callable[[Job], str]) -> Result:
    try:
        return function(job)
    except Exception as error:
        raise ActiveLearningError(
            f"The job {name(job)} failed: {type(error).__name__}: {error}"
        ) from error
