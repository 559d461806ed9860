"""A dataset that is begun under one kernel and number of threads of BLAS and gone on with another.

Another processor, or another setting of the same one, changes the last bits of every score. That
must change no question, and al.compare must read what came of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import find_unstored, verify_records

WHOLE, BEGUN = 40, 20
RECIPES = {"ranked": "al.manual-ranked", "teach": "al.teach"}

ANNOTATE = """
import json, sys
from importlib.metadata import entry_points
from pathlib import Path
import numpy as np
from prodigy.components.db import connect
from prodigy.core import Controller
from threadpoolctl import threadpool_info
from prodigy_al.ner.pipelines import load_pipeline, set_blas
from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import make_doc

world, sessions = Path(sys.argv[1]), json.loads(sys.argv[2])
nlp = load_pipeline(str(world / "base"))
set_blas(nlp, use_blis=False)
lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()[:100]
docs = [make_doc(nlp, Segment(json.loads(line), i, "g")) for i, line in enumerate(lines)]
scores = np.concatenate([one.probabilities for one in MarginalScorer(nlp, ["ORG"]).score(docs)])
for name, recipe, budget in sessions:
    (entry,) = entry_points(group="prodigy_recipes", name=recipe)
    components = entry.load()(
        name, str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], seed=1
    )
    controller = Controller.from_components(recipe, components)
    left = budget
    while left > 0:
        batch = controller.get_questions()[:left]
        controller.receive_answers([{**task, "answer": "accept"} for task in batch])
        left -= len(batch)
print(json.dumps({
    "kernels": sorted({i["architecture"] for i in threadpool_info() if "architecture" in i}),
    "scores": scores.tobytes().hex(),
}))
"""


def annotate(world: Path, sessions: Sequence[Any], *, kernel: str, threads: int) -> dict[str, Any]:
    """Answer questions in a process of its own, and say which kernel it ran on."""
    done = subprocess.run(
        [sys.executable, "-c", ANNOTATE, str(world), json.dumps(sessions)],
        capture_output=True,
        text=True,
        env=os.environ
        | {
            "OPENBLAS_CORETYPE": kernel,
            "OPENBLAS_NUM_THREADS": str(threads),
            "OMP_NUM_THREADS": str(threads),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def records(dataset: str, *, fold: str | None = None) -> list[tuple[int, Any]]:
    from prodigy.components.db import connect

    read = [(e["_input_hash"], read_record(e)) for e in connect().get_dataset_examples(dataset)]
    return [(key, record) for key, record in read if fold in (None, record.fold)]


def test_a_second_kernel_of_blas_changes_no_question_and_its_answers_are_compared(
    world: Path, home: Path
):
    from prodigy_al.inputs.comparison import open_comparison

    def sessions(own: str, shared: int) -> list[tuple[str, str, int]]:
        alone = [(f"{arm}-{own}", recipe, WHOLE) for arm, recipe in RECIPES.items()]
        return alone + [(f"{arm}-both", recipe, shared) for arm, recipe in RECIPES.items()]

    one = annotate(world, sessions("one", BEGUN), kernel="Haswell", threads=1)
    other = annotate(world, sessions("other", WHOLE - BEGUN), kernel="Prescott", threads=2)
    for arm in RECIPES:
        served = [{key for key, _ in records(f"{arm}-{own}")} for own in ("one", "other", "both")]
        assert served[0] == served[1] == served[2]
        assert verify_records(records(f"{arm}-both")) == WHOLE
        for fold in ("train", "dev"):
            assert not find_unstored(records(f"{arm}-both", fold=fold))
    plan = open_comparison(
        ["*-both"], str(world / "base"), str(world / "test.jsonl"), label=["ORG"], loader=None,
        skip_bad=False, policies=["usual"], curves=False, seeds=[0], workers=1, engine=None,
        group_by=None, output=home / "out",
    )  # fmt: skip
    assert {arm.dataset for arm in plan.arms} == {"ranked-both", "teach-both"}
    assert all(len(arm.records) == WHOLE for arm in plan.arms)
    if one["kernels"] == other["kernels"] or one["scores"] == other["scores"]:
        pytest.skip(f"no second kernel here: both ran on {one['kernels']}, with equal scores")
