"""The command line as people use it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import recipe_host
from recipe_host.cli import serve
from recipe_host.errors import RecipeError

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]

RECIPES = '''
import json
import prodigy
from prodigy.core import Arg
from prodigy.util import split_string


@prodigy.recipe(
    "old.form",
    dataset=("Dataset to save to", "positional", None, str),
    label=("Labels", "option", "l", split_string),
    number=("A number", "option", "n", int),
    loud=("Shout", "flag", "L", bool),
)
def old_form(dataset, label=None, number=3, loud=False):
    """Print what an older recipe gets."""
    print(json.dumps([dataset, label, number, loud]))


@prodigy.recipe(
    "new.form",
    dataset=Arg(help="Dataset"),
    label=Arg("--label", "-l", help="Labels"),
    fast=Arg("--fast", help="Hurry"),
)
def new_form(dataset: str, label: list[str] = [], fast: bool = False, _extra: list[str] = []):
    """Print what a newer recipe gets."""
    print(json.dumps([dataset, label, fast, _extra]))
    return {"ner": 0.5}


@prodigy.recipe("asks")
def asks(dataset: str):
    """Ask one question."""
    return {"dataset": dataset, "view_id": "text", "stream": [{"text": "a"}]}


@prodigy.recipe("asks.controller")
def asks_controller(dataset: str):
    from prodigy.core import Controller
    return Controller.from_components("asks.controller", asks(dataset))


@prodigy.recipe("fails")
def fails():
    raise prodigy.errors.RecipeError("no such label: X", "there are: Y, Z")
'''


@pytest.fixture
def recipes() -> str:
    Path("recipes.py").write_text(RECIPES)
    return "recipes.py"


def plugin(folder: Path, entries: str, **modules: str) -> None:
    """Put an installed distribution with recipes on the terminal's path."""
    metadata = folder / "some_plugin-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: some-plugin\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text(f"[prodigy_recipes]\n{entries}\n")
    for name, source in modules.items():
        (folder / f"{name}.py").write_text(source)


def test_without_a_recipe_all_of_them_are_listed(terminal: Terminal, recipes: str) -> None:
    for words in ([], ["--help"]):
        done = terminal(*words, "-F", recipes)
        assert done.returncode == 0, done.stderr
        assert "not Prodigy" in done.stdout
        for name in ("db-in", "db-out", "stats", "drop", "old.form", "asks"):
            assert f"  {name} " in done.stdout
        assert "Print what an older recipe gets." in done.stdout


def test_the_older_form_of_arguments(terminal: Terminal, recipes: str) -> None:
    done = terminal("old.form", "news", "--label", "A, B", "-n", "4", "-L", "-F", recipes)
    assert (done.returncode, json.loads(done.stdout)) == (0, ["news", ["A", "B"], 4, True])
    done = terminal("old.form", "news", "-F", recipes)
    assert json.loads(done.stdout) == ["news", None, 3, False]


def test_the_newer_form_of_arguments(terminal: Terminal, recipes: str) -> None:
    words = ["news", "-l", "A,B", "--fast", "--training.max_steps", "9"]
    done = terminal("new.form", *words, "-F", recipes)
    expected = ["news", ["A", "B"], True, ["--training.max_steps", "9"]]
    assert (done.returncode, json.loads(done.stdout)) == (0, expected)


def test_help_shows_docstring_and_arguments(terminal: Terminal, recipes: str) -> None:
    done = terminal("new.form", "--help", "-F", recipes)
    assert done.returncode == 0
    for text in ("prodigy new.form", "Print what a newer recipe gets.", "--label", "Labels"):
        assert text in done.stdout


def test_wrong_arguments_are_named_with_where_to_look(terminal: Terminal, recipes: str) -> None:
    done = terminal("old.form", "-F", recipes)
    assert done.returncode == 1
    assert "required: dataset" in done.stderr
    assert "`prodigy old.form --help`" in done.stderr
    done = terminal("old.form", "news", "-n", "four", "-F", recipes)
    assert done.returncode == 1
    assert "four" in done.stderr


def test_a_recipes_error_is_shown_without_a_traceback(terminal: Terminal, recipes: str) -> None:
    done = terminal("fails", "-F", recipes)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "✘ no such label: X\nthere are: Y, Z\n"


