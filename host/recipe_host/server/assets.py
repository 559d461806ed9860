"""The page's files, read once: a request can name no other file, whatever its path says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["asset_routes"]

WEB = Path(__file__).parent.parent / "web"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    files = {
        f"/{path.relative_to(WEB).as_posix()}": (path.read_bytes(), MEDIA_TYPES[path.suffix])
        for path in sorted(WEB.rglob("*"))
        if path.suffix in MEDIA_TYPES
    }
    return {"/": files["/index.html"], **files}


async def _send(request: Request) -> Response:
    content, media_type = _files()[request.scope["path"]]
    return Response(content, media_type=media_type)


def asset_routes() -> list[Route]:
    """Return one route a file, and `/` for the page."""
    return [Route(path, _send, methods=["GET"]) for path in _files()]
