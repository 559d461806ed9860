"""Deals the tasks of one stream out to annotation sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from recipe_host.constants import (
    ANNOTATOR_ID_ATTR,
    SESSION_ID_ATTR,
    TASK_HASH_ATTR,
    TIMESTAMP_ATTR,
    VIEW_ID_ATTR,
)
from recipe_host.hashing import set_hashes
from recipe_host.stream import Stream
from recipe_host.types import TaskType

__all__ = ["Dealer", "Session"]

# What an earlier answer left on a task that is asked again.
STAMPS = ("answer", SESSION_ID_ATTR, ANNOTATOR_ID_ATTR, VIEW_ID_ATTR, TIMESTAMP_ATTR)


@dataclass(slots=True)
class Session:
    """One annotator's state in this run.

    `seen` holds the hashes that it is not asked about (again), one set for all sessions where they
    share the tasks; `open` the tasks that were served and not answered, by task hash, oldest first;
    `position` how many tasks it has gone past; `total_annotated` its answers in this run.
    """

    id: str
    seen: set[int]
    open: dict[int, TaskType] = field(default_factory=dict)
    position: int = 0
    total_annotated: int = 0


class Dealer:
    """Deals tasks, nothing twice: to one session each, or to every session (`overlap`).

    `key` names the hash by which tasks are the same; tasks whose hash is in `excluded` are dealt to
    nobody. `repeats` lets the stream itself ask the same task again.
    """

    def __init__(
        self, stream: Stream, key: str, excluded: Iterable[int], *, overlap: bool, repeats: bool
    ) -> None:
        self.stream = stream
        self.overlap = overlap
        self._key = key
        self._excluded = frozenset(excluded)
        self._repeats = repeats
        self._pulled: list[TaskType] = []  # kept only with overlap, for whoever comes later
        self._count = 0

    def deal(self, session: Session, count: int) -> list[TaskType]:
        """Return the next `count` tasks for this session; fewer at the end of the stream."""
        dealt: list[TaskType] = []
        while len(dealt) < count and (task := self._next(session)) is not None:
            if task[self._key] in self._excluded or task[self._key] in session.seen:
                continue
            if not self._repeats:
                session.seen.add(task[self._key])
            session.open[task[TASK_HASH_ATTR]] = task
            dealt.append(task)
        return dealt

    def gone_past(self, session: Session) -> int:
        """Number of tasks taken from the stream, by this session if each takes its own."""
        return session.position if self.overlap else self._count

    def reset(self, stream: Stream) -> None:
        """Go on with another stream."""
        self.stream = stream
        self._pulled.clear()
        self._count = 0

    def _next(self, session: Session) -> TaskType | None:
        if self.overlap and session.position < len(self._pulled):
            task: TaskType | None = self._pulled[session.position]
        elif (raw := next(self.stream, None)) is not None:
            task = set_hashes({key: raw[key] for key in raw if key not in STAMPS})
            self._count += 1
            if self.overlap:
                self._pulled.append(task)
        else:
            return None
        session.position += 1
        return task
