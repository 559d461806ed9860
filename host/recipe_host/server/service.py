"""What the server does for an annotator, without HTTP: check names, give tasks, store answers.

These calls wait for the database and the stream, so the application runs them in worker threads.
"""

from __future__ import annotations

import os
import re
import threading
from typing import Any

from recipe_host.errors import AnswerError
from recipe_host.messages import fail
from recipe_host.server.bodies import AnswersBody, QuestionsBody, check_answers, check_fields
from recipe_host.server.project import describe
from recipe_host.server.responses import HTTPError
from recipe_host.server.update_worker import UpdateWorker
from recipe_host.session import Controller

__all__ = ["Service"]

Body = dict[str, Any]
NAME = re.compile(r"[\w.@+ -]{1,64}")
TAKEN_OVER = (
    "this session was opened in another tab or browser, which has its tasks now; two people need "
    "two sessions: add ?session=name to the address"
)


class Service:
    """Serve the sessions of one controller. `close` waits until the recipe has learned from all."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self._updates = UpdateWorker(controller, report=fail)
        self._pages: dict[str, str] = {}  # the page of each session: the one opened last
        self._lock = threading.Lock()
        allowed = os.environ.get("PRODIGY_ALLOWED_SESSIONS", "")
        self._allowed = frozenset(name.strip() for name in allowed.split(",") if name.strip())

    def session_of(self, name: str | None) -> str:
        """Return the id of a named annotator's session.

        Raises `HTTPError` (400, 403) for a name that is not allowed.
        """
        if self._allowed and name not in self._allowed:
            raise HTTPError(
                403,
                "name your session in the address, ?session=name; allowed are: "
                + ", ".join(sorted(self._allowed)),
            )
        if not name:
            return self.controller.session_id
        if not NAME.fullmatch(name):
            raise HTTPError(
                400, "a session's name has up to 64 letters, digits, spaces and _ . @ + -"
            )
        return self.controller.get_session_name(name)

    def checked_session(self, session_id: object) -> str:
        """Return a session id that a client may use; None stands for the run's own.

        Raises `HTTPError` (400, 403) for any other id.
        """
        own = self.controller.session_id
        if session_id in (None, "", own):
            return self.session_of(None)
        start = self.controller.get_session_name("")
        if not isinstance(session_id, str) or not session_id.startswith(start):
            raise HTTPError(
                403, f"session_id must be '{own}' or begin with '{start}'", session_id=own
            )
        return self.session_of(session_id[len(start) :])

    def project(self, session_id: str) -> Body:
        """Return what a page needs to know of the run, and how far it is."""
        return {**describe(self.controller, session_id), **self._progress()}

    def questions(self, body: Body) -> Body:
        """Return the next tasks of a session.

        Raises `HTTPError` (409) where another page has taken the session over.
        """
        session_id = self.checked_session(body.get("session_id"))
        check_fields(QuestionsBody, body)
        page, holding = body.get("page"), body.get("holding")
        if page is not None:
            self._claim(session_id, page, opening=body.get("opening") is True)
        tasks = self.controller.get_questions(session_id, holding=holding)
        elsewhere = 0 if tasks else self.controller.open_elsewhere(session_id)
        return {
            "tasks": tasks,
            "session_id": session_id,
            "open_elsewhere": elsewhere,
            **self._progress(),
        }

    def answers(self, body: Body) -> Body:
        """Store a batch of answers; it is on disk when this returns.

        Raises `HTTPError` (400, 403, 422) where one cannot be stored; then none of the batch is.
        """
        session_id = self.checked_session(body.get("session_id"))
        check_fields(AnswersBody, body)
        answers, batch_id = check_answers(body.get("answers")), body.get("batch_id")
        try:
            stored = self.controller.store_answers(answers, session_id, batch_id=batch_id)
        except AnswerError as error:
            refusals = enumerate(map(self._refusal, answers))
            refused = [{"index": index, "error": reason} for index, reason in refusals if reason]
            raise HTTPError(422, str(error), refused=refused) from error
        components = self.controller.components
        if stored and (components.update or components.progress):
            self._updates.put(stored, session_id)
        elif stored:  # the recipe is not called, so nobody waits for it
            self.controller.learn(stored, session_id)
        return {"session_id": session_id, "stored": len(stored), **self._progress()}

    def validate(self, answer: Body) -> Body:
        """Tell whether the recipe accepts an answer: `error` is empty, or its reason not to."""
        check_answers([answer])
        return {"error": self._refusal(answer) or ""}

    def end(self, body: Body) -> Body:
        """Let other sessions have what this one leaves unanswered."""
        session_id = self.checked_session(body.get("session_id"))
        self.controller.end_session(session_id)
        return {"session_id": session_id}

    def event(self, name: str, payload: Body) -> Any:
        """Return what an event hook of the recipe returns.

        Raises `HTTPError` (404) where there is no hook of that name.
        """
        hook = self.controller.event_hooks.get(name)
        if hook is None:
            raise HTTPError(404, f"the recipe has no event hook called {name!r}")
        return hook(self.controller, **payload)

    @property
    def waiting(self) -> int:
        """The number of stored answers that the recipe has not learned from."""
        return self._updates.waiting

    def close(self) -> None:
        """Wait until all stored answers were learned from."""
        self._updates.close()

    def _claim(self, session_id: str, page: str, *, opening: bool) -> None:
        # Only for tasks: answers are taken from any page, so that none is lost with a closed one.
        with self._lock:
            if opening:
                self._pages[session_id] = page
            elif self._pages.setdefault(session_id, page) != page:
                raise HTTPError(409, TAKEN_OVER)

    def _progress(self) -> Body:
        waiting = self._updates.waiting  # first: where none waits, what follows is the newest
        return {
            "total": self.controller.total_annotated,
            "progress": self.controller.progress,
            "progress_kind": None,
            "learning": {"waiting": waiting, "error": self._updates.error},
        }

    def _refusal(self, answer: Body) -> str | None:
        try:
            self.controller.validate_answer(answer)
        except AnswerError as error:
            return str(error)
        return None
