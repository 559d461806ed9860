"""What is set in the environment of `make` arrives in the benchmark that reads it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))

import real_corpora  # noqa: E402

SETTING = re.compile(r"os\.environ(?:\.get\(|\[)\"([A-Z_]+)\"")
SETTINGS = sorted(
    {
        name
        for path in (ROOT / "benchmarks").glob("*.py")
        for name in SETTING.findall(path.read_text("utf8"))
    }
)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_no_setting_is_overwritten_by_a_variable_of_the_makefile():
    assert {"CORPUS", "QUICK", "ROWS", "WORKERS"} <= set(SETTINGS)
    told = "told: ; @env"
    given = {name: f"given-{name}" for name in SETTINGS}
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        ["make", "--silent", f"--eval={told}", "told"],
        cwd=ROOT, env=clean | given, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert {f"{name}={value}" for name, value in given.items()} <= set(done.stdout.splitlines())


def test_a_corpus_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, world: Path
):
    monkeypatch.setattr(real_corpora, "BASE", world / "base")
    monkeypatch.setenv("CORPUS", "finre")
    monkeypatch.setenv("PRODIGY_HOME", str(tmp_path))
    with pytest.raises(SystemExit, match=r"CORPUS=finre: there are conll, finer"):
        real_corpora.open_study(tmp_path)
