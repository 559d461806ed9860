"""``recipe-host link``: write a command `prodigy` where there is none."""

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
    path = write_command(parser.parse_args(arguments).dir)
    msg.good(f"wrote {path}")


def write_command(folder: Path) -> Path:
    """Write the command `prodigy` into `folder` and return its path.

    A wheel that shipped this file would fight with Prodigy's own over it; this never overwrites
    one. Raises ProdigyError where there is one already, or the folder is not writable.
    """
    path = folder / "prodigy"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nexec "{sys.executable}" -m prodigy "$@"\n')
        path.chmod(0o755)
    except FileExistsError as error:
        raise ProdigyError(f"'{path}' exists and is left as it is; choose another --dir") from error
    except OSError as error:
        raise ProdigyError(f"cannot write '{path}': {error.strerror}; choose --dir") from error
    return path
