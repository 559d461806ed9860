"""What happens to the server and its storage while annotators work.

Each function is called with the server, the annotators' log and how often it is to happen, and
returns what is to run beside the annotators.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import time
from collections.abc import Callable, Sequence

import httpx2
from annotators import Disturbance, Log, Served, alive

__all__ = ["Fault", "fill_often", "kill_often", "start_two", "take_often"]

Fault = Callable[[Served, Log, int], Disturbance]
Step = Callable[[], object]
SECONDS = 60  # within which annotators must notice a fault, and go on after it


def kill_often(served: Served, log: Log, times: int) -> Disturbance:
    """Kill and restart the server, at random moments."""

    async def disturb(client: httpx2.AsyncClient) -> None:
        moments = random.Random(times)
        for _ in range(times):
            await alive(client)
            await asyncio.sleep(moments.uniform(0.0, 0.5))
            served.kill()
            served.start()

    return disturb


def fill_often(served: Served, log: Log, times: int) -> Disturbance:
    """Fill the disk that the server's folder is on, which should be a small one, and make room."""
    filler = served.folder / "filler"

    def fill() -> None:
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(1 << 12)):  # a part of it where there is no more room
                    pass
            except OSError:
                pass

    return _storage_faults(served, log, [(fill, filler.unlink)] * times)


def take_often(served: Served, log: Log, times: int) -> Disturbance:
    """Move the database away, or put a copy in its place; then move it back."""
    away = served.folder / "away"

    def take() -> None:
        away.mkdir()
        for file in served.folder.glob("prodigy.db*"):
            file.rename(away / file.name)

    def replace() -> None:
        take()
        for file in away.iterdir():
            shutil.copy(file, served.folder)

    def put_back() -> None:
        for file in away.iterdir():
            file.replace(served.folder / file.name)
        away.rmdir()

    faults = [((take, replace)[n % 2], put_back) for n in range(times)]
    return _storage_faults(served, log, faults)


def _storage_faults(served: Served, log: Log, faults: Sequence[tuple[Step, Step]]) -> Disturbance:
    """Begin and end each fault; in half of them the server is killed meanwhile."""

    async def disturb(client: httpx2.AsyncClient) -> None:
        for n, (begin, end) in enumerate(faults):
            await _more_answers(log)
            begin()
            await _more_failures(log)
            if n // 2 % 2:
                served.kill()
                end()
                served.start()
            else:
                end()
        await _more_answers(log)

    return disturb


def start_two(served: Served, log: Log, times: int) -> Disturbance:
    """Kill the server and start two at once; one of them must be refused."""

    async def disturb(client: httpx2.AsyncClient) -> None:
        for _ in range(times):
            await _more_answers(log)
            served.kill()
            other = served.twin()
            served.start()
            other.start()
            try:
                await _one_ends(served, other)
            except TimeoutError:
                log.two_servers += 1
                other.kill()
            else:
                served.stay(other)
        await _more_answers(log)

    return disturb


async def _more_answers(log: Log) -> None:
    wanted = len(log.giving) + 20
    await _until(lambda: len(log.giving) > wanted)


async def _more_failures(log: Log) -> None:
    wanted = log.failed + 8
    await _until(lambda: log.failed > wanted)


async def _one_ends(served: Served, other: Served) -> None:
    await _until(lambda: served.has_ended or other.has_ended)


async def _until(holds: Callable[[], bool]) -> None:
    """Return when `holds()`. Raises `TimeoutError` where it does not in time."""
    deadline = time.monotonic() + SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"what was waited for did not happen within {SECONDS} s")
        await asyncio.sleep(0.02)
