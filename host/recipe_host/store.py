"""The store of datasets: SQLite by default, through peewee.

Every write is one transaction and durable when the call returns (SQLite: WAL with
``synchronous=FULL``; PostgreSQL: ``synchronous_commit``, also where the server has it off), so that
a process killed at any moment leaves whole batches and nothing else.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import peewee as pw

from recipe_host.constants import INPUT_HASH_ATTR, TASK_HASH_ATTR
from recipe_host.errors import DatasetNotFound, StoreError
from recipe_host.faults import OpenFiles, Patience, fault_sentence, is_read_only
from recipe_host.tables import is_current, migrate, tables_of
from recipe_host.types import TaskType

__all__ = ["Database"]

ROWS = 500  # rows per statement: SQLite limits the values of one
# A server may be set not to wait for its disk. A setting that waits for replicas too stays.
DURABLE = """select set_config('synchronous_commit', 'on', true)
    where current_setting('synchronous_commit') in ('off', 'local')"""


class Database:
    """Datasets of examples. Safe to share between threads, and between processes.

    Raises `StoreError` wherever the database is locked, broken or not writable.
    """

    def __init__(self, database: pw.Database, display_id: str = "", display_name: str = "") -> None:
        self.db = database
        self.db_id = display_id or "custom"
        self.db_name = display_name or str(database.database)
        self._tables = tables_of(database)
        self._lock = threading.RLock()
        self._files = OpenFiles(database)
        self._patience = Patience(database)
        with self._reading():
            current = is_current(database, self._tables)
        if not current:  # else opening would wait for other programs that write
            self._migrate()

    def _migrate(self) -> None:
        try:
            with self._writing():
                migrate(self.db, self._tables)
        except StoreError as error:
            with self._reading():
                # All that is read of datasets is as the first step made it.
                if not (is_read_only(error) and self.db.table_exists("example")):
                    raise

    def __contains__(self, name: object) -> bool:
        table = self._tables.dataset
        with self._reading():
            return bool(table.select().where(table.name == name).exists())

    @property
    def datasets(self) -> list[str]:
        """The names of the datasets, oldest first, without sessions."""
        return self._names(session=False)

    @property
    def sessions(self) -> list[str]:
        """The names of the annotation sessions, oldest first."""
        return self._names(session=True)

    def add_dataset(
        self, name: str, meta: Mapping[str, Any] | None = None, session: bool = False
    ) -> None:
        """Make a dataset, or leave the one of that name as it is."""
        if not name:
            raise StoreError("a dataset needs a name, and '' is not one")
        row = {"name": name, "created": int(time.time()), "session": session}
        insert = self._tables.dataset.insert(**row, meta=json.dumps(dict(meta or {})))
        with self._writing():  # not asked first: another process may make it in between
            insert.on_conflict_ignore().execute()

    def add_examples(self, examples: Iterable[TaskType], datasets: Sequence[str] = ()) -> None:
        """Store the examples and link each to all `datasets`; either all of them or none.

        Raises `DatasetNotFound`, and `StoreError` for an example without both hashes.
        """
        rows = [_row(example) for example in examples]
        with self._writing():
            targets = [self._id(name) for name in datasets]
            for start in range(0, len(rows), ROWS):
                ids = self._insert(rows[start : start + ROWS])
                links = [{"example": i, "dataset": target} for i in ids for target in targets]
                for chunk in range(0, len(links), ROWS):
                    self._tables.link.insert_many(links[chunk : chunk + ROWS]).execute()

    def _insert(self, rows: list[dict[str, Any]]) -> list[int]:
        table = self._tables.example
        if isinstance(self.db, pw.MySQLDatabase):  # has no RETURNING
            return [table.insert(row).execute() for row in rows]
        inserted = table.insert_many(rows).returning(table.id).tuples().execute()
        # RETURNING promises no order; the ids ascend as the rows were given.
        return sorted(identifier for (identifier,) in inserted)

    def get_dataset_examples(self, name: str, default: Any = None) -> Any:
        """Return the examples of a dataset or session in the order in which they were stored.

        Where there is none of that name, return `default`.
        """
        with self._reading():
            return self.examples_of(name) if name in self else default

    get_dataset = get_dataset_examples  # its older name

    def examples_of(self, name: str) -> list[TaskType]:
        """Return the same. Raises `DatasetNotFound` where there is none of that name."""
        example, link = self._tables.example, self._tables.link
        with self._reading():
            query = example.select(example.content).join(link)
            rows = query.where(link.dataset == self._id(name)).order_by(link.id).tuples()
            return [json.loads(bytes(content)) for (content,) in rows]

    def get_dataset_sessions(self, name: str) -> list[str]:
        """Return the names of the sessions that answers of this dataset belong to."""
        dataset, link = self._tables.dataset, self._tables.link
        with self._reading():
            examples = link.select(link.example).where(link.dataset == self._id(name))
            linked = link.select(link.dataset).where(link.example.in_(examples))
            query = dataset.select().where(dataset.session, dataset.id.in_(linked))
            return [row.name for row in query.order_by(dataset.id)]

    def get_meta(self, name: str) -> dict[str, Any]:
        """Return what was noted about a dataset when it was made, and `created` (Unix seconds)."""
        table = self._tables.dataset
        with self._reading():
            row = table.get_by_id(self._id(name))
        return {**json.loads(row.meta), "created": row.created}

    def get_input_hashes(self, *names: str) -> set[int]:
        """Return the input hashes of the examples in these datasets."""
        return self._hashes(self._tables.example.input_hash, names)

    def get_task_hashes(self, *names: str) -> set[int]:
        """Return the task hashes of the examples in these datasets."""
        return self._hashes(self._tables.example.task_hash, names)

    def count_dataset(self, name: str) -> int:
        """Count the examples of a dataset or session."""
        table = self._tables.link
        with self._reading():
            return int(table.select().where(table.dataset == self._id(name)).count())

    def drop_dataset(self, name: str) -> None:
        """Delete a dataset with its examples, except those that another dataset holds as well.

        Sessions left without an example go too. Raises `DatasetNotFound` where there is none.
        """
        dataset, example, link = self._tables[:3]
        with self._writing():
            target = self._id(name)
            sessions = [self._id(session) for session in self.get_dataset_sessions(name)]
            held = link.select(link.example).where(link.dataset == target)
            others = dataset.select(dataset.id).where(dataset.id != target, ~dataset.session)
            kept = link.select(link.example).where(link.dataset.in_(others))
            doomed = example.select(example.id).where(example.id.in_(held), example.id.not_in(kept))
            # Rows that point at a deleted row must go first, so the ids are needed before.
            ids = [identifier for (identifier,) in doomed.tuples()]
            link.delete().where(link.dataset == target).execute()
            for start in range(0, len(ids), ROWS):
                chunk = ids[start : start + ROWS]
                link.delete().where(link.example.in_(chunk)).execute()
                example.delete().where(example.id.in_(chunk)).execute()
            used = link.select(link.dataset)
            # Only this dataset's: others may be new, and wait for their first answer.
            emptied = dataset.id.in_(sessions) & dataset.id.not_in(used)
            dataset.delete().where((dataset.id == target) | emptied).execute()

    def transaction(self) -> Any:
        """Return a context that joins several writes: all of them are kept, or none."""
        return self._writing()

    def reconnect(self) -> None:
        """Open the connection anew."""
        self.close()
        with self._reading():
            self.db.connect(reuse_if_open=True)

    def close(self) -> None:
        """Close the connection; the next call opens it again (a database in memory is lost)."""
        with self._lock:
            self.db.close()

    def _names(self, *, session: bool) -> list[str]:
        table = self._tables.dataset
        with self._reading():
            rows = table.select().where(table.session == session).order_by(table.id)
            return [row.name for row in rows]

    def _hashes(self, column: Any, names: Sequence[str]) -> set[int]:
        link = self._tables.link
        with self._reading():
            ids = [self._id(name) for name in names]
            query = self._tables.example.select(column).join(link).where(link.dataset.in_(ids))
            return {value for (value,) in query.tuples()}

    def _id(self, name: str) -> int:
        table = self._tables.dataset
        row = table.get_or_none(table.name == name)
        if row is None:
            raise DatasetNotFound(name, tuple(self.datasets))
        return int(row.id)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                self._files.note()
                yield
            except (pw.DatabaseError, pw.InterfaceError) as error:
                if not (self.db.in_transaction() or self.db.is_connection_usable()):
                    self.db.close()  # the server went away: the next call connects anew
                said = fault_sentence(self.db, self.db_id, self.db_name, error)
                raise StoreError(said) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._reading(), self._kept(), self._joined():
            if isinstance(self.db, pw.PostgresqlDatabase):
                server: Any = self.db  # whose types leave this method out
                server.execute_sql(DURABLE)
            yield

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Refuse to write into files that are gone, and to confirm what was written into them."""
        if self.db.in_transaction():
            yield
            return
        self._files.check()
        with self._patience.waiting():
            yield
        self._files.check()

    @contextmanager
    def _joined(self) -> Iterator[None]:
        """Begin a transaction, or join the one that is open; the first error is what is raised."""
        # SQLite must take the write lock at once: a reader that turns into a writer would fail
        # without waiting when somebody else wrote in between.
        mode = ("IMMEDIATE",) if isinstance(self.db, pw.SqliteDatabase) else ()
        failed: BaseException | None = None
        try:
            with self.db.atomic(*mode):
                try:
                    yield
                except BaseException as error:
                    failed = error
                    raise
        except pw.DatabaseError:
            if failed is None:
                raise
            # A full disk ends a transaction, and then ending it fails too.
            raise failed from failed.__cause__


def _row(example: TaskType) -> dict[str, Any]:
    missing = [key for key in (INPUT_HASH_ATTR, TASK_HASH_ATTR) if key not in example]
    if missing:
        raise StoreError(f"an example has no {' and no '.join(missing)}; use set_hashes(example)")
    # The standard library's json, not srsly's: that one rounds floats to ten decimals, and
    # probabilities must come back as they went in.
    try:
        content = json.dumps(example, allow_nan=False).encode("utf-8")
    except (TypeError, ValueError) as error:
        raise StoreError(f"an example cannot be written as JSON: {error}") from error
    return {
        "input_hash": example[INPUT_HASH_ATTR],
        "task_hash": example[TASK_HASH_ATTR],
        "content": content,
    }
