"""Which server annotates a dataset: one at a time, and none for long after it was killed."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import peewee as pw

from recipe_host.errors import StoreError
from recipe_host.messages import msg
from recipe_host.store import Database
from recipe_host.tables import tables_of

__all__ = ["Claim"]

BEAT_SECONDS = 5.0
# A server on another machine that gives no sign for so long is dead, or cannot reach the database.
WATCH_SECONDS = 15.0


class Claim:
    """A server's claim on a dataset, kept in its database. Attribute: `address` of the server.

    Whether a process of this machine lives is known at once. For other machines the claim counts
    on as long as its server lives: no clocks are compared, whoever comes second watches the count.
    A server that lost its claim, as it was out of reach for long, finds out before it stores.
    """

    def __init__(self, db: Database, dataset: str, address: str) -> None:
        self.address = address
        self._db = db
        self._name = dataset
        self._run = uuid4().hex
        self._ended = threading.Event()
        tables = tables_of(db.db)
        self._table = tables.claim
        with db.transaction():
            self._dataset = tables.dataset.get(tables.dataset.name == dataset).id

    def __enter__(self) -> Claim:
        """Take the dataset. Raises `StoreError` where another server has it."""
        if (holder := self._try(None)) is not None:
            silent = None if _is_alive(holder) else self._watch(holder)
            holder = self._try(silent) if silent else holder
            if holder is not None:
                raise StoreError(
                    f"dataset '{self._name}' is being annotated already, by the server at "
                    f"{_place(holder)}: annotate there, end that one, or choose another dataset"
                )
        threading.Thread(target=self._go_on, name="claim", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        with suppress(StoreError), self._db.transaction():  # else it is found dead by the next
            self._table.delete().where(self._mine).execute()

    def check(self) -> None:
        """Raise `StoreError` where another server has the dataset by now. In a transaction only."""
        query = self._table.select().where(self._table.dataset == self._dataset)
        if not isinstance(self._db.db, pw.SqliteDatabase):
            query = query.for_update()  # nobody takes it before this transaction has ended
        holder = query.get_or_none()
        if holder is None or holder.run != self._run:
            by = f" by the server at {_place(holder)}" if holder else ""
            raise StoreError(
                f"dataset '{self._name}' was taken over{by} or dropped, while this server was out "
                "of reach: end this one, and annotate there or start it again"
            )

    @property
    def _mine(self) -> Any:
        return (self._table.dataset == self._dataset) & (self._table.run == self._run)

    def _holder(self) -> Any:
        with self._db.transaction():
            return self._table.get_or_none(self._table.dataset == self._dataset)

    def _try(self, silent: Any) -> Any:
        """Take it from nobody, a dead process or the `silent` one; else return who has it."""
        table = self._table
        with self._db.transaction():
            holder = table.get_or_none(table.dataset == self._dataset)
            if holder is not None and (_same(holder, silent) or _is_alive(holder) is False):
                same = (table.run == holder.run) & (table.beat == holder.beat)
                table.delete().where(same, table.dataset == self._dataset).execute()
            row = {"run": self._run, "address": self.address, "beat": 0, **_this_process()}
            table.insert(dataset=self._dataset, **row).on_conflict_ignore().execute()
            holder = table.get(table.dataset == self._dataset)
            return None if holder.run == self._run else holder

    def _watch(self, holder: Any) -> Any:
        """Return the holder if it gives no sign for long enough, else None."""
        msg.text(f"Waiting whether the server at {_place(holder)} still annotates '{self._name}'")
        end = time.monotonic() + WATCH_SECONDS
        while time.monotonic() < end:
            time.sleep(min(0.5, WATCH_SECONDS))
            now = self._holder()
            if now is None:  # it has ended
                break
            if not _same(now, holder):
                return None
        return holder

    def _go_on(self) -> None:
        table = self._table
        while not self._ended.wait(BEAT_SECONDS):
            with suppress(StoreError), self._db.transaction():  # the next one may be written
                sign = {"beat": table.beat + 1, "address": self.address}
                table.update(**sign).where(self._mine).execute()


def _same(one: Any, other: Any) -> bool:
    return other is not None and (one.run, one.beat) == (other.run, other.beat)


def _place(holder: Any) -> str:
    return f"{holder.address} (process {holder.process} on {holder.machine.split()[0]})"


def _this_process() -> dict[str, Any]:
    process = os.getpid()
    return {"machine": _machine(), "process": process, "started": _started(process) or ""}


def _machine() -> str:
    """Return what differs between machines, and between containers, each with its own processes."""
    parts = [socket.gethostname() or "unknown"]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
    return " ".join(parts)


def _started(process: int) -> str | None:
    """Return when a process of this machine began, "" where that is unknown; None for none."""
    try:
        # After the name, which may hold anything in parentheses: the state is first, of 20 more.
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    except OSError:
        if Path("/proc/self/stat").exists():
            return None
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return None
    except OSError:
        pass  # it is somebody else's
    return ""


def _is_alive(holder: Any) -> bool | None:
    """Tell whether the process that holds a claim lives; None where that cannot be seen here."""
    if os.name != "posix" or holder.machine != _machine():
        return None
    return bool(_started(holder.process) == holder.started)
