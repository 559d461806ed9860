"""Lists of words and syllables, from ``words.txt``: a name, a colon, its words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def _read(path: Path) -> dict[str, tuple[str, ...]]:
    lines = (line.split(":") for line in path.read_text("utf8").splitlines())
    return {name: tuple(words.split()) for name, words in lines}


WORDS: Mapping[str, tuple[str, ...]] = _read(Path(__file__).with_suffix(".txt"))
"""Name of the list -> its words; one that stands twice is drawn twice as often."""
