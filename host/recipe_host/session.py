"""The controller: serves a recipe's tasks to annotators, stores their answers, then learns.

Usable without HTTP::

    controller = Controller.from_components("ner.manual", components)
    while tasks := controller.get_questions():
        controller.receive_answers([{**task, "answer": "accept"} for task in tasks])
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from copy import deepcopy
from types import TracebackType
from typing import Any

from recipe_host.components import Components
from recipe_host.connections import connect
from recipe_host.constants import (
    ANNOTATOR_ID_ATTR,
    ANSWERS,
    INPUT_HASH_ATTR,
    SESSION_ID_ATTR,
    TASK_HASH_ATTR,
    TIMESTAMP_ATTR,
    VIEW_ID_ATTR,
)
from recipe_host.dealing import Dealer, Session
from recipe_host.errors import AnswerError, DatasetNotFound, RecipeError, UpdateError
from recipe_host.hashing import set_hashes
from recipe_host.progress import ask_progress
from recipe_host.settings import load_settings
from recipe_host.store import Database
from recipe_host.stream import Stream
from recipe_host.types import TaskType
from recipe_host.values import get_timestamp_session_id

__all__ = ["Controller"]


class Controller:
    """One run of a recipe. Its methods may be called from several threads.

    Attributes: `recipe_name`; `dataset` (name or False); `view_id`; `db`; `config`; `exclude_by`
    (``task`` or ``input``); `session_id` (of whoever gives none); `total_annotated` (answers in the
    dataset); `event_hooks`; `progress` (0 to 1, None unknown).
    """

    def __init__(
        self, name: str, components: Components, config: Mapping[str, Any] | None = None
    ) -> None:
        self.recipe_name = name
        self.config = load_settings(components.config, config)
        self.dataset = components.dataset
        self.view_id = _view_id(name, components, self.config)
        self.exclude_by = str(self.config["exclude_by"])
        self.event_hooks = components.event_hooks
        self.db = _database(components.db)
        self.progress: float | None = None
        self._components = components
        self._lock = threading.RLock()
        self._sessions: dict[str, Session] = {}
        self._open_dataset()
        self.total_annotated = self.db.count_dataset(str(self.dataset)) if self.dataset else 0
        self.session_id = self._default_session_id()
        stream = components.stream
        if self.config["auto_count_stream"] and stream.length is None:
            stream = Stream(list(stream))
        self._total = stream.length
        self._excludes_current = bool(self.config["auto_exclude_current"])
        self._dealer = Dealer(
            stream,
            TASK_HASH_ATTR if self.exclude_by == "task" else INPUT_HASH_ATTR,
            self._hashes(*components.exclude),
            overlap=bool(self.config["feed_overlap"]),
            repeats=not self._excludes_current,
        )
        self._shared = self._answered(self.dataset)
        self._on_exit = components.on_exit
        if components.on_load is not None:
            components.on_load(self)

    @classmethod
    def from_components(
        cls, name: str, components: Mapping[str, Any], config: Mapping[str, Any] | None = None
    ) -> Controller:
        """Make a controller of what recipe `name` returned; `config` wins over all settings.

        Raises RecipeError for components that cannot be used, SettingsError, StoreError.
        """
        return cls(name, Components.checked(name, components), config)

    @property
    def stream(self) -> Stream:
        """The stream that tasks come from."""
        return self._dealer.stream

    @property
    def session_ids(self) -> list[str]:
        """Ids of the sessions that asked or answered in this run."""
        return list(self._sessions)

    def get_session_name(self, name: str) -> str:
        """Return the id of a named annotator's session."""
        return f"{self.dataset}-{name}"

    def get_questions(self, session_id: str | None = None) -> list[TaskType]:
        """Return the session's next batch of tasks; an empty list at the end of the stream.

        What is excluded is left out now, not when the stream was made. Tasks stay open until they
        are answered; see `open_questions`.
        """
        with self._lock:
            return self._dealer.deal(self._session(session_id), self.config["batch_size"])

    def open_questions(self, session_id: str | None = None) -> list[TaskType]:
        """Return the tasks that this session was given and has not answered, oldest first."""
        with self._lock:
            return list(self._session(session_id).open.values())

    def validate_answer(self, answer: TaskType) -> None:
        """Raise AnswerError, with words for the annotator, for an answer that cannot be stored."""
        if answer.get("answer") not in ANSWERS:
            raise AnswerError(
                f"an answer must be one of {', '.join(ANSWERS)}, not {answer.get('answer')!r}"
            )
        if self._components.validate_answer is None:
            return
        try:
            self._components.validate_answer(deepcopy(answer))
        except Exception as error:  # a recipe may refuse with any exception
            raise AnswerError(str(error) or type(error).__name__) from error

    def receive_answers(
        self, answers: Iterable[TaskType], session_id: str | None = None
    ) -> float | None:
        """Store answers, then let the recipe learn from them; return the progress.

        The order is `before_db`, store (durable, all or nothing), `update` with the answers as they
        came. Raises AnswerError and StoreError with nothing stored, UpdateError with all stored.
        """
        with self._lock:
            session = self._session(session_id)
            stamped = [self._stamped(answer, session) for answer in answers]
            for answer in stamped:
                self.validate_answer(answer)
            self._store(stamped, session)
            for answer in stamped:
                session.open.pop(answer[TASK_HASH_ATTR], None)
                if self._excludes_current:
                    session.seen.add(answer[f"_{self.exclude_by}_hash"])
            session.total_annotated += len(stamped)
            self.total_annotated += len(stamped)
            self.progress = self._measure(session, stamped, self._learn(stamped))
            return self.progress

    def reset_stream(
        self, new_stream: Iterable[TaskType], prepend_old_wrappers: bool = True
    ) -> None:
        """Go on with another stream, under the wrappers of the old one if so asked."""
        with self._lock:
            stream = Stream.from_iterable(new_stream)
            if prepend_old_wrappers:
                stream = self.stream.with_source_of(stream)
            self._total = stream.length
            self._dealer.reset(stream)
            for session in self._sessions.values():
                session.position = 0

    def close(self) -> None:
        """End the run: call the recipe's `on_exit`, once."""
        with self._lock:
            on_exit, self._on_exit = self._on_exit, None
            if on_exit is not None:
                on_exit(self)

    def __enter__(self) -> Controller:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _open_dataset(self) -> None:
        if not self.dataset:
            return
        name = str(self.dataset)
        if name not in self.db and not self.config["auto_create"]:
            raise DatasetNotFound(name, tuple(self.db.datasets))
        self.db.add_dataset(name)

    def _default_session_id(self) -> str:
        if self._components.get_session_id is not None:
            return str(self._components.get_session_id())
        stamp = identifier = get_timestamp_session_id()
        count = 1
        while identifier in self.db:  # several runs may begin within one second
            count += 1
            identifier = f"{stamp}-{count}"
        return identifier

    def _session(self, session_id: str | None) -> Session:
        name = session_id or self.session_id
        if name not in self._sessions:
            own = self._dealer.overlap
            self._sessions[name] = Session(name, self._answered(name) if own else self._shared)
        return self._sessions[name]

    def _answered(self, name: str | bool) -> set[int]:
        """Hashes of what a dataset or session holds, none where it is not to be excluded."""
        excludes = self._excludes_current and name and str(name) in self.db
        return self._hashes(str(name)) if excludes else set()

    def _hashes(self, *names: str) -> set[int]:
        by_task = self.exclude_by == "task"
        return (self.db.get_task_hashes if by_task else self.db.get_input_hashes)(*names)

    def _stamped(self, answer: TaskType, session: Session) -> TaskType:
        return {
            **set_hashes(answer),
            TIMESTAMP_ATTR: answer.get(TIMESTAMP_ATTR, int(time.time())),
            SESSION_ID_ATTR: session.id,
            ANNOTATOR_ID_ATTR: session.id,
            VIEW_ID_ATTR: answer.get("view_id", self.view_id),
        }

    def _store(self, answers: list[TaskType], session: Session) -> None:
        if not self.dataset or not answers:
            return
        before_db = self._components.before_db
        # A copy, since recipes strip answers in place and `update` needs them as they came.
        examples = answers if before_db is None else list(before_db(deepcopy(answers)))
        with self.db.transaction():
            self.db.add_dataset(session.id, session=True)
            self.db.add_examples(examples, datasets=[str(self.dataset), session.id])

    def _learn(self, answers: list[TaskType]) -> Any:
        if self._components.update is None:
            return None
        try:
            return self._components.update(answers)
        except Exception as error:  # whatever a model may raise
            raise UpdateError(
                f"{len(answers)} answers are stored, but recipe '{self.recipe_name}' could not "
                f"learn from them: {type(error).__name__}: {error}"
            ) from error

    def _measure(self, session: Session, answers: list[TaskType], result: Any) -> float | None:
        if self._components.progress is not None:
            return ask_progress(
                self._components.progress, self, session, answers=answers, result=result
            )
        if target := self.config.get("total_examples_target"):
            return min(1.0, self.total_annotated / float(target))
        if not self._total:
            return None
        waiting = [session] if self._dealer.overlap else self._sessions.values()
        still_open = sum(len(one.open) for one in waiting)
        return (self._dealer.gone_past(session) - still_open) / self._total


def _view_id(name: str, components: Components, config: Mapping[str, Any]) -> str:
    view_id = components.view_id or config.get("view_id")
    if not view_id:
        raise RecipeError(f"recipe '{name}' has no view_id, such as 'ner' or 'text'")
    return str(view_id)


def _database(chosen: Any) -> Database:
    if chosen in (None, False, True):
        return connect()
    opened: Database = connect(chosen) if isinstance(chosen, str) else chosen
    return opened
