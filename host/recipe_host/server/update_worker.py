"""Learns from stored answers behind the annotators' backs: slow or failing, nobody waits for it."""

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
    """Calls the recipe's `update` in a thread of its own, batch by batch in the order of storing.

    Attributes: `waiting` (answers stored and not learned from) and `error` (the last failure as a
    sentence, "" where the last batch went well). The stream goes on meanwhile: a recipe whose
    stream reads what `update` changes must swap it in one step.
    """

    def __init__(self, controller: Controller, report: Callable[[str], None]) -> None:
        self.waiting = 0
        self.error = ""
        self._controller = controller
        self._report = report
        self._lock = threading.Lock()
        self._batches: SimpleQueue[Batch | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="learner", daemon=True)
        self._thread.start()

    def put(self, answers: list[TaskType], session_id: str) -> None:
        """Learn from a stored batch, later."""
        with self._lock:
            self.waiting += len(answers)
        self._batches.put((answers, session_id))

    def close(self) -> None:
        """Return when all batches were learned from."""
        self._batches.put(None)
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

    def _fail(self, sentence: str) -> None:
        if sentence != self.error:  # a model that cannot learn says so at every batch
            self._report(sentence)
        self.error = sentence
