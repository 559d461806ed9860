"""``recipe-host link``: write a command `prodigy` where there is none.

The wheel does not ship one: two distributions that own one file delete each other's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from recipe_host.errors import ProdigyError
from recipe_host.messages import msg

__all__ = ["link_command", "write_command"]


def link_command(arguments: Sequence[str]) -> None:
    """Write a command `prodigy` beside the interpreter, or into a folder of your choice."""
    parser = argparse.ArgumentParser(prog="recipe-host link", description=link_command.__doc__)
    parser.add_argument("--dir", type=Path, default=Path(sys.executable).parent, help="folder")
    path = parser.parse_args(arguments).dir / "prodigy"
    if write_command(path):
        msg.good(f"wrote {path}")
    else:
        msg.info(f"{path} is there already and was left as it is")


def write_command(path: Path) -> bool:
    """Write the command to `path`; return False where a file is there, which is never overwritten.

    Raises `ProdigyError` where the folder is not writable.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:  # fails where a file is there
            file.write(f'#!/bin/sh\nexec "{sys.executable}" -m prodigy "$@"\n')
        path.chmod(0o755)
    except FileExistsError:
        return False
    except OSError as error:
        raise ProdigyError(f"cannot write '{path}': {error.strerror}; choose --dir") from error
    return True
