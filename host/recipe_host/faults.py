"""Faults of a database: which sentence names each."""

from __future__ import annotations

import shutil
from pathlib import Path

import peewee as pw

from recipe_host.errors import ProdigyError

__all__ = ["fault_sentence"]

NO_ROOM = 2**16  # bytes: SQLite needs 32 KiB to open a database of which nothing is written yet


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
