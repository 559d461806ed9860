"""What the server replies: JSON, also where it refuses."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse

__all__ = ["AsciiResponse", "HTTPError"]


class AsciiResponse(JSONResponse):
    """JSON in ASCII: source texts may hold lone surrogates, which UTF-8 cannot carry."""

    def render(self, content: Any) -> bytes:
        """Write the content. Raises `ValueError` for what is not JSON."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class HTTPError(Exception):
    """A request that is refused. Attributes: `status` (4xx), `message`, `details` (more keys)."""

    def __init__(self, status: int, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    def response(self) -> AsciiResponse:
        """Return the response that says so."""
        return AsciiResponse({"error": self.message, **self.details}, self.status)
