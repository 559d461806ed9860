"""`make install`: what goes into the environment, with and without a licensed Prodigy there."""

from __future__ import annotations

import os
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PYTHON = """#!/bin/sh
if [ "$1 $2" = "-m pip" ]; then echo "$@" >> calls; else exec {python} "$@"; fi
"""


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("licensed", [False, True])
def test_make_install_leaves_the_host_out_where_a_licensed_prodigy_is(
    tmp_path: Path, licensed: bool
):
    """With a pip that only writes down what it is to install."""
    chosen = tmp_path / "chosen"
    venv.create(chosen, symlinks=True)
    if licensed:
        (site,) = chosen.glob("lib/python*/site-packages")
        metadata = site / "prodigy-1.18.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            "Metadata-ModelVersion: 2.1\nName: prodigy\nVersion: 1.18.0\n"
        )
    for name in ("Makefile", "pyproject.toml", "host/pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    programs = tmp_path / "env" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(PYTHON.format(python=chosen / "bin" / "python"))
    (programs / "recipe-host").write_text('#!/bin/sh\necho "recipe-host $@" >> calls\n')
    for program in programs.iterdir():
        program.chmod(0o755)

    make = ["make", "install", "PYTHON=false", "VENV=env"]
    clean = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    done = subprocess.run(
        make, cwd=tmp_path, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    calls = (tmp_path / "calls").read_text()
    assert "-e .[dev]" in calls
    assert ("./host" in calls) is not licensed
    assert ("recipe-host link" in calls) is not licensed
    assert "Traceback" not in done.stderr
    again = subprocess.run(make, cwd=tmp_path, env=clean, capture_output=True, check=False)
    assert again.returncode == 0
    assert (tmp_path / "calls").read_text() == calls  # nothing changed, nothing to do
