"""Numbers as people read them: three decimals, no leading zero, a dash where there is none."""

from __future__ import annotations


def number(value: float | None) -> str:
    """Return a number from 0 to 1.

    >>> number(0.5), number(1.0), number(None)
    ('.500', '1.000', '-')
    """
    return "-" if value is None else f"{value:.3f}".replace("0.", ".", 1)


def signed(value: float) -> str:
    """Return a difference with its sign.

    >>> signed(-0.0213), signed(0.004)
    ('-.021', '+.004')
    """
    return f"{value:+.3f}".replace("0.", ".", 1)


def interval(low: float | None, high: float | None) -> str:
    """Return an interval of a number from 0 to 1.

    >>> interval(0.4, 0.5)
    '[.400, .500]'
    """
    return "-" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def counted(number: int, noun: str) -> str:
    """Return so many of a thing.

    >>> counted(1, "group"), counted(1477, "segment")
    ('1 group', '1,477 segments')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def size_of_test(segments: int, groups: int) -> str:
    """Return how large a test set is: its segments, and the documents that they are from.

    >>> size_of_test(1477, 66), size_of_test(200, 200)
    ('1,477 segments of 66 documents', '200 segments, each taken for a document')
    """
    if segments == groups > 1:
        return f"{counted(segments, 'segment')}, each taken for a document"
    return f"{counted(segments, 'segment')} of {counted(groups, 'document')}"
