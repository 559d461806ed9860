"""A dataset that holds answers already: may this run go on with it?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from prodigy_al.errors import AnswerError
from prodigy_al.records import Record, read_record
from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.history import ANSWERS
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.questions import Header
from prodigy_al.sampling.table import input_hashes

# How a strategy is asked for, where it is not al.STRATEGY.
COMMANDS: Mapping[str, str] = {
    "ranked": "al.manual-ranked",
    "ranked-strict": "al.manual-ranked --strict",
    "ranked-learning": "al.manual-ranked --rerank-every",
    "ranked-strict-learning": "al.manual-ranked --strict --rerank-every",
    "teach-strict": "al.teach --strict",
    "teach-learning": "al.teach --update-every",
    "teach-strict-learning": "al.teach --strict --update-every",
    "teach-started": "al.teach --start",
    "teach-strict-started": "al.teach --strict --start",
    "random-binary": "al.random --binary",
}
OF_THE_TRAIN_FOLD = ("--by ", "--explore ", "--within-kinds ")
GROUPED = {"record": "single records", "segment": "single segments"}
CUT = {"sentences": "texts cut into sentences", "whole": "whole texts"}
GO_ON = "go on with what it was started with, or give a new dataset name"
START_ANEW = "give a new dataset name, and --exclude this one to ask nothing twice"
OLDEST_VERSION = 2
"""Of the records whose order of asking is still that of this release."""


def first_answers(
    dataset: str, examples: Iterable[Mapping[str, Any]]
) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Return the first answer of each fold of each arm: the folds have designs of their own."""
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for example in examples:
        record = read_record(example, dataset=dataset)
        first.setdefault((record.arm, record.fold), example)
    return first


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
    `AnswerError` with what differs from the record of `answer`, the first of its fold, or where
    that was stored by a release that drew in another way.
    """
    record = read_record(answer, dataset=dataset)
    if record.version < OLDEST_VERSION:
        raise AnswerError(
            f"dataset '{dataset}' was started by an earlier release, which asked in another order: "
            f"{START_ANEW}",
            dataset=dataset,
        )
    # in the order in which one explains the next: another model knows other labels, other options
    # cut another source
    for changes in (
        _changed_model(record, header),
        _changed_options(record, design, header),
        _changed_start(record, header),
        _changed_source(record, header, dataset),
        _changed_folds(record, answer, header, frame),
    ):
        for change in changes:
            raise AnswerError(f"dataset '{dataset}' was started {change}", dataset=dataset)


def _changed_options(record: Record, design: SamplingDesign, header: Header) -> Iterator[str]:
    """Yield what was typed otherwise; of the dev fold's own design nothing can be typed."""
    typed = record.fold == "train" or design.dev is design
    own = design.of_fold(record.fold)
    # quantised, since a database's JSON gives some shares back with another last bit
    then_and_now: dict[str, tuple[object, object]] = {
        "--arms ": (record.trial or "none", header.trial or "none"),
        "": (_command(record.strategy), _command(design.strategy)),
        "--seed ": (record.seed, design.seed),
        "--fold-salt ": (record.fold_salt, design.fold_salt),
        "--explore ": (quantise(record.explore), quantise(own.explore)),
        "--block ": (record.block_size, design.block_size),
        "--rate ": (quantise(record.rate), quantise(design.rate)),
        "--by ": (record.acquisition, own.acquisition),
        "--within-kinds ": (_yes(record.stratum is not None), _yes(own.within_kinds)),
        "--label ": (_labels(record.scorer), _labels(header.scorer)),
        "a scorer of temperature and floor ": (_settings(record.scorer), _settings(header.scorer)),
        "--pool-size ": (_pool_size(record.source), _pool_size(header.source)),
    }
    for what, (then, now) in then_and_now.items():
        if then != now and (typed or what not in OF_THE_TRAIN_FOLD):
            yield f"with {what}{then}, now it is {now}: {GO_ON}"
        elif then != now:
            yield (
                f"by an earlier release, which drew its dev fold with {what}{then} too, where this "
                f"one always has {now}: {START_ANEW}"
            )
    if record.segmentation != header.segmentation:
        then, now = (CUT.get(cut, cut) for cut in (record.segmentation, header.segmentation))
        yield f"with {then}, now it is {now} (--unsegmented): {GO_ON}"


