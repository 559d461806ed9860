"""Names that were accepted, looked up in other texts: what answers are worth without any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.training.answers import Answers

Words: TypeAlias = tuple[str, ...]

MAJORITY = 0.5


def known_names(train: Answers) -> dict[Words, str]:
    """Return the label of each name that was accepted at half of the places where it stands.

    A place within a longer name that was accepted is none.
    """
    accepted: Counter[tuple[Words, str]] = Counter()
    for item in train.items:
        accepted.update((item.words[start:end], label) for start, end, label in item.accepted)
    names = {name for name, _ in accepted}
    longest = max(map(len, names), default=0)
    standing: Counter[Words] = Counter()
    for item in train.items:
        for start, words in _parts(item.words, longest):
            end = start + len(words)
            if words in names and not any(
                a <= start and end <= b and end - start < b - a for a, b, _ in item.accepted
            ):
                standing[words] += 1
    # of two labels the commoner; ties by name, so that it is the same each time
    ordered = sorted(accepted.items(), key=lambda one: (one[1], one[0][1]))
    return {name: label for (name, label), n in ordered if n >= MAJORITY * standing[name]}


def look_up(names: Mapping[Words, str], texts: Answers, others: Predictions) -> Predictions:
    """Return the names found in each text, longer ones first, beside the other labels of `others`.

    `others` are the predictions of a pipeline, one set of spans per text; those of the labels that
    names have, and those that a name overlaps, are left out.
    """
    longest = max(map(len, names), default=0)
    labels = set(texts.labels)
    found = []
    for item, spans in zip(texts.items, others, strict=True):
        taken: set[int] = set()
        own = []
        parts = sorted(_parts(item.words, longest), key=lambda one: (-len(one[1]), one[0]))
        for start, words in parts:
            places = range(start, start + len(words))
            if words in names and taken.isdisjoint(places):
                taken.update(places)
                own.append((start, start + len(words), names[words]))
        free = (s for s in spans if s[2] not in labels and taken.isdisjoint(range(s[0], s[1])))
        found.append(frozenset([*own, *free]))
    return found


def _parts(words: Sequence[str], longest: int) -> Iterator[tuple[int, Words]]:
    """Yield every stretch of up to `longest` words, with its start."""
    for start in range(len(words)):
        for end in range(start + 1, min(start + longest, len(words)) + 1):
            yield start, tuple(words[start:end])
