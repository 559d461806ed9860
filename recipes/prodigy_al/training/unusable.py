"""Gold spans that nothing can match: how many are too many."""

from __future__ import annotations

MOST_UNUSABLE = 0.02
"""Share of the gold spans in [0, 1]; more of them move F1 by more than chance does."""


def unusable_problem(count: int, total: int, first: int | None) -> str | None:
    """Return what is wrong with gold that holds too many unusable spans, None where it is not.

    `count` of `total` spans are off token borders, reversed or outside the text; `first` is the
    place of the first record with such a span, from 0, None where there is none.

    >>> unusable_problem(3, 100, 7)[:51]
    '3 of 100 gold spans (3.0 %) are off token borders, '
    >>> unusable_problem(2, 100, 7)
    """
    if first is None or count <= MOST_UNUSABLE * total:
        return None
    return (
        f"{count:,} of {total:,} gold spans ({100 * count / total:.1f} %) are off token borders, "
        f"reversed or outside the text, the first in record {first + 1}: mend them, or leave them "
        "out with --skip-bad"
    )
