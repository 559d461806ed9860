"""The datasets of a joined arm, in the report and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prodigy_al.comparison.arms import Arm
from prodigy_al.report import schema
from prodigy_al.report.numbers import counted
from prodigy_al.report.parts import Part

_FORMS = {"full": "whole segments", "binary": "single spans"}


def describe_parts(arm: Arm) -> Mapping[str, Part]:
    """Return `parts` of an arm in report.json, by dataset; empty where it is not joined."""
    measured = arm.dev_part.dataset
    return {
        part.dataset: Part(
            strategy=part.strategy,
            seed=part.seed,
            form=part.train.form,
            answers=sum(part.train.counts.values()),
            seconds=part.effort.seconds,
            train=len(part.train),
            dev_answers=len(part.dev) if part.dataset == measured else 0,
            dev_left_out=0 if part.dataset == measured else len(part.dev),
        )
        for part in arm.parts
    }


def joined_lines(dataset: str, arm: schema.Arm) -> Iterator[str]:
    """Yield what a joined arm is made of, and whose dev answers are counted; nothing of others."""
    if not arm.parts:
        return
    parts = ", then ".join(
        f"{counted(part.answers, 'answer')} of {name} ({_FORMS[part.form]}, {part.train:,} texts "
        "to train on)"
        for name, part in arm.parts.items()
    )
    measured = next(name for name, part in arm.parts.items() if part.dev_answers)
    left_out = [
        f"{part.dev_left_out:,} of {name}" for name, part in arm.parts.items() if part.dev_left_out
    ]
    others = f"; {', '.join(left_out)} are neither trained on nor counted" if left_out else ""
    yield f"{dataset} is joined from {parts}. Its dev answers are those of {measured}{others}."
