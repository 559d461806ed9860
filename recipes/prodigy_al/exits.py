"""How a recipe ends: an error as one sentence, an interruption as one line and an exit code."""

from __future__ import annotations

import functools
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from prodigy_al.errors import ActiveLearningError
from prodigy_al.options import RecipeError

P = ParamSpec("P")
T = TypeVar("T")


def report_errors(function: Callable[P, T]) -> Callable[P, T]:
    """Turn errors of this package into the one clear sentence that a user sees."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ActiveLearningError as error:
            raise RecipeError(str(error)) from error

    return guarded


def handle_interrupts(function: Callable[P, T]) -> Callable[P, T]:
    """Let Ctrl+C and SIGTERM end a recipe that stores as it goes: one line, then 128 + signal."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
        with _sigterm_interrupts():
            try:
                return function(*args, **kwargs)
            except KeyboardInterrupt as stop:
                ended_by = signal.SIGTERM if isinstance(stop, _Terminated) else signal.SIGINT
                sys.stderr.write(
                    f"Stopped by {ended_by.name}. What is done is kept: "
                    "run the same command again to go on.\n"
                )
                raise SystemExit(128 + ended_by) from None

    return guarded


class _Terminated(KeyboardInterrupt):
    """SIGTERM, taken as Ctrl+C is."""


def _terminate(signum: int, frame: object) -> None:
    raise _Terminated


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
