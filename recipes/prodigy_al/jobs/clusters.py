"""Jobs on the workers of a Dask cluster, each in a process of its own.

The cluster is spoken to directly and not through joblib's backend for it: that one waits for ever
for a job whose workers died, and leaves what was submitted to run on when it is closed. And a job
runs in a child of the worker: in the worker's own process the same training came out different
every time, presumably because other threads draw from the random state that they share with it.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from prodigy_al.errors import ActiveLearningError, ParameterError

if TYPE_CHECKING:
    from distributed import Client, Future

Job = TypeVar("Job")
Found = TypeVar("Found")
Result = TypeVar("Result")

CLUSTER_SECONDS = 5  # to reach a scheduler, and again for it to have a worker
LISTEN_SECONDS = 1.0  # how soon a lost scheduler, worker or owner is noticed
JOBS_A_WORKER = 2  # one at work, the next one there already
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")}
CHILD = "from prodigy_al.jobs.clusters import run_child; run_child()"

_ONE_AT_A_TIME = threading.Lock()  # a worker may have several threads, and others beside it


@dataclass(frozen=True)
class RemoteJob(Generic[Job, Found, Result]):
    """A function of a job in two steps, `home` of the job and what `away` found.

    On a cluster only `away` travels: `home` is done in the owner's process, on its disk, as soon
    as `away` is done, also while an earlier job is at work. Elsewhere one process does both.

    >>> [RemoteJob(abs, pow)(job) for job in (-2, 3)]
    [4, 27]
    """

    away: Callable[[Job], Found]
    home: Callable[[Job, Found], Result]

    def __call__(self, job: Job) -> Result:
        """Do both here."""
        return self.home(job, self.away(job))


def check_cluster(address: str) -> None:
    """Raise ParameterError unless a Dask scheduler with at least one worker answers there."""
    with _connected(address):
        pass


def run_on_cluster(
    address: str,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    name: Callable[[Job], str],
) -> Iterator[Result]:
    """Yield ``function(job)`` in the jobs' order; see `prodigy_al.jobs.run.run_jobs`."""
    steps: RemoteJob[Job, Any, Result]
    if isinstance(function, RemoteJob):
        steps = function
    else:
        steps = RemoteJob(function, lambda _, result: result)
    kept_back: dict[int, Result] = {}
    turn = 0
    with _connected(address) as client:
        for i, found in _done(client, partial(_run_alone, steps.away, name), jobs, name):
            kept_back[i] = steps.home(jobs[i], found)
            while turn in kept_back:
                yield kept_back.pop(turn)
                turn += 1


def _done(
    client: Client, work: Callable[[Job], Found], jobs: Sequence[Job], name: Callable[[Job], str]
) -> Iterator[tuple[int, Found]]:
    """Yield every job's position and what it found, as they are done."""
    to_submit = iter(range(len(jobs)))
    at_work: dict[Future[Found], int] = {}
    while True:
        # not all at once: every job carries its texts, and the scheduler holds what waits
        with _named_if_lost(client):
            room = max(1, JOBS_A_WORKER * len(client.nthreads())) - len(at_work)
            for i in islice(to_submit, max(0, room)):
                # not `pure`: equal jobs of another time or owner are none of ours
                at_work[client.submit(work, jobs[i], pure=False)] = i
        if not at_work:
            return
        for future in _wait_for_some(client, list(at_work)):
            i = at_work.pop(future)
            yield i, _found(client, future, name(jobs[i]))


def _wait_for_some(client: Client, futures: list[Future[Any]]) -> set[Future[Any]]:
    from distributed import wait

    while True:
        with _named_if_lost(client), client.as_current():
            try:
                done: set[Future[Any]]
                done, _ = wait(futures, timeout=LISTEN_SECONDS, return_when="FIRST_COMPLETED")
                return done
            except TimeoutError:
                # what is submitted to a scheduler that is gone never ends, and says nothing
                if client.status != "running":
                    raise


