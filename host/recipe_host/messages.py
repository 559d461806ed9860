"""Messages of the host and of recipes on the terminal, and their log."""

from __future__ import annotations

import os
import sys
import time
from pprint import pformat

from wasabi.printer import Printer
from wasabi.util import color

__all__ = ["fail", "log", "msg"]

msg = Printer(pretty=sys.stdout.isatty())  # no colours in a pipe


def fail(title: str, details: str = "") -> None:
    """Print a failure to stderr: stdout may be a file of answers. One sentence is one line."""
    mark = f"✘ {title}"
    shown = color(mark, fg="red") if sys.stderr.isatty() else mark
    sys.stderr.write("\n".join(filter(None, (shown, details))) + "\n")


def log(message: str, details: object = None) -> None:
    """Print `message` to stderr if PRODIGY_LOGGING is `basic`, with `details` if `verbose`."""
    level = os.environ.get("PRODIGY_LOGGING", "")
    if level not in ("basic", "verbose"):
        return
    lines = [f"{time.strftime('%H:%M:%S')}: {message}"]
    if level == "verbose" and details is not None:
        lines.append(pformat(details))
    sys.stderr.write("\n".join(lines) + "\n")
