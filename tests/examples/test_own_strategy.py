"""The example of a strategy of one's own, installed as its users install theirs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

PIP = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-index", "--no-build-isolation")


def test_an_installed_strategy_is_an_arm_of_a_simulation(
    tmp_path: Path, world: Path, examples: Path
):
    package, site = tmp_path / "own_strategy", tmp_path / "site"
    shutil.copytree(examples / "own_strategy", package)
    pip = [sys.executable, "-m", "pip", "install", *PIP, "--target", str(site), str(package)]
    subprocess.run(pip, check=True, capture_output=True)
    known = os.environ.get("PYTHONPATH")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(site), *([known] if known else [])]),
        "PRODIGY_HOME": str(tmp_path / "home"),
    }

    def prodigy(*words: object) -> str:
        command = [sys.executable, "-m", "prodigy", *map(str, words)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    prodigy(
        *("al.simulate", world / "pool.jsonl", world / "base", "news", "--label", "ORG"),
        *("--arms", "ranked-by-doubtful", "--budget", 40),
    )
    prodigy("db-out", "news-ranked-by-doubtful-0", tmp_path)
    lines = (tmp_path / "news-ranked-by-doubtful-0.jsonl").read_text(encoding="utf8").splitlines()
    train = [one for one in map(json.loads, lines) if one["al"]["fold"] == "train"]
    assert {one["al"]["acquisition"] for one in train} == {"doubtful"}
    scores = np.array([one["al"]["u"] * len(one["tokens"]) for one in train])
    assert np.allclose(scores, scores.round(), atol=1e-6), "it counts spans, per token"
    assert scores.max() >= 1
