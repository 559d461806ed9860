"""Writing files that are whole or not there."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from recipe_host.errors import RecipeError

__all__ = ["write_whole"]


def write_whole(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file beside the target, then rename it: a full disk leaves the old one as it was.

    Raises `RecipeError` where that is not possible.
    """
    beside = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("wb") as file:
            file.writelines(parts)
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):  # where the folder is a file there is nothing to remove
            beside.unlink()
        raise RecipeError(f"cannot write '{path}': {error.strerror or error}") from error
