"""What the server says: JSON, and refusals that carry one clear message."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

__all__ = ["AsciiResponse", "HTTPError"]


class AsciiResponse(Response):
    """JSON in ASCII: source texts may hold lone surrogates, which UTF-8 cannot carry."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the content; raises ValueError for what is not JSON."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class HTTPError(Exception):
    """A request that is not served. Attributes: `status` (4xx), `message`, `details`."""

    def __init__(self, status: int, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = details

    def response(self) -> AsciiResponse:
        """Return the response that says so."""
        return AsciiResponse({"error": self.message, **self.details}, self.status)
