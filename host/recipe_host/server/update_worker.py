"""Calls a recipe's `update` in the background, so that annotators never wait for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue

from recipe_host.errors import UpdateError
from recipe_host.session import Controller
from recipe_host.types import TaskType

__all__ = ["UpdateWorker"]

Batch = tuple[list[TaskType], str]


class UpdateWorker:
    """A thread that calls the recipe's `update`, one batch at a time, in the order of storing.

    Attributes: `waiting`, the number of stored answers that `update` has not seen, and `error`, why
    the last batch failed ("" where it did not). The stream goes on meanwhile: a recipe whose stream
    reads what `update` changes must replace it in one assignment.
    """

    def __init__(self, controller: Controller, report: Callable[[str], None]) -> None:
        self.waiting = 0
        self.error = ""
        self._controller = controller
        self._report = report
        self._lock = threading.Lock()
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        # A daemon, so that a second Ctrl+C ends the program while `update` runs.
        self._thread = threading.Thread(target=self._run, name="update", daemon=True)
        self._thread.start()

    def put(self, answers: list[TaskType], session_id: str) -> None:
        """Queue a stored batch."""
        with self._lock:
            self.waiting += len(answers)
        self._batches.put((answers, session_id))

    def close(self) -> None:
        """Wait until `update` has seen all batches, and end the thread."""
        self._batches.put(None)  # behind all batches: the end
        self._thread.join()

    def _run(self) -> None:
        while (batch := self._batches.get()) is not None:
            answers, session_id = batch
            try:
                self._controller.learn(answers, session_id)
                self.error = ""
            except UpdateError as error:
                self._fail(str(error))
            except Exception as error:  # the recipe's own `progress`
                self._fail(f"the recipe's progress failed: {type(error).__name__}: {error}")
            finally:
                with self._lock:
                    self.waiting -= len(answers)

    def _fail(self, message: str) -> None:
        if message != self.error:  # a recipe that always fails would report it at every batch
            self._report(message)
        self.error = message