def _changed_model(record: Record, header: Header) -> Iterator[str]:
    """Yield that the model is another one.

    The record of a refitted model does not tell its starting model: then the scorer's check does.
    """
    then, now = record.model, header.model
    same = then["sha256"] == now["sha256"]
    if ANSWERS in then:
        ours, theirs = record.scorer, header.scorer
        another = (_labels(ours), _settings(ours)) != (_labels(theirs), _settings(theirs))
        same = another or ours["frame_sha256"] == theirs["frame_sha256"]
    if same:
        return
    names = [" ".join(filter(None, (one["name"], one.get("version")))) for one in (then, now)]
    if names[0] == names[1]:
        yield (
            f"with model {names[0]} as it was then; its weights, vectors or tokenizer have changed "
            f"since: {GO_ON}"
        )
    else:
        yield f"with model {names[0]}, now it is {names[1]}: {GO_ON}"


def _changed_start(record: Record, header: Header) -> Iterator[str]:
    """Yield how the whole segments that the run began from are others."""
    then, now = record.start, header.start
    if then is None or now is None or then == now:
        return  # one without the other is another strategy
    if then["name"] != now["name"]:
        yield f"with --start {then['name']}, now it is {now['name']}: {GO_ON}"
    else:
        yield (
            f"when --start {now['name']} held other answers in its train fold "
            f"({then['answers']:,} whole segments then, {now['answers']:,} now), and its questions "
            f"follow from them: {START_ANEW}"
        )


def _changed_source(record: Record, header: Header, dataset: str) -> Iterator[str]:
    """Yield how the source has changed, and what to do where it has grown."""
    then, now = record.source, header.source
    if then["sha256"] == now["sha256"]:
        return
    before, after = then.get("segments"), now.get("segments")
    # records did not name the excluded datasets at first
    left_out = [",".join(one.get("exclude", now["exclude"])) or "none" for one in (then, now)]
    if left_out[0] != left_out[1]:
        yield f"with --exclude {left_out[0]}, now it is {left_out[1]}: {GO_ON}"
    elif before is None or after is None:
        yield f"with source {then['name']}, which began with other texts: {GO_ON}"
    elif then["name"] != now["name"]:
        yield (
            f"with source {then['name']} of {before:,} segments, now it is {now['name']} of "
            f"{after:,}: {GO_ON}"
        )
    elif now["excluded"] > then["excluded"] and (
        now["excluded"] + after == then["excluded"] + before
    ):
        yield (
            f"when --exclude left out {then['excluded']:,} texts, now it is {now['excluded']:,}, "
            "as the excluded datasets have grown: give a new dataset name, and --exclude "
            f"{dataset} too"
        )
    elif after > before:
        yield (
            f"when source {now['name']} had {before:,} segments, now it has {after:,}: to ask "
            f"about what is new, give a new dataset name and --exclude {dataset}; to go on here, "
            "give the source as it was"
        )
    else:
        yield (
            f"when source {now['name']} held other texts ({before:,} segments then, {after:,} now):"
            f" {GO_ON}"
        )


def _changed_folds(
    record: Record, answer: Mapping[str, Any], header: Header, frame: Frame | ArrivingFrame
) -> Iterator[str]:
    """Yield how the folds of the same source are others; the first answer shows what they were."""
    if isinstance(frame, ArrivingFrame):
        then, now = record.source.get("stream"), header.source["stream"]
        if then != now:
            yield (f"with a dev fold of {then}, now it is {now} (--dev-share, --group-by): {GO_ON}")
        return
    (at,) = np.nonzero(input_hashes(frame.segments) == answer["_input_hash"])
    group = frame.segments[int(at[0])].group if at.size else record.group
    keys = [name.partition("=")[0] for name in (record.group, group)]
    if keys[0] != keys[1]:
        then, now = (GROUPED.get(key, f"meta.{key}") for key in keys)
        yield f"with folds of {then}, now it is {now} (--group-by): {GO_ON}"
    size = len(frame.fold(record.fold))
    if size != record.N:
        yield (
            f"with {record.N:,} segments in its {record.fold} fold, now it is {size:,} "
            f"(--dev-share, or documents in another order): {GO_ON}"
        )


def _command(strategy: str) -> str:
    return COMMANDS.get(strategy, f"al.{strategy}")


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _labels(scorer: Mapping[str, Any]) -> str:
    return ",".join(sorted(scorer["labels"]))


def _settings(scorer: Mapping[str, Any]) -> str:
    return f"{scorer['temperature']:g}, {scorer['floor']:g}"


def _pool_size(source: Mapping[str, Any]) -> int | str:
    """Return how many segments of the source are asked about, in words where it is all."""
    size: int | None = source.get("pool_size")  # records had no such key at first
    return size or "all"
