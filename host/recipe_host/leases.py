"""What a run must still know after a crash: which batches are stored, and who was given what."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable

from recipe_host.store import Database
from recipe_host.tables import tables_of

__all__ = ["LeaseStore"]


class LeaseStore:
    """The books of one dataset. Every write joins the transaction it is called in.

    A lease is a task that a session was given and has not answered, named by the hash of
    `exclude_by`. Leases outlive the process, so that after a restart nobody is given a task that
    somebody else still has on screen.
    """

    def __init__(self, db: Database, dataset: str) -> None:
        self._db = db
        tables = tables_of(db.db)
        self._batch, self._lease = tables.batch, tables.lease
        with db.transaction():
            self._dataset = tables.dataset.get(tables.dataset.name == dataset).id

    def add_batch(self, batch_id: str) -> bool:
        """Note a batch of answers; return False where it was noted, and so stored, before."""
        with self._db.transaction():
            if self._batch.get_or_none(self._batch.id == batch_id) is not None:
                return False
            self._batch.insert(id=batch_id, created=int(time.time())).execute()
            return True

    def leases(self) -> dict[str, set[int]]:
        """Return the hashes of the unanswered tasks of every session."""
        held: defaultdict[str, set[int]] = defaultdict(set)
        with self._db.transaction():
            for row in self._lease.select().where(self._lease.dataset == self._dataset):
                held[row.session].add(row.key)
        return dict(held)

    def add(self, session: str, keys: Iterable[int]) -> None:
        """Note that a session was given tasks; those it has already stay noted once."""
        rows = [{"dataset": self._dataset, "session": session, "key": key} for key in keys]
        if rows:
            with self._db.transaction():
                self._lease.insert_many(rows).on_conflict_ignore().execute()

    def remove(self, session: str, keys: Collection[int]) -> None:
        """Forget that a session has these tasks, where it has them."""
        lease = self._lease
        chosen = (lease.dataset == self._dataset) & (lease.session == session)
        if keys:
            with self._db.transaction():
                lease.delete().where(chosen & lease.key.in_(list(keys))).execute()
