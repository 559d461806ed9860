"""The source that the arms were drawn from, opened once more and checked against their records."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from spacy.language import Language

from prodigy_al.comparison.arms import FOREIGN_DEV_SHARE, FOREIGN_SALT, Arm
from prodigy_al.comparison.elsewhere import estimate_chances
from prodigy_al.comparison.pool import DevPool, EstimatedChances, PoolSource, PoolTexts
from prodigy_al.errors import OptionError, ParameterError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.inputs.datasets import excluded_inputs
from prodigy_al.inputs.sources import cut_segments
from prodigy_al.ner.pipelines import sentence_splitter
from prodigy_al.records import Record
from prodigy_al.sampling.frame import Frame, Segment, build_frame
from prodigy_al.sampling.groups import DOCUMENT_KEY
from prodigy_al.sampling.table import input_hashes
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.chunks import Helping
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import make_doc, segment_scorer

OPTION = "--pool"
SCORE = "expected-errors"
WHOLE = "whole"
# Groups that no key of meta names (frame.py).
UNNAMED = ("record", "segment", DOCUMENT_KEY)


@dataclass(frozen=True)
class FrameCut:
    """How a frame was cut from its source, as far as records tell."""

    unsegmented: bool
    fold_salt: str
    dev_share: float
    group_by: str | None = None
    exclude: tuple[str, ...] = ()
    pool_size: int | None = None


def read_pool(
    source: str,
    records: Iterable[tuple[int, dict[str, Any]]],
    arms: Sequence[Arm],
    *,
    labels: Sequence[str],
    nlp: Language,
    helping: Helping | None = None,
) -> PoolSource:
    """Return the arms' source, cut into segments and folds as the recipes cut it.

    `records` are those of `source`, `nlp` is the base, which scores the pool where probabilities of
    a dataset without records are to be estimated; `helping` as in `segment_scorer`. Raises
    `OptionError` where the source is not that of an arm's records, or its dev fold cannot be made
    again.
    """
    cut_frame = frame_cutter(list(records), nlp)
    frames = {arm.dataset: own_frame(source, arm, cut_frame) for arm in arms if arm.records}
    foreign = [arm for arm in arms if not arm.records]
    # the other arms' weighted F1 is not of whole segments, or cannot be had
    dev = {
        arm.dataset: frames[arm.dataset].fold("dev")
        for arm in arms
        if arm.records and arm.dev.form == "full" and not _is_strict(arm)
    }
    asked = {one.input_hash: one for segments in dev.values() for one in segments}
    at = {key: i for i, key in enumerate(asked)}
    known, estimated = list(frames.values()), {}
    if foreign:
        known.append(best_cut(foreign, cut_frame))
        estimated = _estimate(foreign, known[-1], labels, nlp, helping)
    described = known[0]
    return PoolSource(
        described={
            "source": source,
            "sha256": described.sha256,
            "segments": len(described.segments),
            "excluded": described.excluded,
        },
        texts=PoolTexts(tuple(labels), tuple(segment_words(nlp, one) for one in asked.values())),
        dev={name: make_dev_pool(segments, at) for name, segments in dev.items()},
        estimated=estimated,
        segments=tuple(str(one.record["text"]) for one in described.segments),
    )


def _is_strict(arm: Arm) -> bool:
    return any(record.design == "strict" for record in arm.records.values())


def segment_words(nlp: Language, segment: Segment) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """Return a segment's words, and whether a space follows each, as `PoolTexts` holds them."""
    doc = make_doc(nlp, segment)
    return tuple(token.text for token in doc), tuple(bool(token.whitespace_) for token in doc)


def frame_cutter(
    records: Sequence[tuple[int, dict[str, Any]]], nlp: Language
) -> Callable[[FrameCut], Frame]:
    """Return a function that cuts the records, each way once."""
    splitter, known = sentence_splitter(nlp), dict[FrameCut, Frame]()

    def cut_frame(cut: FrameCut) -> Frame:
        if cut not in known:
            known[cut] = build_frame(
                cut_segments(records, splitter, unsegmented=cut.unsegmented),
                dev_share=cut.dev_share,
                fold_salt=cut.fold_salt,
                exclude=excluded_inputs(list(cut.exclude)),
                group_by=cut.group_by,
                pool_size=cut.pool_size,
            )
        return known[cut]

    return cut_frame


