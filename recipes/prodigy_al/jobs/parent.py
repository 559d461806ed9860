"""A process and the processes that it starts: Ctrl+C is for the first one, and all end with it.

A terminal sends Ctrl+C to all of them at once. Only the process that started the others can say
what was stopped and what is stored, so that it alone answers, and ends the others.
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

from tqdm import tqdm

SECONDS = 0.5  # how soon a process notices that the one that started it is gone


@contextmanager
def interrupts_blocked() -> Iterator[None]:
    """Let no Ctrl+C reach the processes started within, from their first instruction on.

    In this process Ctrl+C and SIGTERM that arrive within are handled at the end: a process that is
    started has yet to be told what to do, and complains if that never comes.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # what multiprocessing starts by itself; some Pythons unblock SIGINT when they do so
    resource_tracker.ensure_running()
    with _handlers_deferred():
        # of this thread; whatever it starts inherits it, threads as well as processes
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _handlers_deferred() -> Iterator[None]:
    """Note SIGINT and SIGTERM, and handle the first of them at the end.

    Blocking them is not enough: another thread may receive them, and the main thread handle them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # Python handles signals in the main thread alone
        return
    received: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        received.append(number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # the others are ignored, or end this process without running any of its code
    handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in handlers:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


def follow_parent(parent: int) -> None:
    """End this process when `parent`, the id of the one that started it, is gone; ignore Ctrl+C.

    To be called first, in the main thread. On Windows a lost parent is not noticed.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # tqdm's own lock is a semaphore between processes, which outlives one that is killed
    tqdm.set_lock(threading.RLock())


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(SECONDS)
    os._exit(1)
