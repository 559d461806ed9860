"""Every test has a home of its own; `terminal` runs the command line as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import recipe_host

recipe_host.provide()

Terminal = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PRODIGY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PRODIGY_HOME", str(folder))
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    host = str(Path(recipe_host.__file__).parent.parent)

    def run(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        # tmp_path is on the path so that a test can put a plugin's metadata there
        path = os.pathsep.join([host, str(tmp_path)])
        return subprocess.run(
            [sys.executable, "-m", "recipe_host", *words],
            input=stdin,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
            timeout=60,
            check=False,
        )

    return run
