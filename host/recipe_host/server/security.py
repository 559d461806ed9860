"""Which requests are served: host names, origins, credentials; and the security headers.

The server listens on this machine, where any web page that the annotator has open could reach it.
The Host header is checked against DNS rebinding (a foreign name that resolves to 127.0.0.1), Origin
and Sec-Fetch-Site against posts from other pages, the content type against plain HTML forms.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import secrets
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from recipe_host.server.responses import HTTPError

__all__ = ["Hosts", "SecurityMiddleware", "is_loopback"]

LOOPBACK = ("localhost", "127.0.0.1", "::1")
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def is_loopback(host: str) -> bool:
    """Tell whether this address can be reached from this machine only."""
    return host in LOOPBACK


class Hosts:
    """The host names under which the server may be addressed.

    A server bound to loopback has the loopback names. One bound to a network has also the name it
    is bound to, the machine's own, and every IP address, since addresses cannot be rebound. `more`
    are the names in the setting `allowed_hosts`.
    """

    def __init__(self, bound: str, more: Collection[str] = ()) -> None:
        self._local = is_loopback(bound)
        own = () if self._local else (bound.lower(), socket.gethostname().lower())
        self._names = frozenset((*LOOPBACK, *own, *(name.lower() for name in more)))

    def __contains__(self, header: object) -> bool:
        try:
            name = urlsplit(f"//{header}").hostname or ""
        except ValueError:
            return False
        return name in self._names or (not self._local and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class SecurityMiddleware:
    """ASGI middleware that refuses requests before the application sees them.

    `linkable` are the paths that other sites may link to: the page's files, which change nothing.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        hosts: Hosts,
        linkable: Collection[str],
        credentials: tuple[str, str] | None = None,
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._linkable = linkable
        self._credentials = credentials

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it; both responses have the security headers."""

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["type"] != "http":  # there are no web sockets here
            return
        try:
            self._check(scope["method"], scope["path"], Headers(scope=scope))
        except HTTPError as error:
            response = error.response()
            if error.status == 401:
                response.headers["WWW-Authenticate"] = 'Basic realm="recipe-host", charset="UTF-8"'
            await response(scope, receive, send_secured)
        else:
            await self._app(scope, receive, send_secured)

    def _check(self, method: str, path: str, headers: Headers) -> None:
        host = headers.get("host", "")
        if host not in self._hosts:
            raise HTTPError(
                403,
                f"this server does not answer to the name {host!r}; use http://localhost, or add "
                "the name to 'allowed_hosts' in prodigy.json",
            )
        reads = method in ("GET", "HEAD")
        if not (reads and path in self._linkable) and _is_cross_site(headers, host):
            raise HTTPError(403, "requests from other sites are refused")
        if self._credentials is not None and not _are_valid(self._credentials, headers):
            raise HTTPError(401, "user name and password are needed")
        media_type = headers.get("content-type", "").split(";")[0].strip().lower()
        if not reads and media_type != "application/json":
            raise HTTPError(415, f"the content type must be application/json, not {media_type!r}")


def _is_cross_site(headers: Headers, host: str) -> bool:
    # Browsers that send no Origin with a GET say by Sec-Fetch-Site where it comes from.
    origin = headers.get("origin")
    if origin is not None:
        return origin.partition("://")[2].lower() != host.lower()
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _are_valid(credentials: tuple[str, str], headers: Headers) -> bool:
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    try:
        given = base64.b64decode(encoded, validate=True) if scheme.lower() == "basic" else b""
    except binascii.Error:
        return False
    # In constant time: how long a comparison takes must not tell how much was right.
    return secrets.compare_digest(given, ":".join(credentials).encode())
