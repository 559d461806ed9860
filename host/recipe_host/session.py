"""The controller: gives a recipe's tasks to sessions, stores the answers, then calls `update`.

Usable without HTTP::

    controller = Controller.from_components("ner.manual", components)
    while tasks := controller.get_questions():
        controller.receive_answers([{**task, "answer": "accept"} for task in tasks])
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from recipe_host.checking import check_stream
from recipe_host.claims import Claim
from recipe_host.components import Components
from recipe_host.connections import open_database
from recipe_host.constants import INPUT_HASH_ATTR, TASK_HASH_ATTR
from recipe_host.errors import DatasetNotFound, UpdateError
from recipe_host.hashing import set_hashes
from recipe_host.progress import ask_progress, first_progress
from recipe_host.recording import Recorder
from recipe_host.settings import load_settings
from recipe_host.stream import Stream
from recipe_host.strings import get_timestamp_session_id
from recipe_host.task_router import Session, TaskRouter, sessions_per_task
from recipe_host.types import TaskType

__all__ = ["Controller"]


class Controller:
    """One run of a recipe. Its methods may be called from several threads.

    Attributes: `recipe_name`; `dataset` (name or False); `view_id`; `db`; `config`; `exclude_by`
    (``task`` or ``input``); `session_id` (of whoever gives none); `total_annotated` (answers in the
    dataset); `components`; `event_hooks`; `progress` (0 to 1, None unknown).
    """

    def __init__(
        self, name: str, components: Components, config: Mapping[str, Any] | None = None
    ) -> None:
        self.recipe_name = name
        self.config = load_settings(components.config, config)
        self.dataset = components.dataset
        self.view_id = components.require_view(name, self.config)
        self.exclude_by = str(self.config["exclude_by"])
        self.event_hooks = components.event_hooks
        self.db = open_database(components.db)
        self.progress: float | None = None
        self.components = components
        self._stream_lock = threading.RLock()  # generators cannot be read by two threads at once
        # Locks of their own: answers are stored while the stream is read or `update` runs.
        self._store_lock = threading.RLock()
        self._update_lock = threading.RLock()
        self._open_dataset()
        self.total_annotated = self.db.count_dataset(str(self.dataset)) if self.dataset else 0
        self.session_id = self._default_session_id()
        self._key = TASK_HASH_ATTR if self.exclude_by == "task" else INPUT_HASH_ATTR
        self._recorder = Recorder(self.db, components, self.view_id, self._key)
        self._leases = self._recorder.leases
        stream = components.stream
        if self.config["auto_count_stream"] and stream.length is None:
            stream = Stream(list(stream))
        self._total = stream.length
        self._router = self._new_router(stream)
        self._on_exit = components.on_exit
        if components.on_load is not None:
            components.on_load(self)
        first = self._router.session(self.session_id)
        self.progress = first_progress(components.progress, self, first)
        if self.config["validate"]:  # after `on_load`, which may replace the stream
            check_stream(name, self.view_id, self.stream, self.config["batch_size"])

    @classmethod
    def from_components(
        cls, name: str, components: Mapping[str, Any], config: Mapping[str, Any] | None = None
    ) -> Controller:
        """Make a controller of what recipe `name` returned; `config` wins over all settings.

        Raises `SettingsError`, `StoreError`, and `RecipeError` for unusable components or tasks.
        """
        return cls(name, Components.checked(name, components), config)

    @property
    def stream(self) -> Stream:
        """The stream that tasks are read from."""
        return self._router.stream

    @property
    def session_ids(self) -> list[str]:
        """The ids of the sessions that asked or answered in this run."""
        return [name for name, session in self._router.sessions.items() if session.active]

    def get_session_name(self, name: str) -> str:
        """Return the id of a named annotator's session."""
        return f"{self.dataset}-{name}"

    def get_questions(
        self, session_id: str | None = None, *, holding: Collection[int] | None = None
    ) -> list[TaskType]:
        """Return the session's next batch of tasks; an empty list where there is none for it now.

        Tasks are excluded now, not when the stream was made. They stay open until answered.
        `holding`: the hashes (of `exclude_by`) of the tasks that the annotator's page has; other
        open tasks did not arrive and are returned again. None: all of them arrived.
        """
        with self._stream_lock:
            session = self._session(session_id)
            tasks = self._router.next_tasks(session, self.config["batch_size"], holding)
            if not tasks and self.config.get("allow_work_stealing", True):
                tasks = self._take_over(session)
            if self._leases is not None:
                self._leases.add(self._owner(session.id), [task[self._key] for task in tasks])
            return tasks

    def open_questions(self, session_id: str | None = None) -> list[TaskType]:
        """Return the tasks that this session was given and has not answered, oldest first."""
        return self._router.open_tasks(self._session(session_id))

    def open_elsewhere(self, session_id: str | None = None) -> int:
        """Return the number of tasks that other sessions were given and have not answered."""
        return self._router.open_count() - self._router.open_count(self._session(session_id))

    def end_session(self, session_id: str | None = None) -> None:
        """Let other sessions take over this one's open tasks once the stream has no more."""
        self._router.end(self._session(session_id))

    def validate_answer(self, answer: TaskType) -> None:
        """Check an answer. Raises `AnswerError`, with its reason, where it cannot be stored."""
        self._recorder.validate(answer)

    def receive_answers(
        self, answers: Iterable[TaskType], session_id: str | None = None
    ) -> float | None:
        """Store answers, then call `update` with them; return the progress.

        The order is `before_db`, store (durable, all or nothing), `update` with the answers as they
        came. Raises `AnswerError` or `StoreError` with nothing stored, `UpdateError` with all.
        """
        with self._update_lock:  # `update` sees batches in the order in which they were stored
            return self.learn(self.store_answers(answers, session_id), session_id)

    def store_answers(
        self,
        answers: Iterable[TaskType],
        session_id: str | None = None,
        *,
        batch_id: str | None = None,
    ) -> list[TaskType]:
        """Store answers without calling `update`; return them as `learn` takes them.

        A batch whose `batch_id` is stored already is not stored again, and an empty list returned.
        Never waits for the stream or for `update`. Raises `AnswerError` or `StoreError`, with
        nothing stored.
        """
        session = self._session(session_id)
        given = [set_hashes(answer) for answer in answers]
        with self._store_lock:
            stamped = self._recorder.record(given, session.id, batch_id, self._owner(session.id))
            # Also for a batch that is stored already: it may have been written and not confirmed.
            self._router.answered(session, [answer[self._key] for answer in given])
            session.total_annotated += len(stamped)
            self.total_annotated += len(stamped)
            return stamped

    def learn(self, answers: list[TaskType], session_id: str | None = None) -> float | None:
        """Call `update` with stored answers; return the progress. Raises `UpdateError`."""
        with self._update_lock:
            self.progress = self._measure(self._session(session_id), answers, self._update(answers))
            return self.progress

    def reset_stream(
        self, new_stream: Iterable[TaskType], prepend_old_wrappers: bool = True
    ) -> None:
        """Go on with another stream, under the wrappers of the old one as well where asked to."""
        with self._stream_lock:
            stream = Stream.from_iterable(new_stream)
            if prepend_old_wrappers:
                stream = self.stream.with_source_of(stream)
            self._total = stream.length
            self._router.reset(stream)

    def claim(self, address: str) -> AbstractContextManager[Claim | None]:
        """Return a context that the server at `address` has the dataset in (`StoreError`: not)."""
        return nullcontext() if self._leases is None else self._leases.claim(address)

    def refresh(self) -> None:
        """See what was answered since this run was made, by a server that has ended meanwhile."""
        if self.dataset and not self._router.open_count():
            self._router = self._new_router(self.stream)
            self.total_annotated = self.db.count_dataset(str(self.dataset))

    def close(self) -> None:
        """End the run: call the recipe's `on_exit`, the first time only."""
        on_exit, self._on_exit = self._on_exit, None
        if on_exit is not None:
            on_exit(self)

    def __enter__(self) -> Controller:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def _open_dataset(self) -> None:
        if not self.dataset:
            return
        if (name := str(self.dataset)) not in self.db and not self.config["auto_create"]:
            raise DatasetNotFound(name, tuple(self.db.datasets))
        self.db.add_dataset(name)

    def _default_session_id(self) -> str:
        if self.components.get_session_id is not None:
            return str(self.components.get_session_id())
        stamp = identifier = get_timestamp_session_id()
        count = 1
        while identifier in self.db:  # several runs may begin within one second
            count += 1
            identifier = f"{stamp}-{count}"
        return identifier

    def _new_router(self, stream: Stream) -> TaskRouter:
        limit = sessions_per_task(self.config)
        repeats = not self.config["auto_exclude_current"]
        router = TaskRouter(
            stream,
            self._key,
            excluded=self._hashes(*self.components.exclude),
            assigned={} if repeats else self._answered(limit),
            limit=limit,
            repeats=repeats,
        )
        for owner, left in (self._leases.by_session() if self._leases else {}).items():
            router.reserve(owner or self.session_id, *left)
        return router

    def _answered(self, limit: int | None) -> dict[int, set[str]]:
        """Return who answered each hash: its sessions; the dataset, where one session suffices."""
        if not self.dataset:
            return {}
        name = str(self.dataset)
        sessions: defaultdict[int, set[str]] = defaultdict(set)
        for session in [name] if limit == 1 else self.db.get_dataset_sessions(name):
            for key in self._hashes(session):
                sessions[key].add(session)
        return sessions

    def _session(self, session_id: str | None) -> Session:
        session = self._router.session(session_id or self.session_id)
        session.active = True
        return session

    def _owner(self, session_id: str) -> str:
        """Return the session's name in leases: the id of an unnamed one differs after a restart."""
        return "" if session_id == self.session_id else session_id

    def _take_over(self, session: Session) -> list[TaskType]:
        if (taken := self._router.take_over(session, self.config["batch_size"])) is None:
            return []
        other, tasks = taken
        if self._leases is not None:
            self._leases.remove(self._owner(other.id), [task[self._key] for task in tasks])
        return tasks

    def _hashes(self, *names: str) -> set[int]:
        by_task = self.exclude_by == "task"
        return (self.db.get_task_hashes if by_task else self.db.get_input_hashes)(*names)

    def _update(self, answers: list[TaskType]) -> Any:
        if self.components.update is None:
            return None
        try:
            return self.components.update(answers)
        except Exception as error:  # whatever a model may raise
            raise UpdateError(
                f"{len(answers)} answers are stored, but recipe '{self.recipe_name}' could not "
                f"learn from them: {type(error).__name__}: {error}"
            ) from error

    def _measure(self, session: Session, answers: list[TaskType], result: Any) -> float | None:
        if (own := self.components.progress) is not None:
            return ask_progress(own, self, session, answers=answers, result=result)
        if target := self.config.get("total_examples_target"):
            return min(1.0, self.total_annotated / float(target))
        if not self._total:
            return None
        # Read and not open: answered or excluded, and both are done.
        still_open = self._router.open_count(None if self._router.limit == 1 else session)
        return (self._router.read_count(session) - still_open) / self._total
