"""Opening the store: which database, where, and how it is set to keep what is written."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import peewee as pw

from recipe_host.errors import StoreError
from recipe_host.settings import home, load_settings
from recipe_host.store import Database

__all__ = ["connect", "open_database"]

BUSY_SECONDS = 5  # how long a write waits for another process's write
SERVERS: dict[str, Any] = {"postgresql": pw.PostgresqlDatabase, "mysql": pw.MySQLDatabase}


def connect(
    db_id: str | pw.Database | None = None,
    db_settings: Mapping[str, Any] | None = None,
    *,
    display_id: str = "",
    display_name: str = "",
) -> Database:
    """Open a database; without arguments the one that prodigy.json names.

    Args: `db_id`: ``sqlite`` (default), ``postgresql``, ``mysql``, or a peewee database of your
        own; `db_settings`: for SQLite `name` (a file name or ``:memory:``), `path` (its folder) and
        `timeout` (seconds to wait for another program's write), else the driver's parameters, where
        `database` is a name (``prodigy`` if left out) or for PostgreSQL a ``postgresql://`` URL.
    Raises `StoreError` where it cannot be opened.
    """
    if isinstance(db_id, pw.Database):
        return Database(db_id, display_id, display_name)
    settings = load_settings()
    kind = db_id or settings["db"]
    chosen = db_settings if db_settings is not None else settings["db_settings"].get(kind, {})
    if db_settings is None and chosen.get("name") == ":memory:":
        return _shared_memory()  # a recipe and its controller must see the same answers
    if kind == "sqlite":
        unknown = ", ".join(set(chosen) - {"name", "path", "timeout"})
        if unknown:
            raise StoreError(f"a SQLite database takes name, path, timeout, not {unknown}")
        return _sqlite(**chosen)
    if kind not in SERVERS:
        raise StoreError(f"no database is called '{kind}'; there are: sqlite, {', '.join(SERVERS)}")
    return _server(kind, **chosen)


def open_database(chosen: Any) -> Database:
    """Return what a recipe's component `db` stands for: a name, a store, or no wish."""
    if chosen in (None, False, True):
        return connect()
    return connect(chosen) if isinstance(chosen, str) else cast(Database, chosen)


def _server(kind: str, **parameters: Any) -> Database:
    name = parameters.pop("dbname", "prodigy")  # what PostgreSQL's own tools call `database`
    prefer = {"prefer_psycopg3": True} if kind == "postgresql" else {}
    named = {"database": name, **prefer, **parameters}
    try:
        opened = SERVERS[kind](**named, thread_safe=False)  # the store has a lock of its own
        return Database(opened, kind, shown_name(str(opened.database)))
    except pw.ImproperlyConfigured as error:
        raise StoreError(
            f"the driver for '{kind}' is not installed ({error}); for PostgreSQL: "
            "pip install 'recipe-host[postgresql]'"
        ) from error


def shown_name(database: str) -> str:
    """Return the name of a server's database, without the password that a URL may hold.

    >>> shown_name("postgresql://ann:secret@localhost/news")
    'news'
    """
    return urlsplit(database).path.lstrip("/") if "://" in database else database


@functools.cache
def _shared_memory() -> Database:
    return _sqlite(":memory:")


def _sqlite(
    name: str = "prodigy.db", path: str | Path | None = None, timeout: float = BUSY_SECONDS
) -> Database:
    file = name
    if name != ":memory:":
        folder = Path(path).expanduser() if path else home()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise StoreError(
                f"cannot make the folder '{folder}' of the database: {reason}"
            ) from error
        file = str(folder / name)
    # One connection, used under the store's lock: connections of their own would let threads
    # see different databases in memory.
    options: dict[str, Any] = {"thread_safe": False, "check_same_thread": False}
    pragmas = {"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1}
    kind = pw.SqliteDatabase if _has_room_for_index(file) else _Immutable
    database = kind(file, pragmas=pragmas, timeout=timeout, **options)
    return Database(database, "sqlite", "SQLite")


def _has_room_for_index(file: str) -> bool:
    """Tell whether SQLite can make the log and its index, which it reads a database through.

    Raises `StoreError` where it cannot, and the log holds what the database does not.
    """
    path, log, index = (Path(file + suffix) for suffix in ("", "-wal", "-shm"))
    if index.exists() or not path.is_file() or os.access(path.parent, os.W_OK):
        return True
    if log.exists() and log.stat().st_size:
        raise StoreError(
            f"the log '{log}' holds what the database '{path}' does not, and its folder cannot be "
            "written, as reading the log would need: copy both files into a folder that can be "
            "written"
        )
    return False


class _Immutable(pw.SqliteDatabase):
    """A file without a log in a folder that cannot be written, so that no log can come to be."""

    def _connect(self) -> sqlite3.Connection:
        address = f"{Path(self.database).absolute().as_uri()}?immutable=1"
        return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
