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

# What an earlier answer added to a task that is asked again.
ANSWER_KEYS = ("answer", SESSION_ID_ATTR, ANNOTATOR_ID_ATTR, VIEW_ID_ATTR, TIMESTAMP_ATTR)
# A session that was silent for so long counts as abandoned: others may get its open tasks.
SILENT_SECONDS = 600.0


@dataclass(slots=True)
class Session:
    """The state of one annotator's session in this run.

    `reserved`: hashes of open tasks from an earlier run that this run's stream has not reached;
    `open`: tasks that were given and not answered, by their hash, oldest first; `position`: how
    many tasks of the stream it has seen; `total_annotated`: its answers in this run; `heard`: when
    it last was given or answered something (monotonic seconds); `active`: whether it ever asked or
    answered; `holding`: what its page had when it last asked. Hashes are those of `exclude_by`.
    """

    id: str
    reserved: set[int] = field(default_factory=set)
    open: dict[int, TaskType] = field(default_factory=dict)
    position: int = 0
    total_annotated: int = 0
    heard: float = field(default_factory=time.monotonic)
    active: bool = False
    holding: frozenset[int] | None = None


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
        self._read: list[TaskType] = []  # kept only where other sessions may get the same tasks
        self._count = 0
        self._failure: Exception | None = None
        self._lock = threading.Lock()

    def session(self, name: str) -> Session:
        """Return the session of that name, a new one where there is none."""
        with self._lock:
            return self.sessions.setdefault(name, Session(name))

    def reserve(self, name: str, keys: Collection[int], silent: float = 0.0) -> None:
        """Keep tasks for a session that was given them in an earlier run, `silent` seconds ago."""
        session = self.session(name)
        session.reserved.update(keys)
        session.heard = time.monotonic() - silent
        for key in keys:
            self._assigned[key].add(name)

    def next_tasks(
        self, session: Session, count: int, holding: Collection[int] | None = None
    ) -> list[TaskType]:
        """Return up to `count` tasks for this session; fewer at the end of the stream.

        `holding`: the hashes of the tasks that the annotator's page has. The session's other open
        tasks did not arrive and are returned first. None: all of them arrived.
        """
        kept = session.open if holding is None else holding
        held = None if holding is None else frozenset(holding)
        with self._lock:
            # At the end of the stream a page looks again by itself, also where nobody sits there.
            if held is None or held != session.holding:
                session.heard = time.monotonic()
            session.holding = held
            lost = [task for key, task in session.open.items() if key not in kept]
        tasks = lost[:count]
        # Without the lock: the stream may take long, and answers must not wait for it.
        while len(tasks) < count:
            try:
                task = self._next(session)
            except Exception:  # the recipe's: raise it again when nothing came before it
                if tasks:
                    break
                raise
            if task is None:
                break
            if self._assign(session, task, holding or ()):
                tasks.append(task)
        if tasks:
            session.heard = time.monotonic()
        return tasks

    def take_over(self, session: Session, count: int) -> tuple[Session, list[TaskType]] | None:
        """Move up to `count` open tasks from a session that was silent for long to this one.

        Return that session and the tasks; None where there is none.
        """
        with self._lock:
            before = time.monotonic() - SILENT_SECONDS
            # The longest silent one first: it is the least likely to come back.
            for other in sorted(self.sessions.values(), key=lambda one: one.heard):
                if other is session or other.heard >= before:
                    continue
                keys = [key for key in other.open if session.id not in self._assigned[key]]
                if not keys:
                    continue
                moved = {key: other.open.pop(key) for key in keys[:count]}
                session.open.update(moved)
                session.heard = time.monotonic()
                for key in moved:
                    self._assigned[key] = (self._assigned[key] - {other.id}) | {session.id}
                return other, list(moved.values())
        return None

    def end(self, session: Session) -> None:
        """Let others have this session's open tasks as soon as the stream has no more."""
        with self._lock:
            session.heard = float("-inf")  # silent for longer than any limit

    def answered(self, session: Session, keys: Iterable[int]) -> None:
        """Close the tasks of these hashes, which the session has answered."""
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
        """Return the number of open tasks, of one session or of all."""
        with self._lock:
            counted = self.sessions.values() if session is None else [session]
            return sum(len(one.open) for one in counted)

    def read_count(self, session: Session) -> int:
        """Return how many tasks were read from the stream, or seen by a session that sees all."""
        return self._count if self.limit == 1 else session.position

    def reset(self, stream: Stream) -> None:
        """Go on with another stream."""
        self.stream = stream
        self._read.clear()
        self._count = 0
        self._failure = None
        for session in self.sessions.values():
            session.position = 0

    def _assign(self, session: Session, task: TaskType, holding: Collection[int]) -> bool:
        """Open the task for the session that is to have it; tell whether to send it to this one."""
        key = task[self._key]
        with self._lock:
            if key in self._excluded:
                return False
            # A task that was given out before a restart is still open there, whoever reads it now.
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
            return key not in holding  # the page may have it since before a restart

    def _next(self, session: Session) -> TaskType | None:
        if self.limit != 1 and session.position < len(self._read):
            task: TaskType | None = self._read[session.position]
        elif (raw := self._next_raw()) is not None:
            task = set_hashes({key: raw[key] for key in raw if key not in ANSWER_KEYS})
            self._count += 1
            if self.limit != 1:
                self._read.append(task)
        else:
            return None
        session.position += 1
        return task

    def _next_raw(self) -> TaskType | None:
        if self._failure is not None:  # a generator that failed once looks as if it had ended
            raise self._failure
        try:
            return next(self.stream, None)
        except Exception as error:
            self._failure = error
            raise


def sessions_per_task(config: Mapping[str, Any]) -> int | None:
    """Return to how many sessions a task goes, None for all.

    Raises `SettingsError` for a number below 1, and where two settings contradict each other.

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
