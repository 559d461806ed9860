"""What tests ask of processes that they started."""

from __future__ import annotations

import os
from pathlib import Path


def alive(process: int) -> bool:
    """Return whether a process runs: one that ended and was not waited for does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
