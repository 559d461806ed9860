"""Scores to an order of questions: blocks, keys, rounds and the blind choice of the fold."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.records import Fold
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.folds import fold_schedule
from prodigy_al.sampling.frame import Frame, Segment
from prodigy_al.sampling.history import STARTING_MODEL, ModelVersion, ModelVersions, RunHistory
from prodigy_al.sampling.inclusion import KEY_TAG
from prodigy_al.sampling.keys import choose_candidate, exponentials, sampling_keys
from prodigy_al.sampling.proposal import (
    candidate_probabilities,
    score_total,
    selection_probabilities,
)
from prodigy_al.sampling.scored import Acquisition, Candidate, Scored, ScoreSegments, rescored

BLOCK_TAG = "order"
LAZY_PAGE = 32  # a batch for the scorer, and no wait for the annotator


@dataclass(frozen=True)
class Draw:
    """One question and how it came to be asked; the names are those of `tasks.Record`."""

    segment: Segment
    scored: Scored
    block: int
    round: int
    position: int
    R: int
    N: int
    considered: int
    total: float | None = None
    p: float | None = None
    key: float | None = None
    next_key: float | None = None
    candidate: Candidate | None = None
    r: float | None = None
    version: ModelVersion | None = None


@dataclass(frozen=True)
class AskedBefore:
    """A question of an earlier run that need not be worked out again, since it is answered."""


def draw_questions(
    frame: Frame,
    design: SamplingDesign,
    score: ScoreSegments,
    versions: ModelVersions = STARTING_MODEL,
    *,
    acquisition: Acquisition,
) -> Iterator[Draw]:
    """Yield every question of the frame once, in the order in which it is asked.

    `score` is that of the starting model; `acquisition` makes a score of the marginals that a later
    model gives to the candidates of the starting one. Which fold question m comes from is a seeded
    draw made before any score is looked at, so the dev fold is a sample of its own. Where one fold
    has run out the other goes on.
    """
    folds: dict[Fold, Iterator[Draw | AskedBefore]] = {
        fold: _Fold(fold, design, score, versions, acquisition).draw(frame.fold(fold))
        for fold in ("train", "dev")
    }
    schedule = fold_schedule(seed=design.seed, arm=design.strategy, share=design.dev_share)
    for from_dev in schedule:
        order: tuple[Fold, Fold] = ("dev", "train") if from_dev else ("train", "dev")
        draw = next(folds[order[0]], None) or next(folds[order[1]], None)
        if draw is None:
            return
        if isinstance(draw, Draw):
            yield draw


@dataclass(frozen=True)
class _Place:
    """Where a block stands in its round, whose frame holds N segments."""

    block: int
    round: int
    N: int
    considered: int


@dataclass(frozen=True)
class _Block:
    """A block in the order of asking. `scored` is None while scoring can wait (`design.lazy`)."""

    segments: Sequence[Segment]
    scored: Sequence[Scored] | None
    p: FloatArray | None
    keys: FloatArray | None
    total: float | None
    place: _Place


@dataclass(frozen=True)
class _Fold:
    """The draws of one fold."""

    fold: Fold
    design: SamplingDesign
    score: ScoreSegments
    versions: ModelVersions
    acquisition: Acquisition

    def draw(self, segments: Sequence[Segment]) -> Iterator[Draw | AskedBefore]:
        """Draw round by round: what a round leaves over forms the blocks of the next."""
        left, round_ = list(segments), 0
        while left:
            unasked: list[Segment] = []
            considered = 0
            for number, cut in enumerate(_cut_blocks(left, self.design, round_)):
                considered += len(cut)
                frozen = None
                if self.design.unit == "candidate":
                    cut, frozen = _with_question(cut, list(self.score(cut)))
                if not cut:
                    continue  # a block without a question counts as part of the next one
                place = _Place(number, round_, len(left), considered)
                considered = 0
                asked = yield from self._ask_block(cut, frozen, place)
                unasked += [segment for segment in cut if segment.input_hash not in asked]
            left, round_ = unasked, round_ + 1

    def _ask_block(
        self, cut: Sequence[Segment], frozen: Sequence[Scored] | None, place: _Place
    ) -> Generator[Draw | AskedBefore, None, Collection[int]]:
        """Yield the questions of a block; return the inputs that were asked about."""
        past = self.versions.past if self.fold == "train" else RunHistory()
        begun = past.blocks.get((place.round, place.block))
        served = past.served(place.round) if self.design.block_size is None else None
        quota = served or ceil(self.design.rate * len(cut))
        if begun and begun.learnt:
            is_open = len(begun.asked) < quota
            version = self.versions.restore(begun.learnt, begun.sha256) if is_open else None
            if version is None:  # all answered, or its model cannot be made again: it is over
                yield from (AskedBefore() for _ in begun.asked)
                return begun.asked
        else:
            version = None if begun or self.fold == "dev" else self.versions.newest()
        block = _order_block(cut, self._scored(cut, frozen, version), self.design, place)
        gives_way = self.design.block_size is None and served is None
        least = begun.served if begun else 1
        asked: set[int] = set()
        for draw in _ask(block, quota, self.design, self.score):
            if gives_way and len(asked) >= least and self._is_stale(version):
                break
            asked.add(draw.segment.input_hash)
            yield replace(draw, version=version)
        return asked

    def _scored(
        self, cut: Sequence[Segment], frozen: Sequence[Scored] | None, version: ModelVersion | None
    ) -> Sequence[Scored] | None:
        """The scores that order a block; None where no score is needed for it."""
        if self.design.lazy:
            return None
        if version is None:
            return frozen or list(self.score(cut))
        later = list(version.score(cut))
        if frozen is None:
            return later
        return [rescored(a, b, self.acquisition) for a, b in zip(frozen, later, strict=True)]

    def _is_stale(self, version: ModelVersion | None) -> bool:
        """Whether a version that learnt from more answers waits for questions of this fold."""
        newest = self.versions.newest() if self.fold == "train" else None
        return newest is not None and (version is None or newest.answers > version.answers)


def _cut_blocks(
    segments: Sequence[Segment], design: SamplingDesign, round_: int
) -> Iterator[Sequence[Segment]]:
    """Cut a seeded random order into blocks, so that each is a random sample of what is left."""
    if design.block_size is None:
        yield segments
        return
    at_random = exponentials(
        [segment.input_hash for segment in segments],
        tag=BLOCK_TAG,
        seed=design.seed,
        arm=design.strategy,
        round=round_,
        block=0,
    )
    order = np.argsort(at_random, kind="stable")
    for start in range(0, len(order), design.block_size):
        yield [segments[i] for i in order[start : start + design.block_size]]


def _with_question(
    cut: Sequence[Segment], scored: Sequence[Scored]
) -> tuple[list[Segment], list[Scored]]:
    """Return the segments, and their scores, that have a candidate to ask about."""
    kept = [(segment, item) for segment, item in zip(cut, scored, strict=True) if item.candidates]
    return [segment for segment, _ in kept], [item for _, item in kept]


def _order_block(
    cut: Sequence[Segment], scored: Sequence[Scored] | None, design: SamplingDesign, place: _Place
) -> _Block:
    """Order a block by key, or by score where the design is strict."""
    chance = exponentials(
        [segment.input_hash for segment in cut],
        tag=KEY_TAG,
        seed=design.seed,
        arm=design.strategy,
        round=place.round,
        block=place.block,
    )
    u = np.array([item.u for item in scored]) if scored is not None else np.zeros(len(cut))
    if design.strict:
        p = keys = None
        order = np.lexsort((chance, -u))  # ties at random, the same at every start
    else:
        p = selection_probabilities(u, design.explore)
        keys = sampling_keys(p, chance)
        order = np.argsort(keys, kind="stable")
    return _Block(
        segments=[cut[i] for i in order],
        scored=None if scored is None else [scored[i] for i in order],
        p=None if p is None else p[order],
        keys=None if keys is None else keys[order],
        total=None if design.strict or design.explore == 1.0 else score_total(u),
        place=place,
    )


def _ask(block: _Block, quota: int, design: SamplingDesign, score: ScoreSegments) -> Iterator[Draw]:
    """Yield the first `quota` questions of a block, scoring a page ahead where it was put off."""
    for start in range(0, quota, LAZY_PAGE):
        page = range(start, min(start + LAZY_PAGE, quota))
        if block.scored is None:
            scored: Sequence[Scored] = list(score([block.segments[i] for i in page]))
        else:
            scored = block.scored[start : page.stop]
        for position, item in zip(page, scored, strict=True):
            yield _draw(block, position, item, design)


def _draw(block: _Block, position: int, scored: Scored, design: SamplingDesign) -> Draw:
    segment, following = block.segments[position], position + 1
    candidate, r = None, None
    if design.unit == "candidate":
        candidate, r = _pick_candidate(block, segment, scored, design)
    more = block.keys is not None and following < len(block.keys)
    return Draw(
        segment=segment,
        scored=scored,
        block=block.place.block,
        round=block.place.round,
        position=position,
        R=len(block.segments),
        N=block.place.N,
        considered=block.place.considered,
        total=block.total,
        p=None if block.p is None else float(block.p[position]),
        key=None if block.keys is None else float(block.keys[position]),
        next_key=float(block.keys[following]) if block.keys is not None and more else None,
        candidate=candidate,
        r=r,
    )


def _pick_candidate(
    block: _Block, segment: Segment, scored: Scored, design: SamplingDesign
) -> tuple[Candidate, float | None]:
    """Choose the span to ask about; a strict design takes the most uncertain one."""
    marginals = np.array([candidate.p for candidate in scored.candidates])
    if design.strict:
        return scored.candidates[int(np.argmax(marginals * (1 - marginals)))], None
    chances = candidate_probabilities(marginals, design.explore)
    chosen = choose_candidate(
        chances,
        tag=KEY_TAG,
        seed=design.seed,
        arm=design.strategy,
        round=block.place.round,
        block=block.place.block,
        input=segment.input_hash,
    )
    return scored.candidates[chosen], float(chances[chosen])
