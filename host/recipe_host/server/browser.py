"""Opening the page in the annotator's browser."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress

__all__ = ["open_browser"]


def open_browser(address: str) -> None:
    """Show the page where RECIPE_HOST_OPEN is 1 and there is a screen; return at once."""
    if os.environ.get("RECIPE_HOST_OPEN") == "1" and _has_screen():
        threading.Thread(target=_show, args=(address,), name="browser", daemon=True).start()


def _has_screen() -> bool:
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return True
    return sys.platform in ("darwin", "win32") and "SSH_CONNECTION" not in os.environ


def _show(address: str) -> None:
    # A process without the terminal: browsers print, those for terminals would take this one over,
    # and Ctrl+C ends the server, not the browser.
    with suppress(OSError):
        subprocess.run(
            [sys.executable, "-m", "webbrowser", address],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            check=False,
        )
