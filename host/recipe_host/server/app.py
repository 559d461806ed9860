"""The HTTP application: its paths in one list, and what becomes of errors."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.routing import Route

from recipe_host import __version__
from recipe_host.errors import SettingsError, StoreError
from recipe_host.messages import fail
from recipe_host.server.assets import asset_routes
from recipe_host.server.bodies import read_object
from recipe_host.server.project import check_page
from recipe_host.server.responses import AsciiResponse, HTTPError
from recipe_host.server.security import Hosts, SecurityMiddleware
from recipe_host.server.service import Body, Service
from recipe_host.session import Controller

__all__ = ["make_app"]

Endpoint = Callable[[Request], Awaitable[AsciiResponse]]


def make_app(controller: Controller, service: Service | None = None) -> Starlette:
    """Return the application that serves a controller and its page.

    Raises SettingsError for settings that the page or the server cannot use.
    """
    check_page(controller)
    served = service or Service(controller)
    assets = asset_routes()
    guard = Middleware(
        SecurityMiddleware,
        hosts=Hosts(controller.config["host"], _allowed_hosts(controller.config)),
        linkable=frozenset(route.path for route in assets),
        credentials=_credentials(),
    )
    app = Starlette(
        routes=[*assets, *_routes(served)],
        middleware=[guard],
        exception_handlers={
            HTTPError: _refused,
            HTTPException: _not_served,
            StoreError: _store_failed,
            Exception: _failed,
        },
    )
    app.router.redirect_slashes = False  # a path is right or it is not
    return app


def _routes(service: Service) -> list[Route]:
    return [
        Route("/health", _getting(lambda _: {"status": "alive"})),
        Route("/version", _getting(lambda _: {"version": f"{__version__}+recipe-host"})),
        Route("/project", _getting(lambda request: service.project(_named(service, request)))),
        Route(
            "/project/{session_id}",
            _getting(lambda request: service.project(_id(service, request))),
        ),
        Route(
            "/get_questions", _getting(lambda request: service.questions(_query(service, request)))
        ),
        Route("/get_session_questions", _posting(service.questions), methods=["POST"]),
        Route("/give_answers", _posting(service.answers), methods=["POST"]),
        Route("/validate_answer", _posting(service.validate), methods=["POST"]),
        Route("/end_session", _posting(service.end), methods=["POST"]),
        Route("/event/{name}", _event(service), methods=["POST"]),
    ]


def _getting(work: Callable[[Request], Body]) -> Endpoint:
    async def endpoint(request: Request) -> AsciiResponse:
        return AsciiResponse(await run_in_threadpool(work, request))

    return endpoint


def _posting(work: Callable[[Body], Body]) -> Endpoint:
    async def endpoint(request: Request) -> AsciiResponse:
        body = await read_object(request)
        return AsciiResponse(await run_in_threadpool(work, body))

    return endpoint


def _event(service: Service) -> Endpoint:
    async def endpoint(request: Request) -> AsciiResponse:
        payload = await read_object(request)
        try:
            return AsciiResponse(
                await run_in_threadpool(service.event, request.path_params["name"], payload)
            )
        except (HTTPError, StoreError):
            raise
        except Exception as error:  # hooks refuse with any exception, some name a status
            status = getattr(error, "status_code", 400)
            raise HTTPError(status, str(getattr(error, "detail", error))) from error

    return endpoint


def _named(service: Service, request: Request) -> str:
    return service.session_of(request.query_params.get("session"))


def _id(service: Service, request: Request) -> str:
    return service.checked_session(request.path_params["session_id"])


def _query(service: Service, request: Request) -> Body:
    return {"session_id": _named(service, request)}


async def _refused(_: Request, error: Exception) -> AsciiResponse:
    if not isinstance(error, HTTPError):
        raise error
    return error.response()


async def _not_served(request: Request, error: Exception) -> AsciiResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    why = f"{request.method} is not served there" if status == 405 else "there is no such path"
    return AsciiResponse({"error": why}, status)


async def _store_failed(_: Request, error: Exception) -> AsciiResponse:
    fail(str(error))
    return AsciiResponse(
        {"error": f"{error}; nothing was stored, and the page keeps the answers"}, 503
    )


async def _failed(_: Request, error: Exception) -> AsciiResponse:
    message = f"the recipe failed: {type(error).__name__}: {error}"
    return AsciiResponse({"error": message}, 500)


def _allowed_hosts(config: dict[str, Any]) -> list[str]:
    names = config.get("allowed_hosts", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SettingsError(f"setting 'allowed_hosts' is {names!r}; it must be a list of names")
    return names


def _credentials() -> tuple[str, str] | None:
    user = os.environ.get("PRODIGY_BASIC_AUTH_USER", "")
    password = os.environ.get("PRODIGY_BASIC_AUTH_PASS", "")
    if bool(user) != bool(password):
        raise SettingsError(
            "PRODIGY_BASIC_AUTH_USER and PRODIGY_BASIC_AUTH_PASS must be set together"
        )
    return (user, password) if user else None
