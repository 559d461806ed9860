"""What one person says of a text, and what becomes of several answers about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

TokenSpan: TypeAlias = tuple[int, int, str]
"""First token, last token + 1, label."""


class Truth(NamedTuple):
    """What is known about one text; `accepted` and `rejected` share no span."""

    accepted: tuple[TokenSpan, ...]
    rejected: tuple[TokenSpan, ...] = ()


def latest_full(oldest_first: Sequence[Truth]) -> tuple[Truth, int]:
    """Return the latest of several full answers and how many earlier ones differ from it."""
    latest = oldest_first[-1]
    return latest, sum(one.accepted != latest.accepted for one in oldest_first)


def merged_binary(oldest_first: Sequence[Truth]) -> tuple[Truth, int]:
    """Return what binary answers, of one span each, say together, and how many are overruled.

    A later answer overrules an earlier one on the same span, and a later accepted span an earlier
    one that it overlaps: both cannot be entities.
    """
    verdicts: dict[TokenSpan, bool] = {}
    overruled = 0
    for one in reversed(oldest_first):
        accepts = bool(one.accepted)
        (span,) = one.accepted or one.rejected
        if span in verdicts:
            overruled += verdicts[span] != accepts
        elif accepts and any(
            kept and span[0] < other[1] and other[0] < span[1] for other, kept in verdicts.items()
        ):
            overruled += 1
        else:
            verdicts[span] = accepts
    return Truth(
        accepted=tuple(sorted(span for span, kept in verdicts.items() if kept)),
        rejected=tuple(sorted(span for span, kept in verdicts.items() if not kept)),
    ), overruled
