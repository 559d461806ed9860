"""Which model orders which block, where the model is refitted while people annotate.

One model orders a whole block, since the probabilities of a block belong to one set of scores.
Refitted models order blocks of the train fold only. Dev questions are ordered by the starting model
to the end: so their probabilities depend on no answer, and a restart can repeat them without
refitting anything.

`RunHistory` holds what the stored records say of earlier runs. With it a restart goes on in the
same order: the block in which the last run stopped is ordered by the model that its records name,
refitted on the same answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from prodigy_al.records import Record
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.scored import Scored, ScoreSegments

ANSWERS = "answers"
"""The key of a record's `model` that says on how many train-fold answers it was refitted."""
Rerank: TypeAlias = Callable[[Segment, Scored], Scored]
"""A segment and its score by the starting model -> its score by a later one."""


@dataclass(frozen=True)
class ModelVersion:
    """A model refitted on the first `answers` train-fold answers, and how it scores.

    `rerank` does so from what the starting model says, where that is all it needs. `temperature` is
    that of its span probabilities; None: that of the starting model.
    """

    answers: int
    sha256: str
    score: ScoreSegments
    rerank: Rerank | None = None
    temperature: float | None = None


@dataclass(frozen=True)
class BlockHistory:
    """A block of an earlier run.

    model_answers: on how many answers the model that ordered it was refitted; 0: not at all
    model_sha256: that model's hash
    round_size: segments that were left when the block's round began
    answered: input hashes of the segments that have an answer
    served: questions up to the last answered one; those between that lack an answer were asked too
    """

    model_answers: int
    model_sha256: str
    round_size: int
    answered: frozenset[int]
    served: int

    @classmethod
    def from_records(cls, pairs: Sequence[tuple[int, Record]]) -> BlockHistory:
        """Read it from the (input hash, record) pairs of one block, at least one."""
        _, first = pairs[0]
        return cls(
            # one model orders a whole block, so any of its records names it
            model_answers=first.model.get(ANSWERS, 0),
            model_sha256=first.model.get("sha256", ""),
            round_size=first.N,
            answered=frozenset(input_hash for input_hash, _ in pairs),
            # positions count from 0, and every question before the last answered one was asked
            served=1 + max(record.position for _, record in pairs),
        )


@dataclass(frozen=True)
class RunHistory:
    """The train fold of earlier runs on one dataset: its blocks by (round, number)."""

    blocks: Mapping[tuple[int, int], BlockHistory] = field(default_factory=dict)

    @classmethod
    def from_records(cls, records: Iterable[tuple[int, Record]]) -> RunHistory:
        """Read it from the (input hash, record) pairs of a dataset."""
        by_block: dict[tuple[int, int], list[tuple[int, Record]]] = defaultdict(list)
        for input_hash, record in records:
            if record.fold == "train":
                by_block[record.round, record.block].append((input_hash, record))
        return cls({name: BlockHistory.from_records(pairs) for name, pairs in by_block.items()})

    def served_in_round(self, round_: int) -> int | None:
        """Return how many questions a round without blocks asked.

        The segments missing in the next round tell it; None where no record of that one exists.
        """
        now, later = self.blocks.get((round_, 0)), self.blocks.get((round_ + 1, 0))
        return now.round_size - later.round_size if now and later else None


class ModelVersions:
    """The refitted models of one run, and the history of earlier runs; here there are none."""

    history = RunHistory()

    def newest(self) -> ModelVersion | None:
        """Return the version refitted on most answers, without waiting; None before the first."""
        return None

    def restore(self, answers: int, sha256: str) -> ModelVersion | None:
        """Return the version refitted on so many answers, made again; None where it differs."""
        return None


STARTING_MODEL = ModelVersions()
