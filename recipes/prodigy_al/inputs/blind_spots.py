"""While people annotate: which kinds of segments the questions have left out so far.

What is never asked about is never learned, and no answer can show it. Kinds are told by the text
alone (`sampling.kinds`), so the hole is seen where a model sees nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from prodigy_al.comparison.strata import SIZABLE, in_words
from prodigy_al.evaluation.shares import chance_of_so_few
from prodigy_al.inputs.so_far import EVERY
from prodigy_al.records import SIMULATED
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.kinds import FEWEST_SEGMENTS, KIND_NAMES, measure_shapes
from prodigy_al.sampling.table import InputSet, Segment, input_hashes, text_shapes

LEVEL = 0.001
"""Chance, at most, that a design which gives a kind its least share is warned about."""
HALF, TENTH = 0.5, 0.1


class BlindSpots:
    """Warns of each kind of segment that gets far fewer questions than its share of the pool.

    segments: those that can be asked about
    answers: of earlier runs
    say: is told one line per kind, once

    A kind is warned of where so few questions would have a chance of `LEVEL` at most if it got a
    part of its share: half, or what the design is sure to give it (`_least_part`). So neither
    random questions nor a share of chance are warned of, however the scores are.
    """

    def __init__(
        self,
        segments: Sequence[Segment],
        design: SamplingDesign,
        answers: Iterable[Mapping[str, Any]],
        *,
        say: Callable[[str], object],
    ) -> None:
        inputs, shapes = input_hashes(segments), text_shapes(segments)
        codes = np.zeros(0, dtype=np.int64)
        if len(inputs) >= FEWEST_SEGMENTS:
            codes = measure_shapes(*shapes).codes(*shapes)
        self._inputs = InputSet(inputs[: len(codes)])
        # in increasing order of the inputs, as `InputSet.place` counts
        self._codes = codes[np.argsort(inputs[: len(codes)])].astype(np.int8)
        counted = enumerate(np.bincount(codes).tolist())
        self._pool = Counter({KIND_NAMES[code]: n for code, n in counted if n})
        self._least, self._remedy = _least_part(design), _remedy(design)
        self._asked: set[int] = set()
        self._told: set[str] = set()
        self._say = say
        self._note(answers)

    def update(self, answers: Sequence[Mapping[str, Any]]) -> None:
        """Take new answers, and warn where it is time; not for simulated ones, nobody watches."""
        before = len(self._asked)
        self._note(answers)
        due = before // EVERY < len(self._asked) // EVERY
        if not due or any(answer.get(SIMULATED) for answer in answers):
            return
        for kind, found in self._missed():
            self._told.add(kind)
            self._say(self._sentence(kind, found))

    def _note(self, answers: Iterable[Mapping[str, Any]]) -> None:
        self._asked.update(
            answer["_input_hash"] for answer in answers if answer["_input_hash"] in self._inputs
        )

    def _kind(self, key: int) -> str:
        return KIND_NAMES[self._codes[self._inputs.place(key)]]

    def _missed(self) -> Iterator[tuple[str, int]]:
        """Yield each kind not told before, and its number of questions."""
        found = Counter(map(self._kind, self._asked))
        for kind, size in self._pool.most_common():
            share = size / len(self._inputs)
            if share < SIZABLE or kind in self._told:
                continue
            if chance_of_so_few(found[kind], len(self._asked), self._least * share) <= LEVEL:
                yield kind, found[kind]

    def _sentence(self, kind: str, found: int) -> str:
        asked = len(self._asked)
        questions = f"only {found} of {asked:,} questions" if found else "no question"
        return (
            f"{questions} so far about {self._pool[kind] / len(self._inputs):.0%} of the pool: "
            f"{in_words(kind)} ({self._pool[kind]:,} segments); {self._remedy}"
        )


def _least_part(design: SamplingDesign) -> float:
    """Return which part of its share a kind must get.

    With a share ε of chance each kind gets ε of its own at least; a chance below a tenth hardly
    counts as one. A single span is asked about only where the model proposes one, so that even
    random questions meet a kind with few proposals less often.
    """
    chance = 0.0 if design.strict else min(design.explore, design.dev.explore)
    if chance < TENTH:
        return HALF
    return TENTH if design.unit == "candidate" else min(chance, HALF)


def _remedy(design: SamplingDesign) -> str:
    if design.strict:
        return "without --strict, every kind keeps a share of the questions"
    if design.unit == "candidate":
        return "where the model proposes nothing, only whole segments tell: al.random asks them"
    return "a larger --explore asks more about them"