def own_frame(
    source: str, arm: Arm, cut_frame: Callable[[FrameCut], Frame], *, needed: bool = False
) -> Frame:
    """Return the frame that an arm was drawn from, in its folds where it has dev answers.

    Raises `OptionError` where it is another one; unless the source is `needed`, it may be left out.
    """
    if arm.is_stream:
        raise OptionError(
            OPTION,
            source,
            f"dataset '{arm.dataset}' was drawn from a stream, of which only the part that was "
            f"read counts: {'name other datasets' if needed else 'leave the option out'}",
        )
    records = {key: record for key, record in arm.records.items() if record.fold == "dev"}
    # an arm that begins from whole segments leaves the dev fold to them
    first = next(iter((records or arm.records).values()))
    try:
        frame = cut_frame(_read_cut(first, (record.group for record in arm.records.values())))
    except ParameterError as error:  # no record has the key that documents were named by
        raise OptionError(OPTION, source, f"dataset '{arm.dataset}': {error}") from error
    if frame.sha256 != first.source["sha256"]:
        left_out = first.source.get("excluded") or 0
        raise OptionError(
            OPTION,
            source,
            f"its texts are not those that dataset '{arm.dataset}' was drawn from "
            f"({first.source.get('name')}, sha256 {str(first.source['sha256'])[:8]}"
            + (f", {left_out:,} texts left out by --exclude" if left_out else "")
            + "): give that source as it was then"
            + ("" if needed else ", or leave the option out"),
        )
    dev = {segment.input_hash: segment.group for segment in frame.fold("dev")}
    if any(dev.get(key) != record.group for key, record in records.items()):
        raise OptionError(
            OPTION,
            source,
            f"the dev fold of dataset '{arm.dataset}' cannot be made from it again, since its "
            "documents or their order changed: give the source as it was then, or leave the "
            "option out",
        )
    return frame


def _read_cut(record: Record, groups: Iterable[str]) -> FrameCut:
    """Return how the frame of a record was cut.

    The share of the dev fold is the one that gives it its size, which names the same groups; what
    it was is not known where the record is none of the dev fold.
    """
    keys = {group.partition("=")[0] for group in groups} - set(UNNAMED)
    return FrameCut(
        unsegmented=record.segmentation == WHOLE,
        fold_salt=record.fold_salt,
        dev_share=(
            record.N / record.source["segments"] if record.fold == "dev" else FOREIGN_DEV_SHARE
        ),
        group_by=min(keys, default=None),
        exclude=tuple(record.source.get("exclude") or ()),
        pool_size=record.source.get("pool_size"),
    )


def best_cut(
    foreign: Sequence[Arm],
    cut_frame: Callable[[FrameCut], Frame],
    *,
    group_by: str | None = None,
) -> Frame:
    """Return the pool in the cut, sentences or whole texts, that holds more of what was answered.

    Nothing tells how datasets without records were cut. `group_by` names the documents.
    """
    answered = frozenset[int]().union(*(arm.hashes for arm in foreign))
    frames = [
        cut_frame(FrameCut(unsegmented, FOREIGN_SALT, FOREIGN_DEV_SHARE, group_by))
        for unsegmented in (False, True)
    ]
    return max(
        frames, key=lambda frame: np.isin(input_hashes(frame.segments), list(answered)).sum()
    )


def make_dev_pool(segments: Sequence[Segment], at: Mapping[int, int]) -> DevPool:
    """Return the dev fold of `segments`, whose place among the `PoolTexts` `at` tells by hash."""
    return DevPool(
        at=np.array([at[segment.input_hash] for segment in segments]),
        place={segment.input_hash: i for i, segment in enumerate(segments)},
        copies=np.array([float(segment.copies) for segment in segments]),
        groups=tuple(segment.group for segment in segments),
    )


def _estimate(
    foreign: Sequence[Arm],
    frame: Frame,
    labels: Sequence[str],
    nlp: Language,
    helping: Helping | None,
) -> dict[str, EstimatedChances | Unavailable]:
    """Return estimated probabilities by dataset, from the score that the recipes rank by."""
    scores = np.zeros(len(frame.segments))
    if any(arm.dev.form == "full" for arm in foreign):  # the others' cannot be estimated anyway
        use_faster_blas(nlp)
        score = segment_scorer(nlp, MarginalScorer(nlp, labels), SCORE, helping=helping)
        scores = np.array([scored.u for scored in score(frame.segments)])
    return {arm.dataset: estimate_chances(arm, frame.segments, scores) for arm in foreign}
