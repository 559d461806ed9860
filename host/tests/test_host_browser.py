"""The page opens in the browser where somebody asked for that and there is a screen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import recipe_host

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")

RECIPE = """
import prodigy

@prodigy.recipe("asks")
def asks():
    return {"dataset": False, "view_id": "text", "stream": [{"text": "a"}]}
"""
# It stays, as a browser does, and talks on the terminal.
BROWSER = """#!/bin/sh
echo noise
echo noise >&2
echo "$1 $(tty)" > "$OPENED.part"
mv "$OPENED.part" "$OPENED"
sleep 5
"""


@pytest.mark.parametrize(
    ("variables", "opens"),
    [
        ({"RECIPE_HOST_OPEN": "1", "DISPLAY": ":9"}, True),
        ({"RECIPE_HOST_OPEN": "1", "WAYLAND_DISPLAY": "wayland-9"}, True),
        ({"RECIPE_HOST_OPEN": "1"}, False),
        ({"DISPLAY": ":9"}, False),
    ],
)
def test_the_page_opens_where_there_is_a_screen_and_nobody_waits_for_it(
    tmp_path: Path, variables: dict[str, str], opens: bool
) -> None:
    if sys.platform == "darwin" and "RECIPE_HOST_OPEN" in variables and not opens:
        pytest.skip("a Mac has a screen")
    recipe, browser, opened = tmp_path / "asks.py", tmp_path / "browser", tmp_path / "opened"
    recipe.write_text(RECIPE)
    browser.write_text(BROWSER)
    browser.chmod(0o755)
    here = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment = {
        **here,
        "PYTHONPATH": str(Path(recipe_host.__file__).parent.parent),
        "PRODIGY_PORT": "0",
        "BROWSER": f"{browser} %s",
        "OPENED": str(opened),
        **variables,
    }
    command = [sys.executable, "-m", "recipe_host", "asks", "-F", str(recipe)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        server.stdout.readline()
        address = server.stdout.readline().split()[-1]
        deadline = time.monotonic() + (20 if opens else 3)
        while not opened.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert opened.exists() is opens
        if opens:
            assert opened.read_text() == f"{address} not a tty\n"
        server.send_signal(signal.SIGINT)
        assert server.communicate(timeout=20)[0] == "0 answers and none was saved\n"
        assert server.returncode == 0
