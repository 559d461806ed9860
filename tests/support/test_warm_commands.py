"""Commands that are forked from a warm server behave as those of a new interpreter do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """
import os, sys
print(sys.argv[1:], os.environ["PRODIGY_HOME"], os.getcwd(), __name__, sys.path[0] == os.getcwd())
print({name.partition(".")[0] for name in sys.modules} & {"prodigy_al", "recipe_host", "prodigy"})
print("complaint", file=sys.stderr)
import atexit
atexit.register(print, "at exit")
sys.exit(3)
"""


@pytest.fixture
def told(warm: Callable[..., Any], tmp_path: Path) -> Callable[[bool], Any]:
    (tmp_path / "told.py").write_text(SCRIPT)
    return lambda anew: warm("told", "a b", "-l", home=tmp_path, anew=anew)


def test_a_warm_command_says_and_ends_as_a_new_interpreter_does(told: Any, tmp_path: Path):
    one, other = told(False), told(True)
    assert (one.returncode, one.stdout, one.stderr) == (3, other.stdout, other.stderr)
    assert one.stdout.splitlines()[-1] == "at exit"
    assert f"['a b', '-l'] {tmp_path} {tmp_path} __main__ True" in one.stdout


def test_nothing_of_one_command_is_left_to_the_next(warm: Any, tmp_path: Path):
    (tmp_path / "first.py").write_text("import os, sys; os.environ['LEFT'] = sys.left = 'x'")
    (tmp_path / "second.py").write_text(
        "import os, sys; print('LEFT' in os.environ, hasattr(sys, 'left'))"
    )
    assert warm("first", home=tmp_path).returncode == 0
    assert warm("second", home=tmp_path).stdout.split() == ["False", "False"]


def test_nothing_of_this_project_is_imported_beforehand(told: Any):
    assert told(False).stdout.splitlines()[1] == "set()"
