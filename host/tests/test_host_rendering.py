"""`print-dataset`: what was asked and answered, plain in a pipe, coloured on a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

import recipe_host
from recipe_host.rendering import render_task

Terminal = Callable[..., "CompletedProcess[str]"]
ESCAPE = "\x1b"


def span(start: int, end: int, label: str = "ORG") -> dict[str, object]:
    return {"start": start, "end": end, "label": label}


@pytest.mark.parametrize(
    ("spans", "shown"),
    [
        ([], "Bank of Lima fell"),
        ([span(8, 12, "GPE"), span(0, 4)], "[Bank ORG] of [Lima GPE] fell"),
        ([span(8, 12, "GPE"), span(0, 12)], "[Bank of [Lima GPE] ORG] fell"),
        ([span(0, 12), span(0, 4, "X")], "[[Bank X] of Lima ORG] fell"),
        ([span(0, 4), span(4, 7, "X")], "[Bank ORG][ of X] Lima fell"),
        ([span(0, 17)], "[Bank of Lima fell ORG]"),
        ([span(3, 3)], "Bank of Lima fell"),
    ],
)
def test_brackets_stand_where_spans_do(spans: list[dict[str, object]], shown: str) -> None:
    assert render_task({"text": "Bank of Lima fell", "spans": spans}) == f"· {shown}"


def test_every_kind_of_question_is_shown_with_its_answer() -> None:
    options = [{"id": "a", "text": "Sport"}, {"id": 2}]
    choice = {"text": "Goal!", "options": options, "accept": ["a"], "answer": "accept"}
    assert render_task(choice) == "✔ Goal!\n  [x] Sport\n  [ ] 2"
    labelled = {"text": "Goal!", "label": "SPORT", "answer": "reject", "meta": {"p": 0.4}}
    assert render_task(labelled) == "✘ Goal! SPORT\n  p: 0.4"
    assert render_task({"html": "<b>Goal</b>", "answer": "ignore"}) == "– html: <b>Goal</b>"
    assert len(render_task({"image": "data:" + "A" * 100_000})) < 300


def test_a_text_cannot_steer_the_terminal() -> None:
    task = {"text": "a\x1b[2Jb\r\x9bc\n\td", "spans": [span(1, 6, "X\x07")], "meta": {"m": "\x1b"}}
    assert render_task(task) == "· a[�[2Jb X�]��c\n\td\n  m: �"


def test_in_a_pipe_the_output_is_plain(terminal: Terminal) -> None:
    lines = [
        json.dumps({"text": "Acme fell", "spans": [span(0, 4)], "answer": "accept"}),
        json.dumps({"text": "It rained", "answer": "reject"}),
    ]
    terminal("db-in", "news", "-", stdin="\n".join(lines))
    assert terminal("print-dataset", "news").stdout == "✔ [Acme ORG] fell\n✘ It rained\n"
    assert terminal("print-dataset", "news", "-a", "reject").stdout == "✘ It rained\n"
    assert terminal("print-dataset", "news", "-n", "1").stdout == "✔ [Acme ORG] fell\n"
    assert "--limit -1: give the number" in terminal("print-dataset", "news", "--limit=-1").stderr
    assert "no dataset is called 'old'" in terminal("print-dataset", "old").stderr


def on_a_terminal(*words: str, **variables: str) -> str:
    """Run a command with a terminal of its own for an output, and return what it wrote there."""
    pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
    ours, theirs = pty.openpty()
    host = str(Path(recipe_host.__file__).parent.parent)
    command = [sys.executable, "-m", "recipe_host", *words]
    subprocess.run(
        command, env={**os.environ, "PYTHONPATH": host, **variables}, stdout=theirs, check=True
    )
    os.close(theirs)
    written = b""
    try:
        while block := os.read(ours, 4096):
            written += block
    except OSError:  # how Linux says that nobody has the other end open
        pass
    os.close(ours)
    return written.decode("utf-8")


def test_on_a_terminal_spans_and_answers_have_colours(terminal: Terminal) -> None:
    line = json.dumps({"text": "Acme fell", "spans": [span(0, 4)], "answer": "accept"})
    terminal("db-in", "news", "-", stdin=line)
    shown = on_a_terminal("print-dataset", "news")
    assert f"{ESCAPE}[1mAcme{ESCAPE}[0m" in shown
    assert ESCAPE not in on_a_terminal("print-dataset", "news", NO_COLOR="1")
