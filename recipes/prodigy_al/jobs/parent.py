"""How a process starts others, and how these end with it.

A terminal sends Ctrl+C to all of them at once. Only the process that started the others knows what
is stored, and says so in one line; the others ignore Ctrl+C, and end when that process ends them or
is gone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType
from typing import Any

from tqdm import tqdm

SECONDS = 0.5  # how soon a process notices that the one that started it is gone


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Block Ctrl+C in the processes that are started within, from their first instruction on.

    In this process, Ctrl+C and SIGTERM that arrive within are handled at the end. At once would be
    too early: a new process that has not received its work yet prints a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # Python 3.11 unblocks SIGINT when it starts this process of its own: not within, therefore
    resource_tracker.ensure_running()
    with _handlers_deferred():
        # the processes and threads that this thread starts inherit what it blocks
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handlers_deferred() -> Iterator[None]:
    """Handle the first SIGINT or SIGTERM at the end.

    Blocking them in the main thread is not enough: another thread receives them, and Python then
    runs their handlers in the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # no handler runs in this thread
        return
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    handlers: dict[signal.Signals, Any] = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            handler = signal.getsignal(number)
            if callable(handler):  # neither ignored nor left to the operating system
                handlers[number] = handler
                signal.signal(number, note)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


def follow_parent(parent: int) -> None:
    """End this process when `parent`, the id of the one that started it, is gone; ignore Ctrl+C.

    To be called first, in the main thread. Windows does not tell that a parent is gone.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # tqdm's own lock is a semaphore between processes, which outlives one that is killed
    tqdm.set_lock(threading.RLock())


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)
