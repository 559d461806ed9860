"""Many independent jobs: in this process, in several with one BLAS thread each, or on a cluster.

The cluster is Dask's, spoken to directly and not through joblib's backend for it: that one waits
for ever for a job whose workers died, and leaves what was submitted to run on when it is closed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from prodigy_al.errors import ActiveLearningError, OptionError

if TYPE_CHECKING:
    from distributed import Client, Future

Job = TypeVar("Job")
Found = TypeVar("Found")
Result = TypeVar("Result")

OWNER_SECONDS = 0.5  # how soon a worker notices that its owner was killed
CLUSTER_SECONDS = 5  # to reach a scheduler, and again for it to have a worker
JOBS_A_WORKER = 2  # on a cluster: one at work, the next one there already

_ONE_AT_A_TIME = threading.Lock()  # in a worker of a cluster, which may have several threads


@dataclass(frozen=True)
class AwayAndHome(Generic[Job, Found, Result]):
    """A function of a job in two steps, `home` of the job and what `away` found.

    On a cluster only `away` travels: `home` is done in the owner's process, on its disk, as soon
    as `away` is done, also while an earlier job is at work. Elsewhere one process does both.

    >>> list(run_jobs(AwayAndHome(abs, pow), [-2, 3]))
    [4, 27]
    """

    away: Callable[[Job], Found]
    home: Callable[[Job, Found], Result]

    def __call__(self, job: Job) -> Result:
        """Do both here."""
        return self.home(job, self.away(job))


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
    `function` is an `AwayAndHome`. A terminal shows one bar, called `label`, with an ETA.

    Interrupting (Ctrl+C), or no longer iterating, ends the workers; so does killing this process.
    On a cluster it withdraws what waits; a job at work there goes on to its end, unheard. A job
    whose worker is lost is done again by another.

    Raises ActiveLearningError with the name of the job that failed and what it failed with, and
    OptionError where the cluster cannot be used.
    """
    with closing(_results(function, jobs, workers, cluster, name)) as results:
        yield from tqdm(results, total=len(jobs), desc=label or None, disable=None, unit="job")


def check_cluster(address: str) -> None:
    """Raise OptionError unless a Dask scheduler with at least one worker answers there."""
    with _connected(address):
        pass


def _results(
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    workers: int,
    cluster: str | None,
    name: Callable[[Job], str],
) -> Generator[Result, None, None]:
    if cluster is not None and jobs:
        yield from _in_order(_done_on_cluster(cluster, function, jobs, name))
    elif workers == 1 or not jobs:
        yield from (_run(function, name, job) for job in jobs)
    else:
        yield from _in_processes(partial(_run, function, name), jobs, workers)


def _run(function: Callable[[Job], Result], name: Callable[[Job], str], job: Job) -> Result:
    try:
        return function(job)
    except Exception as error:
        raise _failure(name(job), error) from error


def _failure(name: str, error: Exception) -> ActiveLearningError:
    # our own sentences say what is wrong without the name of a class
    kind = "" if isinstance(error, ActiveLearningError) else f"{type(error).__name__}: "
    return ActiveLearningError(f"The job {name} failed: {kind}{error}")


def _in_processes(
    work: Callable[[Job], Result], jobs: Sequence[Job], workers: int
) -> Iterator[Result]:
    # joblib warns of cancelled jobs, wherever the interruption meets it: it is what was asked for
    warnings.filterwarnings("ignore", "[0-9]+ tasks which were still being processed")
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


def _in_order(done: Iterator[tuple[int, Result]]) -> Iterator[Result]:
    """Yield numbered results in the order of their numbers 0, 1, ..., each as soon as it can be.

    >>> list(_in_order(iter([(1, "b"), (0, "a"), (2, "c")])))
    ['a', 'b', 'c']
    """
    kept_back: dict[int, Result] = {}
    turn = 0
    for i, result in done:
        kept_back[i] = result
        while turn in kept_back:
            yield kept_back.pop(turn)
            turn += 1


def _done_on_cluster(
    address: str,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    name: Callable[[Job], str],
) -> Iterator[tuple[int, Result]]:
    """Yield every job's position and result, as they are done."""
    steps: AwayAndHome[Job, Any, Result]
    if isinstance(function, AwayAndHome):
        steps = function
    else:
        steps = AwayAndHome(function, lambda _, result: result)
    work = partial(_run_alone, steps.away, name)
    to_submit = iter(range(len(jobs)))
    at_work: dict[Future[Any], int] = {}
    with _connected(address) as client:
        from distributed import as_completed

        completed = as_completed(loop=client.loop)

        def submit() -> None:
            # not all at once: every job carries its texts, and the scheduler holds what waits
            room = max(1, JOBS_A_WORKER * len(client.nthreads())) - len(at_work)
            for i in islice(to_submit, max(0, room)):
                # not `pure`: equal jobs of another time or owner are none of ours
                future = client.submit(work, jobs[i], pure=False)
                at_work[future] = i
                completed.add(future)

        submit()
        for future in completed:
            i = at_work.pop(future)
            found = _found(future, name(jobs[i]), address)
            submit()
            yield i, steps.home(jobs[i], found)


def _run_alone(function: Callable[[Job], Result], name: Callable[[Job], str], job: Job) -> Result:
    """Run on a worker of a cluster; a failure names its machine.

    The random state of numpy and spaCy belongs to the process: two jobs in two of its threads
    would change each other's results.
    """
    with _ONE_AT_A_TIME, threadpool_limits(1):
        return _run(function, lambda job: f"{name(job)} (on {socket.gethostname()})", job)


def _found(future: Future[Any], name: str, address: str) -> Any:
    from distributed import KilledWorker

    try:
        return future.result()
    except ActiveLearningError:
        raise
    except KilledWorker as error:
        raise ActiveLearningError(
            f"The job {name} failed: every worker of {address} that was given it died, as they do "
            "where memory runs out; give workers more, or start fewer on a machine"
        ) from error
    except CancelledError as error:
        raise ActiveLearningError(
            f"The job {name} is lost: {address} went away or was restarted; "
            "start the cluster, then run the same command again"
        ) from error
    except Exception as error:  # what never reached our function, such as a missing package
        raise _failure(name, error) from error


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Open a connection to the scheduler of a cluster that has workers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise _unusable(
            "needs Dask, which is not installed here: pip install 'prodigy-al[jobs]'", address
        ) from error
    try:
        asyncio.run(_shake_hands(address))
        client = Client(address, timeout=CLUSTER_SECONDS, set_as_default=False)
    except Exception as error:  # whatever else may answer there
        raise _unusable(
            f"found no Dask scheduler at {address} within {CLUSTER_SECONDS} seconds; start one "
            "with `dask scheduler` and give its address, or leave the option out",
            address,
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CLUSTER_SECONDS)
        except TimeoutError as error:
            raise _unusable(
                f"found a Dask scheduler without workers at {address}; "
                f"start some with `dask worker {address} --nthreads 1`",
                address,
            ) from error
        yield client


async def _shake_hands(address: str) -> None:
    """Fail in time: a client waits for ever where something listens and says nothing."""
    from distributed.comm import connect

    comm = await asyncio.wait_for(connect(address, timeout=CLUSTER_SECONDS), CLUSTER_SECONDS)
    await comm.close()


def _unusable(why: str, address: str) -> OptionError:
    return OptionError(f"--engine {why}", option="--engine", value=address)
