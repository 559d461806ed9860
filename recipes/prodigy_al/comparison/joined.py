"""Several datasets as one arm: whole segments first, say, and single spans on the same source then.

Each answer keeps its form, its probability and its fold. What cannot be told of the whole is not:
its dev answers are those of one part, since draws of two designs are not one draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from prodigy_al.comparison.arms import Arm, find_dev_part
from prodigy_al.comparison.controls import differs_in_source
from prodigy_al.comparison.effort import (
    Example,
    FirstAnswers,
    add_efforts,
    count_at_shares,
    cut_to_seconds,
    read_first,
)
from prodigy_al.errors import AnswerError
from prodigy_al.training.joining import join_answers

if TYPE_CHECKING:
    from spacy.tokens import Doc

JOIN = "+"
"""Stands between the names of parts, in the order of time."""

Tokenizer = Callable[[str], "Doc"]


def join_arms(
    parts: Sequence[Arm],
    examples: Mapping[str, Sequence[Example]],
    *,
    tokenizer: Tokenizer,
    curves: bool = False,
) -> Arm:
    """Return datasets of one source, in the order of time, as one arm, also in parts for `curves`.

    Its dev answers are those of its first part of whole segments (`find_dev_part`); those of the
    others are neither trained on nor counted. Its seed is that part's. `examples` are those that
    the parts were read from, by dataset.

    Raises `AnswerError` where they cannot be one arm, or a fold is empty.
    """
    name = JOIN.join(part.dataset for part in parts)
    for part in parts:
        if problem := _what_keeps_apart(parts[0], part):
            raise AnswerError(f"{name} cannot be joined: {problem}", dataset=name)
    train, in_both = join_answers([part.train for part in parts], name)
    dev_part = find_dev_part(parts)
    if dev_part is None or not len(train):
        fold = "train" if dev_part else "dev"
        raise AnswerError(
            f"{name}: none of its datasets has a usable answer in its {fold} fold: annotate more",
            dataset=name,
        )
    arm = Arm(
        dataset=name,
        strategy=JOIN.join(part.strategy for part in parts),
        seed=dev_part.seed,
        fold_salt=dev_part.fold_salt,
        train=train,
        dev=dev_part.dev,
        records=dev_part.records,
        groups={key: group for part in parts for key, group in part.groups.items()},
        hashes=frozenset[int]().union(*(part.hashes for part in parts)),
        effort=add_efforts(
            [part.effort for part in parts], [examples[part.dataset] for part in parts]
        ),
        shared=sum(part.shared for part in parts),
        reused=sum(part.reused for part in parts),
        parts=tuple(parts),
        in_both=in_both,
    )
    if not curves:
        return arm
    return replace(arm, first_answers=tuple(_first_answers(arm, examples, tokenizer)))


def read_first_seconds(
    arm: Arm, examples: Mapping[str, Sequence[Example]], seconds: float, *, tokenizer: Tokenizer
) -> FirstAnswers:
    """Return what an arm, joined or not, held after so many seconds.

    Those of a part begin when those of the part before it are over. All `examples`, by dataset,
    need a time stamp. Raises `AnswerError` where no answer is usable.
    """
    given, left = [], seconds
    for part in arm.all_parts:
        given.append(cut_to_seconds(examples[part.dataset], left))
        left -= part.effort.seconds or 0.0
    return _read_first(arm, given, tokenizer)


def _first_answers(
    arm: Arm, examples: Mapping[str, Sequence[Example]], tokenizer: Tokenizer
) -> Iterator[FirstAnswers]:
    """Yield the arm by `SHARES`, as `read_first_answers` does, through its parts one by one."""
    parts = [examples[part.dataset] for part in arm.parts]
    for count in count_at_shares([example for own in parts for example in own], arm.train):
        given, left = [], count
        for own in parts:
            given.append(own[: max(left, 0)])
            left -= len(own)
        with suppress(AnswerError):
            yield _read_first(arm, given, tokenizer)


def _read_first(arm: Arm, given: Sequence[Sequence[Example]], tokenizer: Tokenizer) -> FirstAnswers:
    """Read the first answers of an arm, of which `given` are those of each part."""
    found = []
    for part, own in zip(arm.all_parts, given, strict=True):
        # one part may hold nothing usable yet where another does
        with suppress(AnswerError):
            found.append(read_first(own, part.train, tokenizer=tokenizer))
    if not found:
        raise AnswerError(f"{arm.dataset} had no usable answer by then", dataset=arm.dataset)
    return FirstAnswers(
        sum(len(own) for own in given),
        join_answers([one.answers for one in found], arm.dataset).answers,
        add_efforts([one.effort for one in found], given),
    )


def _what_keeps_apart(first: Arm, part: Arm) -> str | None:
    """Return why two datasets have no common fold to train from; None where they have."""
    if not part.records:
        return (
            f"nothing is recorded of how {part.dataset} was drawn, so what one dataset is trained "
            "on may be another's dev fold"
        )
    if part is first:
        return None
    if differs := differs_in_source(first, part):
        return differs
    ours, theirs = _dev_size(first), _dev_size(part)
    if ours and theirs and ours != theirs:
        return (
            f"{part.dataset} has another dev fold than {first.dataset} ({theirs:,} segments, not "
            f"{ours:,}): --dev-share and --group-by have to be the same"
        )
    folds = _folds(first)
    for group, fold in _folds(part).items():
        if folds.get(group, fold) != fold:
            return (
                f"{group} is in the {fold} fold of {part.dataset} and in the {folds[group]} fold "
                f"of {first.dataset}: --dev-share and --group-by have to be the same"
            )
    return None


def _dev_size(arm: Arm) -> int | None:
    """Return the number of segments in its dev fold; None where no record tells."""
    sizes = [record.N for record in arm.records.values() if record.fold == "dev"]
    return None if arm.is_stream or not sizes else max(sizes)


def _folds(arm: Arm) -> Mapping[str, str]:
    """Return the fold of each group that it was asked about."""
    return {record.group: record.fold for record in arm.records.values()}
