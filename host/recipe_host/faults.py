"""Faults of a database: which sentence names each, and whether its files are still there."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee as pw

from recipe_host.errors import ProdigyError, StoreError

__all__ = ["OpenFiles", "Patience", "fault_sentence", "is_read_only"]

HURRIED_SECONDS = 0.1
NO_ROOM = 2**16  # bytes: SQLite needs 32 KiB to open a database of which nothing is written yet


class OpenFiles:
    """The files that a connection to SQLite has open: the database, its log and the log's index.

    A file that is deleted or replaced stays open in this process, where writing into it succeeds.
    Nobody else sees what is written there, and it is gone when the process ends.
    """

    def __init__(self, database: pw.Database) -> None:
        self._database: Any = database  # whose types leave some methods out
        self._is_sqlite = isinstance(database, pw.SqliteDatabase)
        self._connection: Any = None
        self._path = ""
        self._found: list[tuple[int, int] | None] = []

    def note(self) -> None:
        """Note which files are open, where the connection is a new one."""
        connection = self._database.connection()
        if connection is self._connection:
            return
        if self._is_sqlite:
            self._database.execute_sql("select 1 from sqlite_master limit 1")  # opens the log
            self._path = os.path.abspath(self._database.database)
            self._found = self._files()
        self._connection = connection

    def check(self) -> None:
        """Raise `StoreError` where a file is not the one that was opened."""
        if self._is_sqlite and self._files() != self._found:
            raise StoreError(
                f"the database '{self._database.database}' was removed or replaced while it was "
                "open: put its files back, or start again with what is there"
            )

    def _files(self) -> list[tuple[int, int] | None]:
        return [_identity(self._path + suffix) for suffix in ("", "-wal", "-shm")]


def _identity(path: str) -> tuple[int, int] | None:
    """Return what tells a file from another one of the same name; None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Patience:
    """How long a write waits for another program's lock on a SQLite database.

    Threads write one after the other. Where one has waited in vain, those behind it only try once:
    else the last of eight annotators would hear after eight times as long that there is a lock.
    """

    def __init__(self, database: pw.Database) -> None:
        self._is_sqlite = isinstance(database, pw.SqliteDatabase)
        self._database: Any = database
        self._seconds = float(getattr(database, "timeout", 0.0))
        self._until = 0.0

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wait for the lock in here."""
        if not self._is_sqlite:
            yield
            return
        hurried = time.monotonic() < self._until
        self._database.timeout = min(self._seconds, HURRIED_SECONDS) if hurried else self._seconds
        try:
            yield
        except pw.OperationalError as error:
            if "locked" in str(error):
                self._until = time.monotonic() + self._seconds
            raise
        self._until = 0.0


def fault_sentence(database: pw.Database, kind: str, name: str, error: Exception) -> str:
    """Return what happened to a database, and what to do about it."""
    reason = " ".join(str(_first(error)).split())  # servers answer in several lines
    if not isinstance(database, pw.SqliteDatabase):
        return (
            f"the {kind} database '{name}' failed: {reason}; check that the server runs, and "
            "'db_settings' in prodigy.json"
        )
    file = database.database
    if "locked" in reason:
        return (
            f"the database '{file}' is locked by another program; close that program, or set "
            "PRODIGY_HOME to another folder"
        )
    if "is full" in reason or ("I/O error" in reason and _is_full(Path(file).parent)):
        return (
            f"the disk of the database '{file}' is full: make room there, or set PRODIGY_HOME to "
            "a folder of another disk"
        )
    if "I/O error" in reason:
        return (
            f"the database '{file}' failed: {reason}; check its disk, and the limit on file sizes "
            "(ulimit -f)"
        )
    if "readonly" in reason or "unable to open" in reason:
        rights = "check the rights of its folder"
        return f"the database '{file}' cannot be written ({reason}); {rights}"
    return f"the database '{file}' failed: {reason}"


def is_read_only(error: StoreError) -> bool:
    """Tell whether a write failed because the database can only be read."""
    return "readonly" in str(error.__cause__)


def _first(error: BaseException) -> BaseException:
    """Return the fault that began it: undoing what SQLite has undone already fails as well."""
    first = error
    while (before := error.__context__) is not None and not isinstance(before, ProdigyError):
        if isinstance(before, pw.DatabaseError | pw.InterfaceError):
            first = before
        error = before
    return first


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < NO_ROOM
    except OSError:
        return False
