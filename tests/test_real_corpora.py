"""A study that is told to end takes the command that it waits for with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
# a command that says who it is, then waits longer than anybody
COMMAND = """
import os, pathlib, time
pathlib.Path("part").write_text(str(os.getpid()))
os.rename("part", "started")
time.sleep(600)
"""
STUDY = f"""
import os, sys
sys.path.insert(0, {str(BENCHMARKS)!r})
import real_corpora
os.chdir(sys.argv[1])
real_corpora.prodigy("al.simulate")
"""


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_study_that_is_told_to_end_leaves_no_command_behind(tmp_path: Path):
    (tmp_path / "prodigy.py").write_text(COMMAND)
    study = subprocess.Popen(
        [sys.executable, "-c", STUDY, str(tmp_path)], stderr=subprocess.DEVNULL
    )
    started, deadline = tmp_path / "started", time.monotonic() + 60
    while not started.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    study.terminate()  # Ctrl+C is not for those that a shell started in the background
    assert study.wait(timeout=60) != 0
    command = int(started.read_text())
    left = is_running(command)
    if left:
        os.kill(command, signal.SIGKILL)
    assert not left
