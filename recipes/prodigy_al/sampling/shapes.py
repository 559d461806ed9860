"""The shape of a text: how many words, and how many of them look like those of a table."""

from __future__ import annotations

from collections.abc import Sequence


def count_shape(words: Sequence[str]) -> tuple[int, int]:
    """Return the number of words, and of those that are all capitals or hold a digit.

    >>> count_shape("LEEDS 2 PERTH 1 again".split())
    (5, 4)
    """
    # a word of letters, as most are, holds no digit
    marked = [
        word.isupper() or (not word.isalpha() and any(map(str.isdigit, word))) for word in words
    ]
    return len(words), sum(marked)
