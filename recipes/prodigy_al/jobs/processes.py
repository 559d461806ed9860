"""Processes that help this one with a stream of jobs: each prepares itself once, then takes many.

`jobs.run` is for a few long jobs that need nothing before. Here the jobs are many and short, what
they need is large (a pipeline), and this process has it already: so it works as well, and the
others join in when they are ready.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Generic, TypeVar

from joblib.externals.loky.backend import resource_tracker
from joblib.externals.loky.backend.context import get_context

from prodigy_al.errors import ActiveLearningError, JobError
from prodigy_al.jobs.parent import follow_parent, interrupts_blocked

Job = TypeVar("Job")
Result = TypeVar("Result")

GIVEN = 2
"""Jobs that a helper is given: the one that it works on, and the next."""
AHEAD = 4
"""Results for each process, at most, that wait in memory for an earlier one."""


class Helpers(Generic[Job, Result]):
    """Processes that each call `make` once, at their first job, and what it returns for each job.

    `make`, jobs and results are pickled; `remedy` is what to do where a process ends by itself. Use
    it in a `with`: at its end, as at Ctrl+C, the processes are ended, and none outlives this one.
    """

    def __init__(
        self, make: Callable[[], Callable[[Job], Result]], processes: int, *, remedy: str = ""
    ) -> None:
        # not forked: this process has threads, and a fork would inherit their locks; nor spawned as
        # multiprocessing does, which runs a script without a main guard once more
        context = get_context("loky")
        # older joblibs unblock SIGINT when they start this process: not below, therefore
        resource_tracker.ensure_running()
        self._idle: SimpleQueue[tuple[BaseProcess, Connection]] = SimpleQueue()
        self._processes: list[BaseProcess] = []
        self._threads = ThreadPoolExecutor(processes)  # each waits for a process
        self._remedy = remedy
        self.size = processes
        with interrupts_blocked():
            for _ in range(processes):
                ours, theirs = context.Pipe()
                arguments = (os.getpid(), theirs, make)
                process = context.Process(target=_serve, args=arguments, daemon=True)
                process.start()
                theirs.close()  # so that its end is seen here
                self._processes.append(process)
                self._idle.put((process, ours))

    def __enter__(self) -> Helpers[Job, Result]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with interrupts_blocked():
            for process in self._processes:
                process.terminate()
            self._threads.shutdown(cancel_futures=True)
            for process in self._processes:
                process.join()

    def submit(self, job: Job) -> Future[Result]:
        """Give a job to the process that is free next.

        The result raises `ActiveLearningError` with the message of the one that the function
        raises, and `JobError` where it fails otherwise or its process ends.
        """
        return self._threads.submit(self._run, job)

    def _run(self, job: Job) -> Result:
        process, connection = self._idle.get()
        try:
            connection.send(job)
            answer: Result | ActiveLearningError = connection.recv()
        except (EOFError, OSError):
            process.join()
            raise JobError(
                f"a process that helps ended with exit code {process.exitcode}, as where memory "
                f"runs out{self._remedy and f'; {self._remedy}'}"
            ) from None
        finally:
            self._idle.put((process, connection))
        if isinstance(answer, ActiveLearningError):
            raise answer
        return answer


def run_in_turn(
    jobs: Iterable[Job], here: Callable[[Job], Result], helpers: Helpers[Job, Result]
) -> Generator[Result, None, None]:
    """Yield the result of each job, in the jobs' order: from a helper, or of `here(job)`.

    Jobs are read as they are needed. This process works on one whenever it would wait.
    """
    todo = iter(jobs)
    given: deque[Future[Result]] = deque()
    left = True

    def start(run: Callable[[Job], Future[Result]]) -> bool:
        try:
            given.append(run(next(todo)))
        except StopIteration:
            return False
        return True

    def run_here(job: Job) -> Future[Result]:
        done: Future[Result] = Future()
        done.set_result(here(job))
        return done

    while left or given:
        waiting = sum(not one.done() for one in given)
        while left and waiting < GIVEN * helpers.size:
            left, waiting = start(helpers.submit), waiting + 1
        room = len(given) < AHEAD * (helpers.size + 1)
        if left and room and not given[0].done():
            left = start(run_here)
        elif given:
            yield given.popleft().result()


def _serve(parent: int, connection: Connection, make: Callable[[], Callable[[Any], Any]]) -> None:
    follow_parent(parent)
    function: Callable[[Any], Any] | None = None
    with suppress(EOFError):
        while True:
            job = connection.recv()
            try:
                function = function or make()
                connection.send(function(job))
            except ActiveLearningError as error:
                # the message alone: attributes need not be picklable
                connection.send(ActiveLearningError(str(error)))
            except Exception as error:
                connection.send(JobError(f"a process that helps failed: {_named(error)}"))


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
