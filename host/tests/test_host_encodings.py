"""Terminals and pipes that are not UTF-8: what is printed can be read, and nothing fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import recipe_host

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]
HOST = str(Path(recipe_host.__file__).parent.parent)
C_LOCALE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
PLACES = [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, C_LOCALE]
RECIPE = '''
import prodigy

@prodigy.recipe("share", explore=("Share ε ≥ 0, “evenly” …", "option", None, float))
def share(explore=0.3):
    """Draw – or don’t – a λ."""
'''


def printed(variables: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command where Python writes in another encoding."""
    return subprocess.run(
        [sys.executable, "-m", "recipe_host", *words],
        env={**os.environ, "PYTHONPATH": HOST, "COLUMNS": "100", **variables},
        capture_output=True,
        text=True,
        encoding="ascii" if variables == PLACES[0] else "cp1252",
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("variables", PLACES, ids=["ascii", "cp1252", "C"])
def test_a_dataset_is_printed_where_it_cannot_be_as_it_is(
    terminal: Terminal, variables: dict[str, str]
) -> None:
    span = {"start": 0, "end": 5, "label": "ORG"}
    answers = [
        {"text": "naïve \ud83d", "spans": [span], "answer": "accept"},
        {"text": "中", "answer": "reject"},
        {"text": "c", "answer": "ignore"},
    ]
    lines = "".join(f"{json.dumps(one)}\n" for one in answers)
    terminal("db-in", "news", "-", stdin=lines)
    done = printed(variables, "print-dataset", "news")
    assert (done.returncode, done.stderr) == (0, "")
    signs = ("naïve", "–") if variables == PLACES[1] else ("na\\xefve", "-")
    assert done.stdout.splitlines() == [
        f"+ [{signs[0]} ORG] \\ud83d",
        "x \\u4e2d",
        f"{signs[1]} c",
    ]


@pytest.mark.parametrize("variables", PLACES, ids=["ascii", "cp1252", "C"])
def test_help_is_printed_where_it_cannot_be_as_it_is(variables: dict[str, str]) -> None:
    Path("share.py").write_text(RECIPE, encoding="utf-8")
    done = printed(variables, "share", "--help", "-F", "share.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Share epsilon >= 0" in done.stdout
    assert "a \\u03bb." in done.stdout
    if variables == PLACES[0]:
        assert 'Share epsilon >= 0, "evenly" ...' in done.stdout
        assert "Draw - or don't - a" in done.stdout
    listing = printed(variables, "--help", "-F", "share.py")
    assert (listing.returncode, listing.stderr) == (0, "")
    assert "  share " in listing.stdout


def test_a_failure_is_said_where_it_cannot_be_as_it_is() -> None:
    done = printed(PLACES[0], "drop", "naïve")
    assert done.stderr == "x no dataset is called 'na\\xefve'; there is none yet\n"


def test_half_a_character_is_printed_in_utf_8(terminal: Terminal) -> None:
    terminal("db-in", "news", "-", stdin='{"text": "a \\ud83d"}\n')
    done = terminal("print-dataset", "news")
    assert (done.returncode, done.stdout) == (0, "✔ a \\ud83d\n")
