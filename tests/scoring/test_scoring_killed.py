"""A pool whose scoring is killed: at the next start only what was not yet there is computed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language

from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256
from prodigy_al.scoring import chunks
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.marginals import MarginalScorer

TEXTS = [{"text": f"Ford met North Sea in Oslo , not Acme {i}"} for i in range(200)]
STARTED = """
import sys
from pathlib import Path
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256
from prodigy_al.scoring import chunks
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.marginals import MarginalScorer

chunks.CHUNK = 5
nlp = load_pipeline(sys.argv[1])
cache = ScoreCache(Path(sys.argv[2]), pipeline_sha256(nlp))
texts = [{"text": f"Ford met North Sea in Oslo , not Acme {i}"} for i in range(200)]
for i, _ in enumerate(chunks.score_records(MarginalScorer(nlp), texts, total=200, cache=cache)):
    print(i, flush=True)
    sys.stdin.readline()
"""


def test_what_was_scored_before_a_kill_is_not_scored_again(
    plain: Language, tmp_path: Path, monkeypatch: Any
) -> None:
    plain.to_disk(tmp_path / "base")
    nlp = load_pipeline(str(tmp_path / "base"))
    alone = list(chunks.score_records(MarginalScorer(nlp), TEXTS, total=200))
    path = tmp_path / "scores.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", STARTED, str(tmp_path / "base"), str(path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin
    assert process.stdout
    for i in range(8):  # at the last it waits, with eight chunks scored
        assert process.stdout.readline() == f"{i}\n"
        if i < 7:
            process.stdin.write("\n")
            process.stdin.flush()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    computed: list[int] = []
    read = chunks.read_records
    monkeypatch.setattr(chunks, "CHUNK", 5)
    monkeypatch.setattr(
        chunks, "read_records",
        lambda scorer, records, **options: (
            computed.append(len(records)), read(scorer, records, **options)
        )[1],
    )  # fmt: skip
    cache = ScoreCache(path, pipeline_sha256(nlp))
    found = list(chunks.score_records(MarginalScorer(nlp), TEXTS, total=200, cache=cache))
    assert computed == [5] * (40 - 8)
    for column in ("tokens", "sizes"):
        np.testing.assert_equal(
            np.concatenate([getattr(one, column) for one in found]),
            np.concatenate([getattr(one, column) for one in alone]),
        )
