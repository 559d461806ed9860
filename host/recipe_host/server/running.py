"""Running the application until Ctrl+C."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import suppress

import uvicorn
from starlette.applications import Starlette

from recipe_host import __version__
from recipe_host.errors import SettingsError
from recipe_host.messages import msg
from recipe_host.server.app import make_app
from recipe_host.server.browser import open_browser
from recipe_host.server.security import is_loopback
from recipe_host.server.service import Service
from recipe_host.session import Controller

__all__ = ["run_server"]

GRACE_SECONDS = 5  # for requests that are being answered at the end


def run_server(controller: Controller) -> None:
    """Serve the page of a controller until the process is told to stop, then close it.

    Raises `SettingsError` where the address is in use or does not belong to this machine, and
    `StoreError` where another server annotates the dataset.
    """
    host, port = controller.config["host"], controller.config["port"]
    # Before the port, which both would take: what is wrong is that the dataset is taken.
    with controller, controller.claim(f"http://{host}:{port}") as claim:
        controller.refresh()
        service = Service(controller)
        app = make_app(controller, service)
        config = uvicorn.Config(
            app,
            log_level="warning",
            server_header=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        listening = _listen(host, port)
        port = listening.getsockname()[1]  # any free one, for 0
        if claim is not None:
            claim.address = f"http://{host}:{port}"
        _print_address(controller, port)
        reached = "localhost" if host in ("0.0.0.0", "::") else host  # those mean all addresses
        open_browser(f"http://{reached}:{port}")
        # The server raises the signal that ended it anew: SIGTERM shall end the run as Ctrl+C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with suppress(KeyboardInterrupt):  # how people end a run
            _Server(config, app).run(sockets=[listening])
        _print_summary(controller, service)


class _Server(uvicorn.Server):
    """Refuses at the end what has not arrived whole, and cancels the rest without a traceback."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.ending = (
            asyncio.Event()
        )  # here, as it belongs to the loop that it is made in
        await super().startup(sockets)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.state.ending.set()
        logging.getLogger("uvicorn.error").addFilter(_is_no_cancelling)
        await super().shutdown(sockets)


def _is_no_cancelling(record: logging.LogRecord) -> bool:
    kind = record.exc_info[0] if record.exc_info else None
    return kind is not asyncio.CancelledError and not str(record.msg).startswith("Cancel ")


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), backlog=256)
        # Connections inherit it. Without it a body waits 40 ms until its head is acknowledged.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise SettingsError(
            f"cannot listen on {host}:{port}: {reason}; close what runs there, or choose another "
            "port: PRODIGY_PORT=8081"
        ) from error


def _print_address(controller: Controller, port: int) -> None:
    host = controller.config["host"]
    msg.text(f"recipe-host {__version__}, not Prodigy")
    msg.good(f"Annotate '{controller.dataset or 'nothing saved'}': http://{host}:{port}")
    if not is_loopback(host) and not os.environ.get("PRODIGY_BASIC_AUTH_USER"):
        msg.warn(
            "Everybody on the network can annotate: set PRODIGY_BASIC_AUTH_USER and "
            "PRODIGY_BASIC_AUTH_PASS, or the host to localhost"
        )
    sys.stdout.flush()


def _print_summary(controller: Controller, service: Service) -> None:
    where = f"in dataset '{controller.dataset}'" if controller.dataset else "and none was saved"
    msg.good(f"{controller.total_annotated} answers {where}")
    if service.waiting:
        msg.text(f"The recipe still learns from {service.waiting} answers; Ctrl+C ends that")
    sys.stdout.flush()
    service.close()