def _found(client: Client, future: Future[Any], name: str) -> Any:
    from distributed import KilledWorker

    with _named_if_lost(client):
        try:
            return future.result()
        except (ActiveLearningError, CancelledError):
            raise
        except KilledWorker as error:
            raise ActiveLearningError(
                f"The job {name} failed: every worker that was given it died, as they do "
                "where memory runs out; give workers more, or start fewer on a machine"
            ) from error
        except Exception as error:  # what never reached our function, such as a missing package
            raise _failure(name, error) from error


@contextmanager
def _named_if_lost(client: Client) -> Iterator[None]:
    try:
        yield
    except (CancelledError, OSError) as error:  # a TimeoutError and a closed line are one, too
        raise ActiveLearningError(
            f"The cluster at {client.scheduler.address} went away or was restarted; start it, "
            "then run the same command again"
        ) from error


def _run_alone(function: Callable[[Job], Result], name: Callable[[Job], str], job: Job) -> Result:
    """Run in a child of this worker; a failure names the machine."""
    import cloudpickle  # comes with Dask

    there = partial(_name_there, name)
    with _ONE_AT_A_TIME:
        child = subprocess.run(
            [sys.executable, "-c", CHILD],
            input=cloudpickle.dumps((os.getpid(), partial(run_named, function, there), job)),
            stdout=subprocess.PIPE,
            env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
    if child.returncode:
        raise ActiveLearningError(
            f"The job {there(job)} failed: its process ended with {child.returncode}, as where "
            "memory runs out; give workers more, or start fewer on a machine"
        )
    result, error = pickle.loads(child.stdout)
    if error is not None:
        raise error
    found: Result = result
    return found


def _name_there(name: Callable[[Job], str], job: Job) -> str:
    return f"{name(job)} (on {socket.gethostname()})"


def run_child() -> None:
    """Run the job that standard input brings, and answer on standard output: (result, error)."""
    import cloudpickle

    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what else is printed is no part of the answer
    worker, work, job = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with, args=(worker,), daemon=True).start()
    outcome: tuple[Any, ActiveLearningError | None]
    try:
        outcome = work(job), None
    except ActiveLearningError as error:
        outcome = None, error
    with answer:
        cloudpickle.dump(outcome, answer)


def _end_with(worker: int) -> None:
    while os.getppid() == worker:
        time.sleep(LISTEN_SECONDS)
    os._exit(1)


def run_named(function: Callable[[Job], Result], name: Callable[[Job], str], job: Job) -> Result:
    """Return ``function(job)``; raise ActiveLearningError with the job's name where it fails."""
    try:
        return function(job)
    except Exception as error:
        raise _failure(name(job), error) from error


def _failure(name: str, error: Exception) -> ActiveLearningError:
    # our own sentences say what is wrong without the name of a class
    kind = "" if isinstance(error, ActiveLearningError) else f"{type(error).__name__}: "
    return ActiveLearningError(f"The job {name} failed: {kind}{error}")


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    """Open a connection to the scheduler of a cluster that has workers."""
    try:
        from distributed import Client
    except ImportError as error:
        raise ParameterError(
            "engine",
            address,
            "it needs Dask, which is missing here: pip install 'prodigy-al[jobs]'",
        ) from error
    try:
        asyncio.run(_shake_hands(address))
        client = Client(address, timeout=CLUSTER_SECONDS, set_as_default=False)
    except Exception as error:  # whatever else may answer there
        raise ParameterError(
            "engine",
            address,
            f"found no Dask scheduler there within {CLUSTER_SECONDS} seconds; start one "
            "with `dask scheduler` and give its address, or leave the option out",
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CLUSTER_SECONDS)
        except TimeoutError as error:
            raise ParameterError(
                "engine",
                address,
                "found a Dask scheduler without workers there; "
                f"start some with `dask worker {address} --nthreads 1`",
            ) from error
        yield client


async def _shake_hands(address: str) -> None:
    """Fail in time: a client waits for ever where something listens and says nothing."""
    from distributed.comm import connect

    comm = await asyncio.wait_for(connect(address, timeout=CLUSTER_SECONDS), CLUSTER_SECONDS)
    await comm.close()
