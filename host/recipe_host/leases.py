"""What a run must know after a crash: which batches are stored, which tasks are still open."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterable

from recipe_host.claims import Claim
from recipe_host.store import Database
from recipe_host.tables import tables_of

__all__ = ["LeaseStore"]


class LeaseStore:
    """The leases and batch ids of one dataset, in its database.

    A lease says that a session was given a task and has not answered it; the task is named by the
    hash of `exclude_by`. Leases outlive the process, so that after a restart no session is given a
    task that another one still shows. Every write joins the transaction that it is called in.
    """

    def __init__(self, db: Database, dataset: str) -> None:
        self._db = db
        self._name = dataset
        self._claim: Claim | None = None
        tables = tables_of(db.db)
        self._batch, self._lease = tables.batch, tables.lease
        with db.transaction():
            self._dataset = tables.dataset.get(tables.dataset.name == dataset).id

    def claim(self, address: str) -> Claim:
        """Return a context in which the server at `address` has the dataset to itself."""
        self._claim = Claim(self._db, self._name, address)
        return self._claim

    def check(self) -> None:
        """Raise `StoreError` where another server took the dataset over. In a transaction only."""
        if self._claim is not None:
            self._claim.check()

    def add_batch(self, batch_id: str) -> bool:
        """Add the id of a batch of answers; return False where that batch is stored already."""
        with self._db.transaction():
            if self._batch.get_or_none(self._batch.id == batch_id) is not None:
                return False
            self._batch.insert(id=batch_id, created=int(time.time())).execute()
            return True

    def by_session(self) -> dict[str, tuple[set[int], float]]:
        """Return the hashes of each session's open tasks, and the seconds since it was given one.

        The seconds are 0 for leases of an earlier release, which did not note the time.
        """
        leases: defaultdict[str, set[int]] = defaultdict(set)
        latest: defaultdict[str, int] = defaultdict(int)
        with self._db.transaction():
            for row in self._lease.select().where(self._lease.dataset == self._dataset):
                leases[row.session].add(row.key)
                latest[row.session] = max(latest[row.session], row.given)
        now = time.time()
        return {
            session: (keys, max(0.0, now - (latest[session] or now)))
            for session, keys in leases.items()
        }

    def add(self, session: str, keys: Iterable[int]) -> None:
        """Add leases for tasks that a session is given; a lease that is there stays as it is."""
        common = {"dataset": self._dataset, "session": session, "given": int(time.time())}
        rows = [{**common, "key": key} for key in keys]
        if rows:
            with self._db.transaction():
                self.check()
                self._lease.insert_many(rows).on_conflict_ignore().execute()

    def remove(self, session: str, keys: Collection[int]) -> None:
        """Remove a session's leases of these tasks, where it has them."""
        lease = self._lease
        chosen = (lease.dataset == self._dataset) & (lease.session == session)
        if keys:
            with self._db.transaction():
                lease.delete().where(chosen & lease.key.in_(list(keys))).execute()
