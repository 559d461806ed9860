"""Simulated annotators over HTTP, and the server they speak to, in a separate process."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from recipe_host.connections import connect

HOST = Path(__file__).resolve().parent.parent / "host"
DATASET = "durability"
BATCH = 5
START_SECONDS = 60
STREAM = 1_000_000  # tasks: more than anybody gets to
RECIPE = """
import time
import prodigy

def task(n):
    tokens = [{"text": "text", "start": 0, "end": 4, "id": 0, "ws": True}]
    tokens.append({"text": str(n), "start": 5, "end": 5 + len(str(n)), "id": 1, "ws": False})
    return {"text": f"text {n}", "meta": {"n": n, "p": n / 7}, "tokens": tokens}

@prodigy.recipe("durability")
def durability(dataset: str, view_id: str, count: int, sleep: float):
    update = (lambda answers: time.sleep(sleep)) if sleep else None
    stream = (task(n) for n in range(count))
    config = {"labels": ["NUMBER", "WORD"]}
    components = {"dataset": dataset, "view_id": view_id, "stream": stream, "config": config}
    return {**components, "update": update}
"""


class Served:
    """The server in a separate process, at one address over all its restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        view_id: str = "text",
        sleep: float = 0.0,
        database: dict[str, Any] | None = None,
    ) -> None:
        recipe = folder / "recipe.py"
        recipe.write_text(RECIPE)
        with socket.create_server(("localhost", 0)) as free:
            port = free.getsockname()[1]
        self.address = f"http://localhost:{port}"
        words = ["durability", DATASET, view_id, str(STREAM), str(sleep), "-F", str(recipe)]
        self._command = [sys.executable, "-m", "recipe_host", *words]
        sqlite = {"db": "sqlite", "db_settings": {"sqlite": {"path": str(folder)}}}
        self._database: dict[str, Any] = database or sqlite
        overrides = {"batch_size": BATCH, "port": port, **self._database}
        self._env = {
            **os.environ,
            "PYTHONPATH": str(HOST),
            "PRODIGY_HOME": str(folder),
            "PRODIGY_CONFIG_OVERRIDES": json.dumps(overrides),
        }

    def start(self) -> None:
        """Start the process; it answers a little later."""
        self._process = subprocess.Popen(
            self._command, env=self._env, stdout=subprocess.DEVNULL, start_new_session=True
        )

    def kill(self) -> None:
        """Kill the process, which cannot finish anything."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stored(self) -> list[dict[str, Any]]:
        """Return the examples of the dataset."""
        (kind, settings), *_ = self._database["db_settings"].items()
        return connect(kind, settings).examples_of(DATASET)


@dataclass
class Log:
    """What the annotators saw: who was served what, answers confirmed, durations of calls in ms."""

    served: defaultdict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    confirmed: Counter[int] = field(default_factory=Counter)
    asking: list[float] = field(default_factory=list)
    giving: list[float] = field(default_factory=list)


def decision(task: dict[str, Any]) -> str:
    """Return the answer that a task gets, whoever gives it."""
    return ("accept", "reject", "ignore")[task["_task_hash"] % 3]


class Annotator:
    """Works through a session as the page does."""

    def __init__(self, name: str, client: httpx2.AsyncClient, log: Log, pause: float) -> None:
        self.session = f"{DATASET}-{name}"
        self.client = client
        self.log = log
        self.pause = pause
        self.random = random.Random(name)
        self.queue: list[dict[str, Any]] = []

    async def work(self, is_over: Callable[[], bool]) -> None:
        """Ask, answer, send until it is over; then see what got lost on the way."""
        while not is_over():
            await self.ask()
            if self.random.random() < 0.02:
                self.queue.clear()  # a reload: the same tasks come again
                continue
            await asyncio.sleep(self.pause * self.random.uniform(0.5, 1.5))
            await self.give(self.queue[:BATCH])
            del self.queue[:BATCH]
        await self.ask()

    async def ask(self) -> None:
        """Fill the queue; tasks that were served but are not in it any more are served again."""
        holding = [task["_task_hash"] for task in self.queue]
        body = {"session_id": self.session, "holding": holding}
        reply = await self.post("/get_session_questions", body, self.log.asking)
        for task in reply["tasks"]:
            self.log.served[task["meta"]["n"]].add(self.session)
        self.queue += reply["tasks"]

    async def give(self, tasks: list[dict[str, Any]]) -> None:
        """Send a batch until it is confirmed."""
        answers = [{**task, "answer": decision(task)} for task in tasks]
        batch_id = f"{self.random.getrandbits(128):032x}"
        body = {"session_id": self.session, "batch_id": batch_id, "answers": answers}
        await self.post("/give_answers", body, self.log.giving)
        self.log.confirmed.update(task["meta"]["n"] for task in tasks)

    async def post(self, path: str, body: Any, durations: list[float]) -> Any:
        """Send until the server answers."""
        while True:
            begin = time.perf_counter()
            try:
                reply = await self.client.post(path, json=body)
            except httpx2.TransportError:
                await asyncio.sleep(0.05)
                continue
            reply.raise_for_status()
            durations.append(1000 * (time.perf_counter() - begin))
            return reply.json()


async def annotate(served: Served, log: Log, *, people: int, pause: float, disturb: Any) -> None:
    """Let `people` annotate until `disturb` returns."""
    limits = httpx2.Limits(max_connections=people, max_keepalive_connections=people)
    async with httpx2.AsyncClient(base_url=served.address, limits=limits, timeout=60) as client:
        over = asyncio.Event()
        names = [f"ann{n}" for n in range(people)]
        workers = [
            asyncio.create_task(Annotator(name, client, log, pause).work(over.is_set))
            for name in names
        ]
        await disturb(client)
        over.set()
        await asyncio.gather(*workers)


async def alive(client: httpx2.AsyncClient) -> None:
    """Return when the server answers. Raises `TimeoutError` where it does not start."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            await client.get("/health")
        except httpx2.TransportError:
            await asyncio.sleep(0.02)
        else:
            return
    raise TimeoutError(f"the server does not answer after {START_SECONDS} s")
