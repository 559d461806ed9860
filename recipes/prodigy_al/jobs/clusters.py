"""Run jobs on the workers of a Dask cluster, each in a child process of its worker.

This speaks to the cluster directly and not through joblib's Dask backend: that one waits for ever
for a job whose workers died, and its jobs go on after it is closed. A job runs in a child because
the same training came out different every time in the worker's own process, presumably because
other threads there draw from the same random state.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from prodigy_al.errors import ActiveLearningError, JobError, ParameterError
from prodigy_al.jobs.parent import follow_parent, interrupts_blocked

if TYPE_CHECKING:
    from distributed import Client, Future

Job = TypeVar("Job")
RemoteResult = TypeVar("RemoteResult")
Result = TypeVar("Result")

CLUSTER_SECONDS = 5  # to reach a scheduler, and again for it to have a worker
LISTEN_SECONDS = 1.0  # how soon a lost scheduler is noticed
JOBS_PER_WORKER = 2  # one that runs, and the next one, which is there already
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "BLIS")}
CHILD = "from prodigy_al.jobs.clusters import run_child; run_child()"

_ONE_AT_A_TIME = threading.Lock()  # a worker may have several threads, and others beside it


@dataclass(frozen=True)
class RemoteJob(Generic[Job, RemoteResult, Result]):
    """A function of a job in two steps: `local` takes the job and what `remote` returned for it.

    On a cluster only `remote` runs on a worker. `local` runs in the process that called `run_jobs`
    and may write to its disk; it runs as soon as `remote` is done, even while an earlier job still
    runs. Without a cluster both run in the same process.

    >>> [RemoteJob(abs, pow)(job) for job in (-2, 3)]
    [4, 27]
    """

    remote: Callable[[Job], RemoteResult]
    local: Callable[[Job, RemoteResult], Result]

    def __call__(self, job: Job) -> Result:
        """Run both steps in this process."""
        return self.local(job, self.remote(job))


def check_cluster(address: str) -> None:
    """Raise `ParameterError` unless a Dask scheduler with at least one worker answers there."""
    with _connected(address):
        pass


def run_on_cluster(
    address: str,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
    name: Callable[[Job], str],
) -> Generator[Result, None, None]:
    """Yield ``function(job)`` in the jobs' order; see `prodigy_al.jobs.run.run_jobs`."""
    steps: RemoteJob[Job, Any, Result]
    if isinstance(function, RemoteJob):
        steps = function
    else:
        steps = RemoteJob(function, lambda _, result: result)
    results: dict[int, Result] = {}  # of jobs that were done before an earlier one
    position = 0
    with _connected(address) as client:
        run = partial(_run_on_worker, steps.remote, name)
        for i, remote_result in _as_completed(client, run, jobs, name):
            results[i] = steps.local(jobs[i], remote_result)
            while position in results:
                yield results.pop(position)
                position += 1


def _as_completed(
    client: Client, run: Callable[[Job], Result], jobs: Sequence[Job], name: Callable[[Job], str]
) -> Iterator[tuple[int, Result]]:
    """Yield each job's position and its result, in the order in which they are done."""
    to_submit = iter(range(len(jobs)))
    submitted: dict[Future[Result], int] = {}
    while True:
        # not all at once: each job carries its texts, and the scheduler holds those that wait
        with _loss_reported(client):
            room = max(1, JOBS_PER_WORKER * len(client.nthreads())) - len(submitted)
            for i in islice(to_submit, max(0, room)):
                # `pure` would give us the result of an equal job, whoever submitted it and when
                submitted[client.submit(run, jobs[i], pure=False)] = i
        if not submitted:
            return
        for future in _wait_for_some(client, list(submitted)):
            i = submitted.pop(future)
            yield i, _result(client, future, name(jobs[i]))


