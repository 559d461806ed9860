"""The HTTP application: a handler per path, the list of paths, the responses to errors."""

from __future__ import annotations

import mimetypes
import os
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from recipe_host import __version__
from recipe_host.errors import SettingsError, StoreError
from recipe_host.messages import fail
from recipe_host.server.bodies import read_object
from recipe_host.server.project import check_page
from recipe_host.server.responses import AsciiResponse, HTTPError
from recipe_host.server.security import Hosts, SecurityMiddleware
from recipe_host.server.service import Service
from recipe_host.session import Controller

__all__ = ["make_app"]

WEB = Path(__file__).parent.parent / "web"
# Some systems call it plain text, which browsers do not run as a module.
mimetypes.add_type("text/javascript", ".js")


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


# Handlers without `async` run in a worker thread, where they may wait for the database.


async def health(request: Request) -> AsciiResponse:
    """Return that the server runs."""
    return AsciiResponse({"status": "alive"})


async def version(request: Request) -> AsciiResponse:
    """Return the host's version."""
    return AsciiResponse({"version": f"{__version__}+recipe-host"})


def project(request: Request) -> AsciiResponse:
    """Describe the run to the session that the query names, or to the unnamed one."""
    service = _service(request)
    session_id = service.session_of(request.query_params.get("session"))
    return AsciiResponse(service.project(session_id))


def session_project(request: Request) -> AsciiResponse:
    """Describe the run to the session whose id is in the path."""
    service = _service(request)
    session_id = service.checked_session(request.path_params["session_id"])
    return AsciiResponse(service.project(session_id))


def get_questions(request: Request) -> AsciiResponse:
    """Return the next tasks of the session that the query names."""
    service = _service(request)
    session_id = service.session_of(request.query_params.get("session"))
    return AsciiResponse(service.questions({"session_id": session_id}))


async def get_session_questions(request: Request) -> AsciiResponse:
    """Return the next tasks of the session that the body names."""
    body = await read_object(request)
    return AsciiResponse(await run_in_threadpool(_service(request).questions, body))


async def give_answers(request: Request) -> AsciiResponse:
    """Store a batch of answers."""
    body = await read_object(request)
    return AsciiResponse(await run_in_threadpool(_service(request).answers, body))


async def validate_answer(request: Request) -> AsciiResponse:
    """Return whether the recipe accepts an answer."""
    answer = await read_object(request)
    return AsciiResponse(await run_in_threadpool(_service(request).validate, answer))


async def end_session(request: Request) -> AsciiResponse:
    """Let other sessions have the open tasks of the one that the body names."""
    body = await read_object(request)
    return AsciiResponse(await run_in_threadpool(_service(request).end, body))


async def event(request: Request) -> AsciiResponse:
    """Return what an event hook of the recipe returns."""
    payload, name = await read_object(request), request.path_params["name"]
    try:
        return AsciiResponse(await run_in_threadpool(_service(request).event, name, payload))
    except (HTTPError, StoreError):
        raise
    except Exception as error:  # hooks refuse with any exception, some name a status
        status = getattr(error, "status_code", 400)
        raise HTTPError(status, str(getattr(error, "detail", error))) from error


# The page's files have a route each, so that no other path reaches the folder. As their names are
# known, links may lead out of the folder: some installers link every file to a cache.
FILES = StaticFiles(directory=WEB, html=True, follow_symlink=True)
FILE_PATHS = ("/", *(f"/{file.relative_to(WEB).as_posix()}" for file in sorted(WEB.rglob("*.*"))))

ROUTES = [
    *(Route(path, FILES, methods=["GET"]) for path in FILE_PATHS),
    Route("/health", health),
    Route("/version", version),
    Route("/project", project),
    Route("/project/{session_id}", session_project),
    Route("/get_questions", get_questions),
    Route("/get_session_questions", get_session_questions, methods=["POST"]),
    Route("/give_answers", give_answers, methods=["POST"]),
    Route("/validate_answer", validate_answer, methods=["POST"]),
    Route("/end_session", end_session, methods=["POST"]),
    Route("/event/{name}", event, methods=["POST"]),
]


async def _on_http_error(request: Request, error: HTTPError) -> AsciiResponse:
    return error.response()


async def _on_no_route(request: Request, error: HTTPException) -> AsciiResponse:
    wrong_method = error.status_code == 405
    why = f"{request.method} is not served there" if wrong_method else "there is no such path"
    return AsciiResponse({"error": why}, error.status_code)


async def _on_disconnect(request: Request, error: ClientDisconnect) -> AsciiResponse:
    return AsciiResponse({"error": "the connection broke off"}, 400)  # which nobody reads


async def _on_store_error(request: Request, error: StoreError) -> AsciiResponse:
    fail(str(error))
    message = f"{error}; nothing was stored, and the page keeps the answers"
    return AsciiResponse({"error": message}, 503)


async def _on_recipe_error(request: Request, error: Exception) -> AsciiResponse:
    message = f"the recipe failed: {type(error).__name__}: {error}"
    return AsciiResponse({"error": message}, 500)


# Typed as `Any`: the library's own type has every handler take every exception.
EXCEPTION_HANDLERS: Any = {
    HTTPError: _on_http_error,
    HTTPException: _on_no_route,
    ClientDisconnect: _on_disconnect,
    StoreError: _on_store_error,
    Exception: _on_recipe_error,
}


def make_app(controller: Controller, service: Service | None = None) -> Starlette:
    """Return the application that serves a controller and its page.

    Raises `SettingsError` for settings that the page or the server cannot use.
    """
    check_page(controller)
    security = Middleware(
        SecurityMiddleware,
        hosts=Hosts(controller.config["host"], controller.config.get("allowed_hosts", [])),
        linkable=frozenset(FILE_PATHS),
        credentials=_credentials(),
    )
    app = Starlette(routes=ROUTES, middleware=[security], exception_handlers=EXCEPTION_HANDLERS)
    app.state.ending = None  # whoever runs it may put an event here, and set it at the end
    app.state.service = service or Service(controller)
    app.router.redirect_slashes = False  # an almost right path is a wrong one
    return app


def _credentials() -> tuple[str, str] | None:
    user = os.environ.get("PRODIGY_BASIC_AUTH_USER", "")
    password = os.environ.get("PRODIGY_BASIC_AUTH_PASS", "")
    if bool(user) != bool(password):
        raise SettingsError(
            "PRODIGY_BASIC_AUTH_USER and PRODIGY_BASIC_AUTH_PASS must be set together"
        )
    return (user, password) if user else None