@contextmanager
def running(*command: str, parting: str = "", how: signal.Signals = signal.SIGINT) -> Iterator[str]:
    """Yield the address of a process that serves the page; at its end it prints `parting`."""
    host = str(Path(recipe_host.__file__).parent.parent)
    env = {**os.environ, "PYTHONPATH": host, "PRODIGY_PORT": "0", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "not Prodigy" in process.stdout.readline()
        yield process.stdout.readline().split()[-1]
        process.send_signal(how)
        assert parting in process.communicate(timeout=20)[0]
        assert process.returncode == 0


def get(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address, timeout=20) as reply:
        return dict(json.load(reply))


@pytest.mark.parametrize(
    ("name", "how"), [("asks", signal.SIGINT), ("asks.controller", signal.SIGTERM)]
)
def test_questions_are_served_until_the_process_is_told_to_stop(
    recipes: str, name: str, how: signal.Signals
) -> None:
    command = [sys.executable, "-m", "recipe_host", name, "news", "-F", recipes]
    with running(*command, parting="0 answers in dataset 'news'", how=how) as address:
        assert get(f"{address}/health") == {"status": "alive"}


def test_serve_runs_a_command_line_and_its_settings_win(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        """
import recipe_host
recipe_host.provide()
import prodigy

@prodigy.recipe("served")
def served(dataset: str, source: str):
    stream = prodigy.get_stream(source)
    return {"dataset": dataset, "view_id": "text", "stream": stream, "config": {"batch_size": 3}}

prodigy.serve("served news 'two words.jsonl'", batch_size=4)
"""
    )
    (tmp_path / "two words.jsonl").write_text('{"text": "a"}\n')
    with running(sys.executable, str(script)) as address:
        project = get(f"{address}/project")
        assert (project["dataset"], project["batch_size"]) == ("news", 4)


def test_serve_takes_one_command_line() -> None:
    for arguments in (("ner.manual", "news", "blank:en"), ("",)):
        with pytest.raises(RecipeError, match="takes one command line"):
            serve(*arguments)


def test_unknown_recipes_and_files_are_named(terminal: Terminal, recipes: str) -> None:
    done = terminal("new.from", "-F", recipes)
    assert (done.returncode, done.stderr) == (
        1,
        "✘ no recipe is called 'new.from'; did you mean new.form?\n",
    )
    assert "no recipe file 'none.py'" in terminal("new.form", "-F", "none.py").stderr
    assert "-F needs a recipe file" in terminal("new.form", "-F").stderr


def test_plugins_are_found_by_the_recipes_name_and_by_the_entrys(
    terminal: Terminal, tmp_path: Path
) -> None:
    source = """
import prodigy

@prodigy.recipe("right.name")
def listed():
    print("listed")

@prodigy.recipe("unlisted.name")
def unlisted():
    print("unlisted")

class inner:
    listed = listed
"""
    entries = "entry.name = plugin_a:inner.listed\nbroken.name = plugin_b:none"
    plugin(tmp_path, entries, plugin_a=source, plugin_b="import nowhere_to_be_found")
    for name, printed in [("entry.name", "listed"), ("unlisted.name", "unlisted")]:
        done = terminal(name)
        assert (done.returncode, done.stdout) == (0, f"{printed}\n"), done.stderr
    assert terminal("right.name").stdout == "listed\n"
    listing = terminal("--help")
    assert listing.returncode == 0
    assert "right.name" in listing.stdout
    assert "unlisted.name" in listing.stdout
    assert "recipe 'broken.name' cannot be loaded: ModuleNotFoundError" in listing.stderr
    broken = terminal("broken.name")
    assert broken.returncode == 1
    assert "No module named 'nowhere_to_be_found'" in broken.stderr


def test_only_the_named_plugin_is_imported(terminal: Terminal, tmp_path: Path) -> None:
    source = "import prodigy\nprodigy.recipe('one')(lambda: print('one'))\nfirst = None"
    entries = "one = plugin_a:first\ntwo = plugin_b:second"
    plugin(tmp_path, entries, plugin_a=source, plugin_b="print('imported too much')")
    assert terminal("one").stdout == "one\n"
