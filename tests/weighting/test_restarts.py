"""Which datasets a recipe goes on with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.errors import AnswerError, RecordError
from prodigy_al.inputs.resuming import check_same_run, first_answers
from prodigy_al.records import NEW_FIELDS, read_record
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


def of_version(version: int, answer: dict[str, Any]) -> dict[str, Any]:
    later = {name for since, names in NEW_FIELDS.items() if since > version for name in names}
    record = {k: v for k, v in answer["al"].items() if k not in later}
    return {**answer, "al": {**record, "version": version}}


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
    answer = next(one for one in pool.ask(design, 20) if one["al"]["fold"] == "train")
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
    old = of_version(1, answer)
    record = read_record(old)
    assert (record.version, record.block_size, record.next_u) == (1, None, None)
    with pytest.raises(AnswerError, match=r"^dataset 'x' was started by an earlier release"):
        check_same_run("x", old, TEACH, header=HEADER, frame=pool.frame)


@pytest.mark.parametrize("fold", ["train", "dev"])
def test_a_dataset_of_the_version_before_is_continued_where_both_folds_were_drawn_the_same(
    pool_of: PoolOf, fold: str
):
    pool = pool_of(200, dev_share=0.5)
    answer = next(one for one in pool.ask(TEACH, 20) if one["al"]["fold"] == fold)
    check_same_run("x", of_version(2, answer), TEACH, header=HEADER, frame=pool.frame)


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"explore": 0.5}, "with --explore 0.5 too, where this one always has 0.3"),
        ({"acquisition": "span-entropy"}, "with --by span-entropy too, where this one always has"),
    ],
)
def test_a_dev_fold_that_an_earlier_release_drew_as_the_train_fold_is_not_continued(
    pool_of: PoolOf, chosen: dict[str, Any], sentence: str
):
    """Its train fold alone would be gone on with."""
    pool = pool_of(200, dev_share=0.5)
    design = replace(TEACH, **chosen)
    first = first_answers("x", pool.ask(design, 20))
    train, dev = (of_version(2, first["teach", fold]) for fold in ("train", "dev"))
    same = {key: train["al"][key] for key in ("explore", "acquisition")}
    as_train = {**dev, "al": {**dev["al"], **same}}
    check_same_run("x", train, design, header=HEADER, frame=pool.frame)
    with pytest.raises(AnswerError, match="started by an earlier release, which drew its dev fold"):
        check_same_run("x", as_train, design, header=HEADER, frame=pool.frame)
    with pytest.raises(AnswerError, match=sentence):
        check_same_run("x", as_train, design, header=HEADER, frame=pool.frame)
    check_same_run("x", dev, design, header=HEADER, frame=pool.frame)


@pytest.mark.parametrize(
    ("chosen", "shown"), [({}, "yes, now it is no"), ({"within_kinds": True}, "no, now it is yes")]
)
def test_kinds_are_among_what_a_dataset_was_started_with(
    pool_of: PoolOf, chosen: dict[str, Any], shown: str
):
    pool = pool_of(200, dev_share=0.5)
    design = replace(TEACH, **chosen)
    begun = replace(TEACH, within_kinds=not design.within_kinds)
    first = first_answers("x", pool.ask(begun, 20))
    check_same_run("x", first["teach", "dev"], design, header=HEADER, frame=pool.frame)
    with pytest.raises(AnswerError, match=f"was started with --within-kinds {shown}"):
        check_same_run("x", first["teach", "train"], design, header=HEADER, frame=pool.frame)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"version": 5}, "version 5; this release reads versions 1, 2, 3, 4"),
        ({"version": 3}, "unknown keys start"),
        ({"version": 2}, "unknown keys start, stratum, stratum_size"),
        ({"version": 1}, "unknown keys block_size, next_u, start, stratum, stratum_size"),
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
