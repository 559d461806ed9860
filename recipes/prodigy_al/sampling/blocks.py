"""One block of segments: cut at random, put in order by its scores, asked from the top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.sampling.arrivals import ArrivingSegments
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.history import ModelVersion
from prodigy_al.sampling.inclusion import KEY_TAG
from prodigy_al.sampling.keys import choose_candidate, exponentials, sampling_keys
from prodigy_al.sampling.kinds import Kinds
from prodigy_al.sampling.proposal import (
    Stratum,
    candidate_probabilities,
    selection_probabilities,
    strata_of,
)
from prodigy_al.sampling.scored import Candidate, Scored, ScoreSegments, scores_of
from prodigy_al.sampling.table import Segment, input_hashes, pick

BLOCK_TAG = "order"
LAZY_PAGE = 32  # a batch for the scorer, and no wait for the annotator


@dataclass(frozen=True)
class Draw:
    """One question and how it came to be asked; the names are those of `records.Record`.

    `version` is the refitted model that ordered its block, None for the starting model.
    """

    segment: Segment
    scored: Scored
    block: int
    round: int
    position: int
    R: int
    N: int
    considered: int
    total: float | None = None
    stratum: str | None = None
    stratum_size: int | None = None
    p: float | None = None
    key: float | None = None
    next_key: float | None = None
    next_u: float | None = None
    candidate: Candidate | None = None
    r: float | None = None
    version: ModelVersion | None = None


@dataclass(frozen=True)
class BlockPlace:
    """Which block of which round this is; the names are those of `records.Record`."""

    block: int
    round: int
    N: int
    considered: int


@dataclass(frozen=True)
class Block:
    """A block of R segments, all in the order of asking.

    `scored` is None while scoring can wait (`SamplingDesign.lazy`); `p` and `keys` (R,) are None
    where the design is strict; `strata` (R,) tells what p depends on beside the score.
    """

    segments: Sequence[Segment]
    scored: Sequence[Scored] | None
    p: FloatArray | None
    keys: FloatArray | None
    strata: Sequence[Stratum]
    place: BlockPlace


def cut_blocks(
    segments: Sequence[Segment] | ArrivingSegments, design: SamplingDesign, round_: int
) -> Iterator[Sequence[Segment]]:
    """Cut a seeded random order into blocks, so that each is a random sample of what is left.

    A stream comes in blocks.
    """
    if isinstance(segments, ArrivingSegments):
        yield from segments.blocks()
        return
    if design.block_size is None:
        yield segments
        return
    at_random = exponentials(
        input_hashes(segments),
        tag=BLOCK_TAG,
        seed=design.seed,
        arm=design.strategy,
        round=round_,
        block=0,
    )
    order = np.argsort(at_random, kind="stable")
    for start in range(0, len(order), design.block_size):
        yield pick(segments, order[start : start + design.block_size])


def order_block(
    segments: Sequence[Segment],
    scored: Sequence[Scored] | None,
    design: SamplingDesign,
    place: BlockPlace,
    *,
    kinds: Kinds | None = None,
) -> Block:
    """Order a block by key, or by score where the design is strict.

    `kinds` are those within which scores are compared; None: over the whole block. Raises
    `ParameterError` where `explore` 0 would leave a segment without any chance.
    """
    chance = exponentials(
        input_hashes(segments),
        tag=KEY_TAG,
        seed=design.seed,
        arm=design.strategy,
        round=place.round,
        block=place.block,
    )
    # Scores that are not there yet do not matter: a lazy design gives every segment the same p.
    u = np.zeros(len(segments)) if scored is None else scores_of(scored)
    names = None if kinds is None else [kinds.name(segment) for segment in segments]
    if design.strict:
        p = keys = None
        order = np.lexsort((chance, -u))  # ties at random, the same at every start
    else:
        p = selection_probabilities(u, design.explore, names)
        keys = sampling_keys(p, chance)
        order = np.argsort(keys, kind="stable")
    strata = [Stratum(None)] * len(segments)
    if not design.strict and design.explore < 1.0:
        strata = strata_of(u, names)
    return Block(
        segments=pick(segments, order),
        scored=None if scored is None else pick(scored, order),
        p=None if p is None else p[order],
        keys=None if keys is None else keys[order],
        strata=[strata[i] for i in order],
        place=place,
    )


def ask(block: Block, design: SamplingDesign, score: ScoreSegments) -> Iterator[Draw]:
    """Yield all questions of a block, scoring a page ahead where scoring waited."""
    scored = _score_pages(block.segments, score) if block.scored is None else iter(block.scored)
    # one ahead, since a question tells the score of the one behind it
    for position, (item, following) in enumerate(pairwise(chain(scored, [None]))):
        assert item is not None  # only the last of the chain is
        yield _draw(block, position, (item, following), design)


def _score_pages(segments: Sequence[Segment], score: ScoreSegments) -> Iterator[Scored]:
    for start in range(0, len(segments), LAZY_PAGE):
        yield from score(segments[start : start + LAZY_PAGE])


def _draw(
    block: Block, position: int, scores: tuple[Scored, Scored | None], design: SamplingDesign
) -> Draw:
    """Return the question at a position from its own scores and those of the one behind it."""
    segment, (scored, following) = block.segments[position], scores
    candidate, r = None, None
    if design.unit == "candidate":
        candidate, r = _pick_candidate(scored, segment, block.place, design)
    p = key = next_key = None
    if block.p is not None and block.keys is not None:
        p, key = float(block.p[position]), float(block.keys[position])
        # The key behind the last question served is what bounds the block's probabilities (τ).
        if position + 1 < len(block.keys):
            next_key = float(block.keys[position + 1])
    return Draw(
        segment=segment,
        scored=scored,
        block=block.place.block,
        round=block.place.round,
        position=position,
        R=len(block.segments),
        N=block.place.N,
        considered=block.place.considered,
        total=block.strata[position].total,
        stratum=block.strata[position].name,
        stratum_size=block.strata[position].size,
        p=p,
        key=key,
        next_key=next_key,
        next_u=following.u if following else None,
        candidate=candidate,
        r=r,
    )


def _pick_candidate(
    scored: Scored, segment: Segment, place: BlockPlace, design: SamplingDesign
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
        round=place.round,
        block=place.block,
        input=segment.input_hash,
    )
    return scored.candidates[chosen], float(chances[chosen])
