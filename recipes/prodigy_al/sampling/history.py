"""Which model orders which block, where the model learns while people annotate.

A block keeps the model it was begun with: its probabilities belong to one set of scores. Only the
train fold follows the learner. Dev questions are ordered by the starting model to the end, so that
their probabilities depend on no answer, and a restart needs no later model to know them.

`RunHistory` is what the stored records tell of earlier runs. It lets a restart go on in the same
order: the block in which it stopped is ordered by the model that its records name, made again from
the answers it was made from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prodigy_al.records import Record
from prodigy_al.sampling.scored import ScoreSegments

ANSWERS = "answers"
"""The key of a record's `model` that says how many train-fold answers it had learnt from."""


@dataclass(frozen=True)
class ModelVersion:
    """A model that learnt from the first `answers` train-fold answers, and how it scores."""

    answers: int
    sha256: str
    score: ScoreSegments


@dataclass(frozen=True)
class BlockHistory:
    """A block of an earlier run.

    learnt, sha256: of the model that ordered it, how many answers it had learnt from; size:
    segments that were left when its round began; asked: the inputs it has answers to; served:
    questions up to the last of these, so that those between them were asked as well.
    """

    learnt: int
    sha256: str
    size: int
    asked: frozenset[int]
    served: int


@dataclass(frozen=True)
class RunHistory:
    """The train fold of earlier runs: its blocks by (round, number)."""

    blocks: Mapping[tuple[int, int], BlockHistory] = field(default_factory=dict)

    @classmethod
    def of(cls, records: Iterable[tuple[int, Record]]) -> RunHistory:
        """Read it from (input hash, record) pairs of one dataset."""
        by_block: dict[tuple[int, int], list[tuple[int, Record]]] = defaultdict(list)
        for input_hash, record in records:
            if record.fold == "train":
                by_block[record.round, record.block].append((input_hash, record))
        return cls({name: _begun(pairs) for name, pairs in by_block.items()})

    def served(self, round_: int) -> int | None:
        """How many questions a round without blocks asked; None where no later one has begun."""
        now, later = self.blocks.get((round_, 0)), self.blocks.get((round_ + 1, 0))
        return now.size - later.size if now and later else None


def _begun(pairs: Sequence[tuple[int, Record]]) -> BlockHistory:
    first = pairs[0][1]
    return BlockHistory(
        learnt=first.model.get(ANSWERS, 0),
        sha256=first.model.get("sha256", ""),
        size=first.N,
        asked=frozenset(input_hash for input_hash, _ in pairs),
        served=1 + max(record.position for _, record in pairs),
    )


class ModelVersions:
    """The models of one run besides the starting one; here there are none."""

    past = RunHistory()

    def newest(self) -> ModelVersion | None:
        """The version that learnt from most answers; never waits."""
        return None

    def restore(self, answers: int, sha256: str) -> ModelVersion | None:
        """The version that learnt from so many answers, made again; None where it would differ."""
        return None


STARTING_MODEL = ModelVersions()
