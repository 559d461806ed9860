"""Which annotation session is given which task of the stream."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recipe_host.constants import (
    ANNOTATOR_ID_ATTR,
    SESSION_ID_ATTR,
    TIMESTAMP_ATTR,
    VIEW_ID_ATTR,
)
from recipe_host.errors import SettingsError
from recipe_host.hashing import set_hashes
from recipe_host.stream import Stream
from recipe_host.types import TaskType

__all__ = ["Session", "TaskRouter", "sessions_per_task"]

# What an earlier answer left on a task that is asked again.
STAMPS = ("answer", SESSION_ID_ATTR, ANNOTATOR_ID_ATTR, VIEW_ID_ATTR, TIMESTAMP_ATTR)
# A session that was silent for so long counts as abandoned: others may get its open tasks.
SILENT_SECONDS = 600.0


@dataclass(slots=True)
class Session:
    """One annotator's state in this run.

    `open` holds the tasks that were given out and not answered, oldest first; `reserved` what an
    earlier run gave this session and this run's stream has not brought yet. Both go by the hash of
    `exclude_by`. `position` is how many tasks it has gone past, `total_annotated` its answers in
    this run, `heard` when it last asked or answered (monotonic seconds), `active` whether it did.
    """

    id: str
    reserved: set[int] = field(default_factory=set)
    open: dict[int, TaskType] = field(default_factory=dict)
    position: int = 0
    total_annotated: int = 0
    heard: float = field(default_factory=time.monotonic)
    active: bool = False


class TaskRouter:
    """Give each task to `limit` sessions (None: to all of them), and to no session twice.

    `key` names the hash by which tasks are the same; tasks whose hash is in `excluded` go to
    nobody. `assigned` says which sessions were given or have answered a hash. `repeats` lets the
    stream itself ask the same task again. Call `next_tasks` from one thread at a time; the other
    methods may be called meanwhile, and never wait for the stream.
    """

    def __init__(
        self,
        stream: Stream,
        key: str,
        *,
        excluded: Iterable[int] = (),
        assigned: Mapping[int, Collection[str]] | None = None,
        limit: int | None = 1,
        repeats: bool = False,
    ) -> None:
        self.stream = stream
        self.limit = limit
        self.sessions: dict[str, Session] = {}
        self._key = key
        self._excluded = frozenset(excluded)
        self._assigned: defaultdict[int, set[str]] = defaultdict(set)
        for hashed, names in (assigned or {}).items():
            self._assigned[hashed].update(names)
        self._repeats = repeats
        self._pulled: list[TaskType] = []  # kept only where others may get the same tasks later
        self._count = 0
        self._failure: Exception | None = None
        self._lock = threading.Lock()

    def session(self, name: str) -> Session:
        """Return the session of that name, a new one where there is none."""
        with self._lock:
            return self.sessions.setdefault(name, Session(name))

    def reserve(self, name: str, keys: Collection[int]) -> None:
        """Keep tasks for a session that got them in an earlier run."""
        self.session(name).reserved.update(keys)
        for key in keys:
            self._assigned[key].add(name)

    def next_tasks(
        self, session: Session, count: int, holding: Collection[int] | None = None
    ) -> list[TaskType]:
        """Return up to `count` tasks for this session; fewer at the end of the stream.

        `holding` are the hashes of what the annotator has; its other open tasks were lost on the
        way and come again first. None: it has all of them.
        """
        with self._lock:
            session.heard = time.monotonic()
            lost = [] if holding is None else _without(session.open, holding)
        tasks = lost[:count]
        while len(tasks) < count:
            try:
                task = self._next(session)
            except Exception:  # the recipe's; what came before it is asked first
                if tasks:
                    break
                raise
            if task is None:
                break
            if self._takes(session, task, holding or ()):
                tasks.append(task)
        return tasks

    def take_over(self, session: Session, count: int) -> tuple[Session, list[TaskType]] | None:
        """Move up to `count` open tasks to this session from one that has fallen silent."""
        with self._lock:
            before = time.monotonic() - SILENT_SECONDS
            for other in sorted(self.sessions.values(), key=lambda one: one.heard):
                if other is session or other.heard >= before:
                    continue
                keys = [key for key in other.open if session.id not in self._assigned[key]]
                if keys:
                    return other, [self._moved(key, other, session) for key in keys[:count]]
        return None

    def end(self, session: Session) -> None:
        """Let others have this session's open tasks as soon as the stream has no more."""
        with self._lock:
            session.heard = float("-inf")

    def answered(self, session: Session, keys: Iterable[int]) -> None:
        """Note that a session has answered these hashes."""
        with self._lock:
            session.heard = time.monotonic()
            for key in keys:
                session.open.pop(key, None)
                session.reserved.discard(key)
                if not self._repeats:
                    self._assigned[key].add(session.id)

    def open_tasks(self, session: Session) -> list[TaskType]:
        """Return what the session was given and has not answered, oldest first."""
        with self._lock:
            return list(session.open.values())

    def open_count(self, session: Session | None = None) -> int:
        """Number of tasks that were given out and not answered, by one session or by all."""
        with self._lock:
            counted = self.sessions.values() if session is None else [session]
            return sum(len(one.open) for one in counted)

    def gone_past(self, session: Session) -> int:
        """Number of tasks taken from the stream, by this session if each takes its own."""
        return self._count if self.limit == 1 else session.position

    def reset(self, stream: Stream) -> None:
        """Go on with another stream."""
        self.stream = stream
        self._pulled.clear()
        self._count = 0
        self._failure = None
        for session in self.sessions.values():
            session.position = 0

    def _takes(self, session: Session, task: TaskType, holding: Collection[int]) -> bool:
        """Open the task with whoever is to have it; tell whether it goes out to this session."""
        key = task[self._key]
        with self._lock:
            if key in self._excluded:
                return False
            for one in self.sessions.values():
                if key in one.reserved:
                    one.reserved.discard(key)
                    one.open[key] = task
                    if one is session:
                        return key not in holding
            assigned = self._assigned[key]
            full = self.limit is not None and len(assigned) >= self.limit
            if not self._repeats:
                if full or session.id in assigned:
                    return False
                assigned.add(session.id)
            session.open[key] = task
            return key not in holding  # it may be on screen since before a restart

    def _moved(self, key: int, other: Session, session: Session) -> TaskType:
        task = session.open[key] = other.open.pop(key)
        self._assigned[key] = (self._assigned[key] - {other.id}) | {session.id}
        return task

    def _next(self, session: Session) -> TaskType | None:
        if self.limit != 1 and session.position < len(self._pulled):
            task: TaskType | None = self._pulled[session.position]
        elif (raw := self._pull()) is not None:
            task = set_hashes({key: raw[key] for key in raw if key not in STAMPS})
            self._count += 1
            if self.limit != 1:
                self._pulled.append(task)
        else:
            return None
        session.position += 1
        return task

    def _pull(self) -> TaskType | None:
        if self._failure is not None:  # a generator that failed would look like the stream's end
            raise self._failure
        try:
            return next(self.stream, None)
        except Exception as error:
            self._failure = error
            raise


def _without(tasks: Mapping[int, TaskType], keys: Collection[int]) -> list[TaskType]:
    return [task for key, task in tasks.items() if key not in keys]


def sessions_per_task(config: Mapping[str, Any]) -> int | None:
    """Return to how many sessions a task goes, None for all; raises SettingsError.

    >>> sessions_per_task({}), sessions_per_task({"annotations_per_task": 2})
    (1, 2)
    """
    count, overlap = config.get("annotations_per_task"), bool(config.get("feed_overlap"))
    if count is None:
        return None if overlap else 1
    if overlap:
        raise SettingsError("'feed_overlap' and 'annotations_per_task' are both set: choose one")
    if isinstance(count, bool) or not isinstance(count, int) or count < 1:
        raise SettingsError(
            f"setting 'annotations_per_task' is {count!r}; it must be a whole number from 1"
        )
    return int(count)