def _wait_for_some(client: Client, futures: list[Future[Any]]) -> set[Future[Any]]:
    """Return the futures that are done, as soon as there is one."""
    from distributed import wait

    while True:
        with _loss_reported(client), client.as_current():
            try:
                done: set[Future[Any]]
                done, _ = wait(futures, timeout=LISTEN_SECONDS, return_when="FIRST_COMPLETED")
                return done
            except TimeoutError:
                # futures of a scheduler that is gone stay pending, without an error
                if client.status != "running":
                    raise


def _result(client: Client, future: Future[Any], name: str) -> Any:
    from distributed import KilledWorker

    with _loss_reported(client):
        try:
            return future.result()
        except (ActiveLearningError, CancelledError):
            raise
        except KilledWorker as error:
            raise JobError(
                f"the job {name} failed: every worker that was given it died, as they do "
                "where memory runs out; give workers more, or start fewer on a machine",
                name=name,
            ) from error
        except Exception as error:  # before our function was called, such as a missing package
            raise _failure(error, name) from error


@contextmanager
def _loss_reported(client: Client) -> Iterator[None]:
    try:
        yield
    except (CancelledError, OSError) as error:  # OSError: also a timeout or a closed connection
        raise ActiveLearningError(
            f"the cluster at {client.scheduler.address} went away or was restarted; start it, "
            "then run the same command again"
        ) from error


def _run_on_worker(
    function: Callable[[Job], Result], name: Callable[[Job], str], job: Job
) -> Result:
    """Return ``function(job)`` from a child process of this worker; a failure names the machine."""
    import cloudpickle  # comes with Dask

    machine = f" (on {socket.gethostname()})"
    run = partial(run_named, function, name, machine=machine)
    with _ONE_AT_A_TIME:
        with interrupts_blocked():
            child = subprocess.Popen(
                [sys.executable, "-c", CHILD, str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=os.environ | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        answer, _ = child.communicate(cloudpickle.dumps((run, job)))
    if child.returncode:
        raise JobError(
            f"the job {name(job)}{machine} failed: its process ended with {child.returncode}, as "
            "where memory runs out; give workers more, or start fewer on a machine",
            name=name(job),
        )
    result, error = pickle.loads(answer)
    if error is not None:
        raise error
    returned: Result = result
    return returned


def run_child() -> None:
    """Run the job that standard input brings; write (result, error) to standard output."""
    follow_parent(int(sys.argv[1]))
    import cloudpickle

    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever else is printed must not be part of the answer
    run, job = pickle.load(sys.stdin.buffer)
    outcome: tuple[Any, ActiveLearningError | None]
    try:
        outcome = run(job), None
    except ActiveLearningError as error:
        outcome = None, error
    with answer:
        cloudpickle.dump(outcome, answer)


def run_named(
    function: Callable[[Job], Result], name: Callable[[Job], str], job: Job, *, machine: str = ""
) -> Result:
    """Return ``function(job)``. Raises `JobError` with the job's name where it fails.

    A `ParameterError` is passed on: what cannot be done is what was asked for, in every job.
    """
    try:
        return function(job)
    except ParameterError:
        raise
    except Exception as error:
        raise _failure(error, name(job), machine) from error


def _failure(error: Exception, name: str, machine: str = "") -> JobError:
    # the messages of this package say what is wrong without the name of a class
    kind = "" if isinstance(error, ActiveLearningError) else f"{type(error).__name__}: "
    return JobError(f"the job {name}{machine} failed: {kind}{error}", name=name)


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
        # in a thread of its own, since that of a notebook runs an event loop already
        with ThreadPoolExecutor(max_workers=1) as thread:
            thread.submit(asyncio.run, _shake_hands(address)).result()
        client = Client(address, timeout=CLUSTER_SECONDS, set_as_default=False)
    except Exception as error:  # of many kinds, as anything may answer there
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
    """Fail in time where something listens and says nothing: a client would wait for ever."""
    from distributed.comm import connect

    comm = await asyncio.wait_for(connect(address, timeout=CLUSTER_SECONDS), CLUSTER_SECONDS)
    await comm.close()
