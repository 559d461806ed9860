"""A dataset of whole segments that binary questions begin from (`al.teach --start`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from prodigy_al.errors import OptionError, RecordError, SourceError
from prodigy_al.inputs.datasets import require_datasets, stored_examples
from prodigy_al.inputs.resuming import CUT
from prodigy_al.online.reranker import CharacterSpan, WholeSegment
from prodigy_al.records import Fold, Record, read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import FOLDS
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.table import input_hashes, without

OPTION = "--start"
WHOLE = "name a dataset of whole segments that al.random or al.manual-ranked asked about"


@dataclass(frozen=True)
class Start:
    """The whole segments of a dataset.

    `answered` tells by input hash the fold of every answer, usable or not, `spans` what the usable
    ones of the train fold say. `first` is the first record of each fold: it tells the frame.
    """

    name: str
    answered: Mapping[int, Fold]
    spans: Mapping[int, frozenset[CharacterSpan]]
    first: Mapping[Fold, Record]

    def to_record(self) -> dict[str, Any]:
        """Return what records say of it: its name, and a hash of all that questions follow from.

        Answers of its dev fold are not part of it, since no question depends on them.
        """
        left_out = sorted(key for key, fold in self.answered.items() if fold == "train")
        known = sorted((key, sorted(spans)) for key, spans in self.spans.items())
        used = json.dumps([left_out, known])
        return {
            "name": self.name,
            "sha256": sha256(used.encode()).hexdigest(),
            "answers": len(self.spans),
        }

    @property
    def pool_size(self) -> int:
        """How many segments its source was cut down to; 0 where it was all of it."""
        return self.first["train"].source.get("pool_size") or 0

    def cut_frame(self, frame: Frame) -> Frame:
        """Return the train fold without the texts that are answered.

        Raises `OptionError` where the dataset was drawn from another frame, and `SourceError` where
        nothing is left.
        """
        for record in self.first.values():
            self._require_frame(record, frame)
        left = without(frame.fold("train"), list(self.answered))
        if not len(left):
            raise SourceError(
                f"nothing is left to ask: {OPTION} {self.name} holds an answer to every text of "
                "the train fold"
            )
        return replace(frame, segments=left)

    def _require_frame(self, record: Record, frame: Frame) -> None:
        if record.source["sha256"] != frame.sha256:
            raise OptionError(
                OPTION,
                self.name,
                f"its source held other texts ({record.source['name']}, sha256 "
                f"{record.source['sha256'][:8]}, here it is {frame.sha256[:8]}): give the source "
                "as it was then",
            )
        texts = set(input_hashes(frame.fold(record.fold)).tolist())
        own = {key for key, fold in self.answered.items() if fold == record.fold}
        if len(texts) != record.N or own - texts:
            raise OptionError(
                OPTION,
                self.name,
                f"its {record.fold} fold was another, of {record.N:,} segments, here it has "
                f"{len(texts):,}: give --dev-share and --group-by as they were then",
            )

    def whole_segments(self, frame: Frame) -> list[WholeSegment]:
        """Return the segments of a frame whose spans are known, in an order of their own."""
        known = [one for one in frame.fold("train") if one.input_hash in self.spans]
        known.sort(key=lambda one: one.input_hash)
        return [WholeSegment(one, self.spans[one.input_hash]) for one in known]


def read_start(
    name: str,
    design: SamplingDesign,
    *,
    dataset: str,
    label: Sequence[str] | None,
    exclude: Sequence[str] | None,
    unsegmented: bool,
) -> Start:
    """Read the dataset named by ``--start``, before a model is loaded.

    Raises `OptionError` where it is `dataset` itself, is not there or empty, holds anything but
    whole segments that one design drew, was drawn with another fold salt, other labels, exclusions
    or segments, or lacks a usable answer in one of its folds.
    """
    if name == dataset:
        raise OptionError(OPTION, name, f"it is the dataset to save to; {WHOLE}")
    require_datasets(OPTION, [name])
    examples = stored_examples(name)
    if not examples:
        raise OptionError(OPTION, name, f"it holds no answer; {WHOLE}")
    pairs = [(example, _read_whole(name, example)) for example in examples]
    first: dict[Fold, Record] = {}
    for _, record in pairs:
        first.setdefault(record.fold, record)
    for record in first.values():
        _require_same(name, record, design, label=label, exclude=exclude, unsegmented=unsegmented)
    # of several answers to one text the latest counts, as in training
    pairs.sort(key=lambda pair: pair[0].get("_timestamp") or 0)
    usable = [(example, one.fold) for example, one in pairs if example.get("answer") == "accept"]
    for fold in FOLDS:
        if all(one != fold for _, one in usable):
            raise OptionError(
                OPTION, name, f"it has no usable answer in its {fold} fold: annotate more of it"
            )
    return Start(
        name=name,
        answered={example["_input_hash"]: record.fold for example, record in pairs},
        spans={
            example["_input_hash"]: frozenset(
                (span["start"], span["end"], span["label"]) for span in example.get("spans") or []
            )
            for example, fold in usable
            if fold == "train"
        },
        first=first,
    )


def require_labels(start: Start, labels: Sequence[str]) -> None:
    """Raise `OptionError` where whole segments were asked about other labels than these."""
    asked = sorted(start.first["train"].scorer["labels"])
    if asked != sorted(labels):
        raise OptionError(
            OPTION,
            start.name,
            f"its answers are about {','.join(asked)}, here it is {','.join(sorted(labels))}: give "
            f"--label {','.join(asked)}",
        )


def _read_whole(name: str, example: Mapping[str, Any]) -> Record:
    """Return the record of an answer about a whole segment, drawn by a single design."""
    try:
        record = read_record(example, dataset=name)
    except RecordError as error:
        raise OptionError(OPTION, name, f"{error}; {WHOLE}") from error
    if record.unit != "segment":
        raise OptionError(OPTION, name, f"its answers are about single spans; {WHOLE}")
    if record.trial:
        raise OptionError(OPTION, name, f"it is a trial of {record.trial}; {WHOLE}")
    return record


def _require_same(
    name: str,
    record: Record,
    design: SamplingDesign,
    *,
    label: Sequence[str] | None,
    exclude: Sequence[str] | None,
    unsegmented: bool,
) -> None:
    labels = ",".join(sorted(record.scorer["labels"]))
    then_and_now = {
        "--fold-salt": (record.fold_salt, design.fold_salt),
        "--label": (labels, ",".join(sorted(label)) if label else labels),
        "--exclude": (",".join(record.source.get("exclude") or ()), ",".join(exclude or ())),
    }
    for option, (then, now) in then_and_now.items():
        if then != now:
            raise OptionError(
                OPTION,
                name,
                f"it was asked with {option} {then or 'none'}, here it is {now or 'none'}: give "
                f"the same {option}",
            )
    cut, cut_now = (
        CUT[one] for one in (record.segmentation, "whole" if unsegmented else "sentences")
    )
    if cut != cut_now:
        raise OptionError(
            OPTION,
            name,
            f"it was asked about {cut}, here it is {cut_now} (--unsegmented): give the same",
        )
