"""A function in a process of its own, so that what it computes slows down nobody here."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from prodigy_al.errors import ActiveLearningError
from prodigy_al.jobs.parent import follow_parent, interrupts_blocked

Job = TypeVar("Job")
Result = TypeVar("Result")

PATIENCE = 10
"""By how much nicer than its owner the process is to others: annotators come first."""


class ChildProcess:
    """Runs functions one at a time, each in a new process that ends with it, or with this one."""

    def __init__(self) -> None:
        self._process: Any = None
        self._closed = False
        self._one_at_a_time = threading.Lock()

    def run(self, function: Callable[[Job], Result], job: Job) -> Result:
        """Return ``function(job)``; function, job and result are pickled.

        Raises what the function raises if it is ours, else ActiveLearningError.
        """
        with self._one_at_a_time:
            return self._run(function, job)

    def _run(self, function: Callable[[Job], Result], job: Job) -> Result:
        # not forked: this process has threads, and a fork would inherit their locks
        context = get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        self._process = context.Process(target=_work, args=(os.getpid(), theirs, function, job), daemon=True)
        with interrupts_blocked():
            self._process.start()
        theirs.close()
        if self._closed:
            self.close()
        try:
            result: Result | ActiveLearningError = ours.recv()
        except EOFError:
            self._process.join()
            raise ActiveLearningError(
                f"The process that learns ended with exit code {self._process.exitcode}."
            ) from None
        self._process.join()
        if isinstance(result, ActiveLearningError):
            raise result
        return result

    def close(self) -> None:
        """End a process that is at work; none is begun any more."""
        self._closed = True
        if self._process is not None:
            self._process.terminate()


def _work(parent: int, answer: Connection, function: Callable[[Job], Result], job: Job) -> None:
    follow_parent(parent)
    if hasattr(os, "nice"):
        os.nice(PATIENCE)
    try:
        answer.send(function(job))
    except ActiveLearningError as error:
        answer.send(ActiveLearningError(str(error)))  # ours may take more than a message
    except Exception as error:
        answer.send(ActiveLearningError(f"Learning failed: {type(error).__name__}: {error}"))
