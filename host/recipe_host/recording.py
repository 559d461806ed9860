"""Storing answers: checked, durable, whole batches, each batch once."""

from __future__ import annotations

import time
from collections.abc import Iterable
from copy import deepcopy

from recipe_host.components import Components
from recipe_host.constants import (
    ANNOTATOR_ID_ATTR,
    ANSWERS,
    SESSION_ID_ATTR,
    TIMESTAMP_ATTR,
    VIEW_ID_ATTR,
)
from recipe_host.errors import AnswerError
from recipe_host.hashing import set_hashes
from recipe_host.leases import LeaseStore
from recipe_host.store import Database
from recipe_host.types import TaskType

__all__ = ["Recorder"]


class Recorder:
    """Store the answers of one run. Attribute: `leases`, None where the recipe saves nothing."""

    def __init__(self, db: Database, components: Components, view_id: str, key: str) -> None:
        self._db = db
        self._dataset = str(components.dataset) if components.dataset else None
        self._validate = components.validate_answer
        self._before_db = components.before_db
        self._view_id = view_id
        self._key = key
        # Where the recipe saves nothing, `update` must still see each batch once.
        self._unsaved: set[str] = set()
        self.leases = LeaseStore(db, self._dataset) if self._dataset else None

    def validate(self, answer: TaskType) -> None:
        """Check an answer. Raises `AnswerError`, with its reason, where it cannot be stored."""
        if answer.get("answer") not in ANSWERS:
            raise AnswerError(
                f"an answer must be one of {', '.join(ANSWERS)}, not {answer.get('answer')!r}"
            )
        if self._validate is None:
            return
        try:
            self._validate(deepcopy(answer))  # a copy: checking must not change what is stored
        except Exception as error:  # a recipe may refuse with any exception
            raise AnswerError(str(error) or type(error).__name__) from error

    def with_metadata(self, answer: TaskType, session: str) -> TaskType:
        """Return the answer with hashes, time, session and view."""
        return {
            **set_hashes(answer),
            TIMESTAMP_ATTR: answer.get(TIMESTAMP_ATTR, int(time.time())),
            SESSION_ID_ATTR: session,
            ANNOTATOR_ID_ATTR: session,
            VIEW_ID_ATTR: answer.get("view_id", self._view_id),
        }

    def record(
        self, answers: Iterable[TaskType], session: str, batch_id: str | None, owner: str
    ) -> list[TaskType]:
        """Store a batch and remove its leases (those of `owner`) in one transaction.

        Return the answers with their metadata, before `before_db`; an empty list for a batch that
        is stored already. Raises `AnswerError` and `StoreError` with nothing stored.
        """
        stamped = [self.with_metadata(answer, session) for answer in answers]
        for answer in stamped:
            self.validate(answer)
        if self.leases is None or self._dataset is None:
            return [] if self._is_known(batch_id) else stamped
        with self._db.transaction():
            self.leases.check()
            if batch_id is not None and not self.leases.add_batch(batch_id):
                return []
            if stamped:
                self._db.add_dataset(session, session=True)
                examples = stamped
                if self._before_db is not None:
                    # A copy: recipes strip answers in place, and `update` needs them as they came.
                    examples = list(self._before_db(deepcopy(stamped)))
                self._db.add_examples(examples, datasets=[self._dataset, session])
                self.leases.remove(owner, [answer[self._key] for answer in stamped])
        return stamped

    def _is_known(self, batch_id: str | None) -> bool:
        known = batch_id in self._unsaved
        if batch_id is not None:
            self._unsaved.add(batch_id)
        return known
