"""Which datasets a recipe goes on with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.errors import AnswerError, RecordError
from prodigy_al.inputs.resuming import check_same_run
from prodigy_al.records import VERSION_2_FIELDS, read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.questions import Header

TEACH = SamplingDesign("teach", "candidate", block_size=10, rate=0.2, dev_share=0.5)
HEADER = Header(
    model={"name": "tables", "version": "1", "sha256": "m"},
    scorer={"labels": ["ORG"], "temperature": 2.0, "floor": 0.02, "frame_sha256": "f"},
    source={"name": "tables", "sha256": "s"},
    segmentation="tokens",
)
PoolOf = Callable[..., Any]


def of_version_1(answer: dict[str, Any]) -> dict[str, Any]:
    record = {**answer["al"], "version": 1}
    return {**answer, "al": {k: v for k, v in record.items() if k not in VERSION_2_FIELDS}}


def test_a_dataset_is_continued_though_no_text_of_its_first_blocks_had_a_candidate(pool_of: PoolOf):
    pool = pool_of(200, dev_share=0.5)
    rare = np.where(np.arange(200)[:, None] % 12 == 0, pool.tables.marginals, np.nan)
    pool.tables = replace(pool.tables, marginals=rare)
    behind_empty_blocks = 0
    for seed in range(20):
        design = replace(TEACH, seed=seed)
        answers = pool.ask(design, 3)
        behind_empty_blocks += answers[0]["al"]["considered"] > design.block_size
        check_same_run("x", answers[0], design, header=HEADER, frame=pool.frame)
    assert behind_empty_blocks > 5  # these were refused


@pytest.mark.parametrize("share", [0.07, 0.2, 0.3, 0.7])
def test_a_share_may_come_back_from_json_with_another_last_bit(pool_of: PoolOf, share: float):
    pool = pool_of(200, dev_share=0.5)
    design = replace(TEACH, explore=share, rate=share)
    (answer,) = pool.ask(design, 1)
    check_same_run("x", answer, design, header=HEADER, frame=pool.frame)


@pytest.mark.parametrize(
    ("block", "shown"), [(20, "10, now it is 20"), (None, "10, now it is None")]
)
def test_a_dataset_is_not_continued_with_another_block_size(
    pool_of: PoolOf, block: int | None, shown: str
):
    pool = pool_of(200, dev_share=0.5)
    (answer,) = pool.ask(TEACH, 1)
    other = replace(TEACH, block_size=block)
    with pytest.raises(AnswerError, match=f"was started with --block {shown}"):
        check_same_run("x", answer, other, header=HEADER, frame=pool.frame)


def test_a_dataset_of_an_earlier_release_is_read_but_not_continued(pool_of: PoolOf):
    pool = pool_of(200, dev_share=0.5)
    (answer,) = pool.ask(TEACH, 1)
    check_same_run("x", answer, TEACH, header=HEADER, frame=pool.frame)
    old = of_version_1(answer)
    record = read_record(old)
    assert (record.version, record.block_size, record.next_u) == (1, None, None)
    with pytest.raises(AnswerError, match=r"^dataset 'x' was started by an earlier release"):
        check_same_run("x", old, TEACH, header=HEADER, frame=pool.frame)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 3}, "version 3; this release reads versions 1 and 2"),
        ({"version": 1}, "unknown keys block_size, next_u"),
        ({"next_u": "gone"}, "without next_u"),
    ],
)
def test_records_of_other_versions_are_refused(
    pool_of: PoolOf, change: dict[str, Any], sentence: str
):
    (answer,) = pool_of(200).ask(TEACH, 1)
    changed = {k: v for k, v in {**answer["al"], **change}.items() if v != "gone"}
    with pytest.raises(RecordError, match=sentence):
        read_record({**answer, "al": changed})
