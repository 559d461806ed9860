"""What the server says: JSON, and refusals that carry one clear sentence."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

__all__ = ["Refused", "Reply"]


class Reply(Response):
    """JSON in ASCII: source texts may hold lone surrogates, which UTF-8 cannot carry."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Write the content; raises ValueError for what is not JSON."""
        return json.dumps(content, allow_nan=False, separators=(",", ":")).encode("ascii")


class Refused(Exception):
    """A request that is not served. Attributes: `status` (4xx), `sentence`, `details`."""

    def __init__(self, status: int, sentence: str, **details: Any) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.details = details

    def reply(self) -> Reply:
        """Return the response that says so."""
        return Reply({"error": self.sentence, **self.details}, self.status)
