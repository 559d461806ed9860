"""Runs the application until Ctrl+C."""

from __future__ import annotations

import os
import socket
import sys

import uvicorn

from recipe_host import __version__
from recipe_host.errors import SettingsError
from recipe_host.messages import msg
from recipe_host.server.app import make_app
from recipe_host.server.desk import Desk
from recipe_host.server.guard import is_loopback
from recipe_host.session import Controller

__all__ = ["run_server"]


def run_server(controller: Controller) -> None:
    """Serve the page of a controller until the process is told to stop, then close it.

    Raises SettingsError where the address is in use or not this machine's.
    """
    with controller:
        desk = Desk(controller)
        app = make_app(controller, desk)
        listening = _listen(controller.config["host"], controller.config["port"])
        _greet(controller, listening.getsockname()[1])
        config = uvicorn.Config(
            app, log_level="warning", server_header=False, lifespan="off", ws="none"
        )
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:  # how people end a session, after which it says what was saved
            pass
        finally:
            desk.close()
            _part(controller)


def _listen(host: str, port: int) -> socket.socket:
    try:
        listening = socket.create_server((host, port), backlog=256)
        # Connections inherit it. Without it a reply's body waits 40 ms for the head's receipt.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise SettingsError(
            f"cannot listen on {host}:{port}: {reason}; close what runs there, or choose another "
            "port: PRODIGY_PORT=8081"
        ) from error


def _greet(controller: Controller, port: int) -> None:
    host = controller.config["host"]
    msg.text(f"recipe-host {__version__}, not Prodigy")
    msg.good(f"Annotate '{controller.dataset or 'nothing saved'}': http://{host}:{port}")
    if not is_loopback(host) and not os.environ.get("PRODIGY_BASIC_AUTH_USER"):
        msg.warn(
            "Everybody on the network can annotate: set PRODIGY_BASIC_AUTH_USER and "
            "PRODIGY_BASIC_AUTH_PASS, or the host to localhost"
        )
    sys.stdout.flush()


def _part(controller: Controller) -> None:
    where = f"in dataset '{controller.dataset}'" if controller.dataset else "and none was saved"
    msg.good(f"{controller.total_annotated} answers {where}")
