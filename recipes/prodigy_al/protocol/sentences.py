"""One sentence of what may be claimed, or of what may not, and the words that all of them share."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.protocol.result import Change, Sentence
from prodigy_al.report.findings import FEWEST_REPLICATES
from prodigy_al.report.numbers import signed

DECIDED = ("ahead", "behind")


@dataclass(frozen=True)
class Said:
    """A sentence, and whether it may be claimed."""

    may: bool
    sentence: Sentence


def may(id_: str, arm: str | None, text: str) -> Said:
    """Return a sentence that may be claimed, of one arm or of none alone."""
    return Said(True, Sentence(id=id_, arm=arm, text=text))


def may_not(id_: str, arm: str | None, text: str) -> Said:
    """Return a sentence that may not be claimed, of one arm or of none alone."""
    return Said(False, Sentence(id=id_, arm=arm, text=text))


def decided(change: Change | None) -> bool:
    """Return whether a difference is shown, over enough redraws to speak of the arm."""
    return change is not None and change.n >= FEWEST_REPLICATES and change.word in DECIDED


def described(change: Change) -> str:
    """Return a difference with its interval for new text, if it has one."""
    if change.mean is None:
        return "not defined"
    if isinstance(change.new_text, Unavailable):
        return signed(change.mean)
    return f"{signed(change.mean)} [{signed(change.new_text.low)}, {signed(change.new_text.high)}]"


def ahead_or_behind(change: Change | None) -> str:
    """Return on which side of random order a decided difference is, in words."""
    return "ahead of random" if change is not None and change.word == "ahead" else "behind random"
