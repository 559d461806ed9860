"""A dataset that holds answers already: may this run go on with it?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodigy_al.errors import AnswerError
from prodigy_al.records import RECORD_VERSION, Record, read_record
from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.history import ANSWERS
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.questions import Header


def check_same_run(
    dataset: str,
    answer: Mapping[str, Any],
    design: SamplingDesign,
    *,
    header: Header,
    frame: Frame | ArrivingFrame,
) -> None:
    """Refuse to go on with a dataset that was started with another model, source or design.

    Its probabilities would belong to two different draws and no weight could be computed. Raises
    `AnswerError` with what differs from the record of `answer`, the dataset's first, or where that
    was stored by a release that drew in another way.
    """
    record = read_record(answer, dataset=dataset)
    if record.version != RECORD_VERSION:
        raise AnswerError(
            f"dataset '{dataset}' was started by an earlier release, which asked in another order: "
            "give a new dataset name, and --exclude this one to ask nothing twice",
            dataset=dataset,
        )
    # quantised, since a database's JSON gives some shares back with another last bit
    then_and_now: dict[str, tuple[object, object]] = {
        "--arms": (record.trial or "none", header.trial or "none"),
        "recipe": (record.strategy, design.strategy),
        "--seed": (record.seed, design.seed),
        "--fold-salt": (record.fold_salt, design.fold_salt),
        "--explore": (quantise(record.explore), quantise(design.explore)),
        "--block": (record.block_size, design.block_size),
        "--rate": (quantise(record.rate), quantise(design.rate)),
        "--by": (record.acquisition, design.acquisition),
        "model": (_starting_model(record, header), header.model["sha256"]),
        "labels or scorer": (record.scorer["frame_sha256"], header.scorer["frame_sha256"]),
        "source": (record.source["sha256"], header.source["sha256"]),
        "--pool-size": (_pool_size(record.source), _pool_size(header.source)),
    }
    if header.source.get("stream"):
        what = "folds of a stream (--dev-share, --group-by)"
        then_and_now[what] = (record.source.get("stream"), header.source["stream"])
    else:
        # not recorded themselves, but the first answer shows what they led to
        what = f"{record.fold} segments (--dev-share, --group-by)"
        then_and_now[what] = (record.N, len(frame.fold(record.fold)))
    for what, (then, now) in then_and_now.items():
        if then != now:
            raise AnswerError(
                f"dataset '{dataset}' was started with {what} {then}, now it is {now}: "
                "go on with what it was started with, or give a new dataset name",
                dataset=dataset,
            )


def _pool_size(source: Mapping[str, Any]) -> int | str:
    """Return how many segments of the source are asked about, in words where it is all."""
    size: int | None = source.get("pool_size")  # records had no such key at first
    return size or "all"


def _starting_model(record: Record, header: Header) -> str:
    """Return the SHA-256 of the model that a run was started with.

    The record of a refitted model does not tell it; the scorer's own check is left then.
    """
    sha256: str = (header if ANSWERS in record.model else record).model["sha256"]
    return sha256
