"""Run a function in a child process, so that it does not slow down the threads of this one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TypeVar

from joblib.externals.loky.backend.context import get_context

from prodigy_al.errors import ActiveLearningError, JobError
from prodigy_al.jobs.parent import follow_parent, interrupts_blocked

Job = TypeVar("Job")
Result = TypeVar("Result")

NICENESS = 10
"""Added to that of the child process: this one answers annotators, and goes first."""


class ChildProcess:
    """Runs functions one at a time, each in a new process. None of them outlives this process."""

    def __init__(self) -> None:
        self._process: BaseProcess | None = None
        self._closed = False
        self._start = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def run(self, function: Callable[[Job], Result], job: Job) -> Result:
        """Return ``function(job)``; function, job and result are pickled.

        Raises `ActiveLearningError` with the message of the one that the function raises, and
        `JobError` where the function fails otherwise or its process dies.
        """
        # not forked: this process has threads, and a fork would inherit their locks; nor spawned as
        # multiprocessing does, whose children of a joblib worker cannot begin
        context = get_context("loky")
        with self._one_at_a_time:
            ours, theirs = context.Pipe(duplex=False)
            arguments = (os.getpid(), theirs, function, job)
            process = context.Process(target=_run_in_child, args=arguments, daemon=True)
            with self._start, interrupts_blocked():
                process.start()
                self._process = process
            theirs.close()
            if self._closed:
                process.terminate()
            try:
                result: Result | ActiveLearningError = ours.recv()
            except EOFError:
                process.join()
                raise JobError(
                    f"the process in the background ended with exit code {process.exitcode}"
                ) from None
            process.join()
            if isinstance(result, ActiveLearningError):
                raise result
            return result

    def close(self) -> None:
        """End the process that is running; one that is started later is ended at once."""
        self._closed = True
        # a process that is ended before it has received its job prints a traceback
        with self._start:
            if self._process is not None:
                self._process.terminate()


def _run_in_child(
    parent: int, answer: Connection, function: Callable[[Job], Result], job: Job
) -> None:
    follow_parent(parent)
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    try:
        answer.send(function(job))
    except ActiveLearningError as error:
        # the message alone: attributes need not be picklable
        answer.send(ActiveLearningError(str(error)))
    except Exception as error:
        answer.send(
            JobError(f"the process in the background failed: {type(error).__name__}: {error}")
        )
