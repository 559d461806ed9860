"""What a recipe says at its start: what it was told and what it chose itself."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, TypeAlias

from prodigy.util import msg

from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.columns import FEWEST_GROUPS
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.groups import DOCUMENT_COVERAGE, DOCUMENT_KEY
from prodigy_al.sampling.table import count_groups

Remark: TypeAlias = tuple[Literal["info", "warning"], str]

_collected: list[Remark] | None = None
_said: set[str] = set()


def say(sentence: str) -> None:
    """Say something on the terminal."""
    if _collected is not None:
        _collected.append(("info", sentence))
        return
    msg.info(sentence)
    sys.stdout.flush()  # people watch it, also through a pipe


def warn(sentence: str) -> None:
    """Warn on the terminal."""
    if _collected is not None:
        _collected.append(("warning", sentence))
        return
    msg.warn(sentence)
    sys.stdout.flush()


@contextmanager
def collected_remarks() -> Iterator[list[Remark]]:
    """Collect what is said within instead of saying it: for another process, which says it once."""
    global _collected
    before, _collected = _collected, []
    try:
        yield _collected
    finally:
        _collected = before


def pass_on(remarks: Iterable[Remark]) -> None:
    """Say what another process collected, each sentence once."""
    for kind, sentence in remarks:
        (say_once if kind == "info" else warn_once)(sentence)


def say_once(sentence: str) -> None:
    """Say it once, however many arms a simulation opens."""
    if _collected is not None or _is_new(sentence):
        say(sentence)


def warn_once(sentence: str) -> None:
    """Warn on the terminal, once however often a simulation reads the source."""
    if _collected is not None or _is_new(sentence):
        warn(sentence)


def _is_new(sentence: str) -> bool:
    """Return whether a sentence has not been asked about before."""
    if sentence in _said:
        return False
    _said.add(sentence)
    return True


def describe_labels(labels: Sequence[str], model: str) -> str:
    """Return which labels are asked for where nobody chose any.

    >>> describe_labels(["ORG", "PERSON"], "base")
    'labels: all 2 of base, ORG, PERSON (--label chooses)'
    """
    return f"labels: all {len(labels)} of {model}, {', '.join(labels)} (--label chooses)"


def describe_folds(frame: Frame | ArrivingFrame, source: str) -> str:
    """Return what stays together in a fold, and how large the dev fold is."""
    if isinstance(frame, ArrivingFrame):
        return (
            f"{source} is asked about as it comes; dev fold: {frame.folds} "
            "(--dev-share, --group-by)"
        )
    segments, dev = len(frame.segments), len(frame.fold("dev"))
    groups = count_groups(frame.segments)
    size = f"{source}: {segments:,} segments"
    fold = f"{dev:,} segments are the dev fold (--dev-share)"
    if frame.grouped_by == "segment":
        return (
            f"{size} of fewer than {FEWEST_GROUPS} documents, which train and dev fold therefore "
            f"share (--group-by names others); {fold}"
        )
    if frame.grouped_by == "record":
        return (
            f"{size} of {groups:,} records, each a document of its own, as fewer than "
            f"{DOCUMENT_COVERAGE:.0%} name theirs in meta.{DOCUMENT_KEY} (--group-by names another "
            f"key); {fold}"
        )
    return (
        f"{size} of {groups:,} documents by {frame.grouped_by} (--group-by), each in one fold; "
        f"{fold}"
    )


def describe_start(start: str, known: int, left: int) -> str:
    """Return what questions that begin from whole segments are ranked by, and what is left.

    >>> describe_start("news-random", 250, 2200)
    'ranked by the 250 whole segments of the train fold in news-random and by the answers here; \
questions are about the other 2,200 segments of it, since its dev fold is that of news-random'
    """
    return (
        f"ranked by the {known:,} whole segments of the train fold in {start} and by the answers "
        f"here; questions are about the other {left:,} segments of it, since its dev fold is that "
        f"of {start}"
    )
