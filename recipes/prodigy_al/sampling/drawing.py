"""From a frame to an order of questions: folds, passes, and the model that orders each block.

Each fold is drawn on its own, and the two are woven into one stream. A fold is cut into blocks, and
each block asks a share of its questions before the next one is opened. What is left over is asked
in one of two ways:

- in *passes* wherever the scores never change (the dev fold, and the train fold of a design that
  does not learn): keys stay what they are, and each pass asks the next share of every block. So the
  questions of a block come in the order of one set of keys, as permanent random numbers make
  successive samples (Ohlsson 1995), and one threshold gives all their probabilities. A reranker
  (`online.reranker`) scores each block of the train fold once, when that is opened, by all answers
  to the blocks before: so this holds for its questions too.
- in *rounds* where the model learns from train-fold answers: what is left is cut into new blocks
  with new scores and new keys. Answers of later rounds have no probabilities.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import TypeAlias

import numpy as np

from prodigy_al.records import Fold
from prodigy_al.sampling.arrivals import ArrivingFrame, ArrivingSegments
from prodigy_al.sampling.blocks import BlockPlace, Draw, ask, cut_blocks, order_block
from prodigy_al.sampling.design import SamplingDesign, share_of_block
from prodigy_al.sampling.folds import fold_schedule
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.history import (
    STARTING_MODEL,
    BlockHistory,
    ModelVersion,
    ModelVersions,
)
from prodigy_al.sampling.kinds import Kinds, measure_kinds
from prodigy_al.sampling.scored import Acquisition, Scored, ScoredTable, ScoreSegments, rescored
from prodigy_al.sampling.table import Segment, pick

Segments: TypeAlias = Sequence[Segment] | ArrivingSegments
FOLDS: tuple[Fold, ...] = ("train", "dev")


@dataclass(frozen=True)
class AskedBefore:
    """A question of an earlier run that need not be worked out again, since it is answered.

    It takes its turn all the same: otherwise a restart would divide the questions between the
    folds in another order.
    """


def draw_questions(
    frame: Frame | ArrivingFrame,
    design: SamplingDesign,
    score: ScoreSegments,
    versions: ModelVersions = STARTING_MODEL,
    *,
    acquisition: Acquisition | None,
) -> Iterator[Draw]:
    """Yield every question of the frame once, in the order in which it is asked.

    `score` is that of the starting model, for each fold by the acquisition of its design;
    `acquisition`, of the train fold, makes a score of the marginals that a refitted model gives to
    the candidates of the starting one; None where a score is not one of marginals alone, so that
    it is the refitted model's own. Which fold question m comes from is a seeded draw made
    before any score is looked at, so the dev fold is a sample of its own. Where one fold has run
    out the other goes on.

    Raises `ParameterError` where `explore` 0 would leave a segment without any chance.
    """

    def draw_fold(fold: Fold) -> Iterator[Draw | AskedBefore]:
        own, segments = design.of_fold(fold), frame.fold(fold)
        kinds = measure_kinds(_to_begin_with(segments)) if own.within_kinds else None
        draws = _FoldDraws(
            fold, own, score, versions=versions, acquisition=acquisition, kinds=kinds
        )
        return draws.draw(segments)

    folds = {fold: draw_fold(fold) for fold in FOLDS}
    schedule = fold_schedule(seed=design.seed, arm=design.strategy, share=design.dev_share)
    for from_dev in schedule:
        order: tuple[Fold, Fold] = ("dev", "train") if from_dev else ("train", "dev")
        draw = next(folds[order[0]], None) or next(folds[order[1]], None)
        if draw is None:
            return
        if isinstance(draw, Draw):
            yield draw


@dataclass(frozen=True)
class _FoldDraws:
    """The draws of one fold, by its own design."""

    fold: Fold
    design: SamplingDesign
    score: ScoreSegments
    versions: ModelVersions
    acquisition: Acquisition | None
    kinds: Kinds | None = None

    def draw(self, segments: Segments) -> Iterator[Draw | AskedBefore]:
        """Draw in passes where no score ever changes, else in rounds."""
        if isinstance(segments, ArrivingSegments):
            return self._draw_passes(segments)
        if self.fold == "dev" or self.design.learn_every is None:
            return self._draw_passes(segments)
        return self._draw_rounds(segments)

    def _draw_passes(self, segments: Segments) -> Iterator[Draw]:
        """Draw pass by pass: each asks the next share of every block, in the order of its keys."""
        # the first pass opens the blocks one by one, so that nothing is scored before its turn
        blocks: Iterable[tuple[Iterator[Draw], int]] = self._questions(segments)
        while blocks:
            going_on = []
            for questions, quota in blocks:
                asked = 0
                for draw in islice(questions, quota):
                    asked += 1
                    yield draw
                if asked == quota:
                    going_on.append((questions, quota))
            blocks = going_on

    def _questions(self, segments: Segments) -> Iterator[tuple[Iterator[Draw], int]]:
        """Yield all questions of each block in the order of its keys, and how many a pass asks."""
        for cut, first_scores, place in self._cut(segments, 0):
            version = None
            if self.fold == "train":
                earlier = self.versions.history.blocks.get((place.round, place.block))
                version = self._version(earlier, len(cut))
                if version is None and earlier is not None and earlier.model_answers:
                    continue  # all is answered, or its model cannot be made again: it is over
            scored = self._scored(cut, first_scores, version)
            block = order_block(cut, scored, self.design, place, kinds=self.kinds)
            draws = ask(block, self.design, self.score)
            if version is not None:
                draws = map(partial(replace, version=version), draws)
            yield draws, share_of_block(self.design.rate, len(cut))

    def _draw_rounds(self, segments: Sequence[Segment]) -> Iterator[Draw | AskedBefore]:
        """Draw round by round: what a round leaves over forms the blocks of the next."""
        left, round_ = list(segments), 0
        while left:
            unasked: list[Segment] = []
            for cut, first_scores, place in self._cut(left, round_):
                asked = yield from self._ask_block(cut, first_scores, place)
                unasked += [segment for segment in cut if segment.input_hash not in asked]
            left, round_ = unasked, round_ + 1

    def _cut(
        self, left: Segments, round_: int
    ) -> Iterator[tuple[Sequence[Segment], Sequence[Scored] | None, BlockPlace]]:
        """Yield each block that has a question, with its scores where these were needed for that.

        What can be asked about is settled by the starting model, for later ones as well.
        """
        considered = opened = 0
        for number, cut in enumerate(cut_blocks(left, self.design, round_)):
            considered += len(cut)
            opened += len(cut)
            first_scores = None
            if self.design.unit == "candidate":
                cut, first_scores = _with_candidates(cut, ScoredTable.of(self.score(cut)))
            if cut:  # a block without a question counts as part of the next one
                # of a stream only what has been opened by now is known to be there
                size = opened if isinstance(left, ArrivingSegments) else len(left)
                yield cut, first_scores, BlockPlace(number, round_, size, considered)
                considered = 0

    def _ask_block(
        self, cut: Sequence[Segment], first_scores: Sequence[Scored] | None, place: BlockPlace
    ) -> Generator[Draw | AskedBefore, None, Collection[int]]:
        """Yield a round's questions of a block; return the inputs that were asked about."""
        history = self.versions.history
        earlier = history.blocks.get((place.round, place.block))
        whole_fold = self.design.block_size is None
        # A round over the whole fold that gave way to a newer model ends at the same question.
        served = history.served_in_round(place.round) if whole_fold else None
        quota = served or share_of_block(self.design.rate, len(cut))
        version = self._version(earlier, quota)
        if version is None and earlier is not None and earlier.model_answers:
            # All is answered, or its model cannot be made again: the block is over.
            yield from (AskedBefore() for _ in earlier.answered)
            return earlier.answered
        scored = self._scored(cut, first_scores, version)
        block = order_block(cut, scored, self.design, place, kinds=self.kinds)
        # At least one question, so that every round asks something; after a restart at least what
        # had been asked, though a newer model may be there by now.
        least = earlier.served if earlier else 1
        asked: set[int] = set()
        for draw in islice(ask(block, self.design, self.score), quota):
            gives_way = whole_fold and served is None and len(asked) >= least
            if gives_way and self._has_newer(version):
                break
            asked.add(draw.segment.input_hash)
            yield replace(draw, version=version)
        return asked

    def _version(self, earlier: BlockHistory | None, quota: int) -> ModelVersion | None:
        """Return the refitted model that orders a block; None for the starting model.

        A block that an earlier run opened is ordered by the same model as then; None also where
        all its questions are answered or that model cannot be made again.
        """
        if earlier is None:
            return self.versions.newest()
        if earlier.model_answers and len(earlier.answered) < quota:
            return self.versions.restore(earlier.model_answers, earlier.model_sha256)
        return None

    def _scored(
        self,
        cut: Sequence[Segment],
        first_scores: Sequence[Scored] | None,
        version: ModelVersion | None,
    ) -> Sequence[Scored] | None:
        """Return the scores that order a block; None where no score is needed for it."""
        if self.design.lazy:
            return None
        if version is None:
            return first_scores if first_scores is not None else ScoredTable.of(self.score(cut))
        if version.rerank is not None and first_scores is not None:
            return [version.rerank(*pair) for pair in zip(cut, first_scores, strict=True)]
        later = ScoredTable.of(version.score(cut))
        if first_scores is None:
            return later
        return [rescored(a, b, self.acquisition) for a, b in zip(first_scores, later, strict=True)]

    def _has_newer(self, version: ModelVersion | None) -> bool:
        """Return whether a model refitted on more answers waits for questions of this fold."""
        newest = self.versions.newest()
        return newest is not None and (version is None or newest.answers > version.answers)


def _to_begin_with(segments: Segments) -> Sequence[Segment]:
    """Return what is known of a fold before the first question: all of it, or its first block."""
    return segments.first_block() if isinstance(segments, ArrivingSegments) else segments


def _with_candidates(
    cut: Sequence[Segment], scored: ScoredTable
) -> tuple[Sequence[Segment], Sequence[Scored]]:
    """Return the segments, and their scores, that have a candidate to ask about."""
    at = np.flatnonzero(scored.has_candidates())
    return pick(cut, at), scored.take(at)
