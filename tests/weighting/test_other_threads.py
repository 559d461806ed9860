"""A dataset that was begun on one machine and gone on with on another: scores differ a little."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.comparison.estimates import WeightedScore
from prodigy_al.errors import RecordError
from prodigy_al.evaluation.estimators import Estimate
from prodigy_al.inputs.resuming import check_same_run
from prodigy_al.records import read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.inclusion import verify_records

TEACH = SamplingDesign("teach", "candidate", block_size=20, rate=0.2, dev_share=0.8)
RANKED = SamplingDesign("ranked", "segment", dev_share=0.8)
DESIGNS = pytest.mark.parametrize("design", [TEACH, RANKED], ids=lambda design: design.strategy)
PoolOf = Callable[..., Any]


def begun_and_gone_on_with(pool: Any, design: SamplingDesign, *, by: float) -> Any:
    begun = pool.ask(design, 50)
    pool.tables, pool.scored = pool.tables.shifted(by), {}
    return pool.ask(design, 50, stored=begun)


def totals(answers: Any) -> list[set[float]]:
    blocks = defaultdict(set)
    for answer in answers:
        record = answer["al"]
        blocks[record["fold"], record["block"]].add(record["total"])
    return list(blocks.values())


@DESIGNS
def test_a_dataset_gone_on_with_by_another_number_of_threads_is_read_and_weighted(
    pool_of: PoolOf, design: SamplingDesign
):
    pool = pool_of()
    calm = pool.weigh(pool.ask(design, 100))
    answers = begun_and_gone_on_with(pool, design, by=3e-7)
    found = pool.weigh(answers)
    # where all totals of a block had to be equal, this was refused
    assert max(map(len, totals(answers))) == 2
    assert isinstance(found, WeightedScore)
    assert isinstance(found.found.f1.pool, Estimate)
    for part in ("value", "low", "high"):
        ours, theirs = (getattr(one.found.f1.pool, part) for one in (found, calm))
        assert ours == pytest.approx(theirs, abs=1e-5)
    assert found.missing == 0


@DESIGNS
def test_scores_of_another_model_in_one_block_are_still_found(
    pool_of: PoolOf, design: SamplingDesign
):
    answers = begun_and_gone_on_with(pool_of(), design, by=1e-3)
    with pytest.raises(RecordError, match="disagrees with its block on R, N or total"):
        verify_records([(answer["_input_hash"], read_record(answer)) for answer in answers])


def test_a_recipe_goes_on_with_a_dataset_of_another_number_of_threads(pool_of: PoolOf):
    from prodigy_al.sampling.questions import Header

    pool = pool_of()
    answers = begun_and_gone_on_with(pool, RANKED, by=3e-7)
    first = answers[0]["al"]
    named = (first[key] for key in ("model", "scorer", "source", "segmentation"))
    check_same_run("x", answers[0], RANKED, header=Header(*named), frame=pool.frame)


SCORE_WITH_BOTH = """
import json, sys
from pathlib import Path
import numpy as np
from threadpoolctl import threadpool_limits
from prodigy_al.ner.pipelines import load_pipeline, set_blas
from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import make_doc, segment_scorer

world = Path(sys.argv[1])
nlp = load_pipeline(str(world / "base"))
set_blas(nlp, use_blis=False)
lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()[:300]
segments = [Segment(json.loads(line), i, "g") for i, line in enumerate(lines)]
scorer = MarginalScorer(nlp, ["ORG"])
docs = [make_doc(nlp, segment) for segment in segments]
pinned, bare = [], []
for threads in (1, 2):
    with threadpool_limits(threads):
        scored = segment_scorer(nlp, scorer, "expected-errors", progress=False)(segments)
        pinned.append([one.u for one in scored])
        bare.append([spans.probabilities.sum() for spans in scorer.score(docs)])
print(sum(a != b for a, b in zip(*pinned)), sum(a != b for a, b in zip(*bare)))
"""


def test_scores_do_not_depend_on_the_number_of_threads(world: Path):
    """With this kernel of OpenBLAS a second thread changes the last bits of a product."""
    done = subprocess.run(
        [sys.executable, "-c", SCORE_WITH_BOTH, str(world)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {
            "OPENBLAS_CORETYPE": "Haswell",
            "OPENBLAS_NUM_THREADS": "2",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
    )
    pinned, bare = map(int, done.stdout.split())
    assert pinned == 0
    if not bare:
        pytest.skip("this machine's BLAS gives the same products with two threads")
