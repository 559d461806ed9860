"""A real browser and real servers: processes of their own, on ports of their own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import recipe_host
from recipe_host.connections import connect

pytest.importorskip(
    "playwright", reason="the page is tested with playwright (pip install playwright)"
)
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

RECIPES = """
import json
import time
from pathlib import Path

import prodigy
from prodigy.components.preprocess import add_tokens


def refuse(answer):
    if answer["answer"] == "accept" and not answer.get("accept"):
        raise ValueError("choose at least one option")


def learn_when(file):
    def learn(answers):
        while not Path(file).exists():
            time.sleep(0.05)

    return learn


@prodigy.recipe("view")
def view(dataset: str, view_id: str, source: str, config: str = "{}"):
    settings = json.loads(config)
    stream = prodigy.get_stream(source)
    if view_id == "ner_manual":
        import spacy

        stream = add_tokens(spacy.blank("en"), stream)
    return {
        "dataset": dataset,
        "view_id": view_id,
        "stream": stream,
        "config": settings,
        "validate_answer": refuse if settings.get("refuses") else None,
        "update": learn_when(settings["learns_when"]) if settings.get("learns_when") else None,
    }
"""


@pytest.fixture(scope="module")  # one process drives one browser at a time, and others have tests
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that nobody has used before."""
    opened = chromium.new_context(viewport={"width": 1100, "height": 700})
    opened.set_default_timeout(15_000)
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A tab; no script of it may fail."""
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    assert errors == []


class Served:
    """A recipe that asks questions at one address, over restarts."""

    def __init__(self, folder: Path, *words: str) -> None:
        with socket.create_server(("localhost", 0)) as free:
            self.port = free.getsockname()[1]
        self.address = f"http://localhost:{self.port}"
        self._folder = folder
        self._words = words
        self.start()

    def run(self, *words: str) -> str:
        """Run a command of the host; return what it prints."""
        return subprocess.run(
            [sys.executable, "-m", "recipe_host", *words],
            env=self._env(),
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def start(self) -> None:
        command = [sys.executable, "-m", "recipe_host", *self._words]
        self._log = (self._folder / "server.log").open("a")
        self._process = subprocess.Popen(
            command, env=self._env(), stdout=self._log, stderr=self._log
        )
        self._wait()

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        self._process.send_signal(how)
        self._process.wait(20)
        self._log.close()

    def exported(self, dataset: str = "news") -> list[dict[str, Any]]:
        """The dataset, as `db-out` writes it."""
        return [json.loads(line) for line in self.run("db-out", dataset).splitlines()]

    def shown(self, page: Page, query: str = "") -> None:
        """Open the page, and return when it shows a question."""
        page.goto(f"{self.address}/{query}")
        page.wait_for_selector(".text")

    def saved(self, page: Page) -> None:
        """Save as a person at the keyboard does, and return when the page confirms it."""
        page.keyboard.press("Control+s")
        self.confirms(page)

    def confirms(self, page: Page, *, timeout: float = 5_000) -> None:
        """Return when the page has sent every answer, and says so; `timeout` in milliseconds."""
        unsaved = page.locator("#counts div", has_text="not yet saved").locator("dd")
        expect(unsaved).to_have_text("0", timeout=timeout)

    def answers(self) -> list[dict[str, Any]]:
        """The dataset, as it is stored."""
        return connect().get_dataset_examples("news", default=[])

    def _env(self) -> dict[str, str]:
        paths = [str(Path(recipe_host.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        return {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PRODIGY_PORT": str(self.port),
            "OMP_NUM_THREADS": "1",
        }

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/health", timeout=5).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError((self._folder / "server.log").read_text())


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start a server with the words of a command line."""
    running: list[Served] = []

    def start(*words: str) -> Served:
        running.append(Served(tmp_path, *words))
        return running[-1]

    yield start
    for served in running:
        served.end(signal.SIGKILL)


@pytest.fixture
def serve_view(serve: Serve, tmp_path: Path) -> Serve:
    """Start a server for tasks in a view, with settings."""

    def start(view_id: str, tasks: list[dict[str, Any]], **config: Any) -> Served:
        recipes, source = tmp_path / "views.py", tmp_path / "source.jsonl"
        recipes.write_text(RECIPES)
        source.write_text("".join(f"{json.dumps(task)}\n" for task in tasks))
        return serve("view", "news", view_id, str(source), json.dumps(config), "-F", str(recipes))

    return start


@pytest.fixture(scope="session")
def news_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with news.jsonl and base/, a pipeline that is unsure what is an ORG."""
    import spacy
    from spacy.training import Example

    folder = tmp_path_factory.mktemp("news_folder")
    chance = random.Random(7)
    names = [
        first + second for first in ("Av", "Bri", "Cor", "Dun") for second in ("el", "nt", "va")
    ]
    texts = [
        chance.choice(("Shares of {} fell on {} news.", "{} met the board of {} today.")).format(
            chance.choice(names), chance.choice(names)
        )
        + f" It was day {number}."
        for number in range(60)
    ]
    (folder / "news.jsonl").write_text("".join(f"{json.dumps({'text': t})}\n" for t in texts))
    # not English, whose tokenizer takes longer to load than all the rest
    nlp = spacy.blank("xx")
    nlp.add_pipe("ner").add_label("ORG")
    examples = []
    for text in texts[:20]:
        start = text.index(name := next(name for name in names if name in text))
        gold = {"entities": [(start, start + len(name), "ORG")]}
        examples.append(Example.from_dict(nlp.make_doc(text), gold))
    nlp.initialize(lambda: examples)
    for _ in range(3):
        nlp.update(examples)
    nlp.to_disk(folder / "base")
    return folder
