"""Stored records back to probabilities: the validator, and π of every served item."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from math import inf, isclose

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.errors import RecordError
from prodigy_al.records import Record
from prodigy_al.sampling.design import share_of_block
from prodigy_al.sampling.keys import exponentials, inclusion_probabilities
from prodigy_al.sampling.proposal import probability

KEY_TAG = "segment"
# Stored numbers carry ten decimals at least; keys are of the order of the block's size.
KEY_TOLERANCE = 1e-6
# Per segment of a block: between thread counts, BLAS kernels and matrix products a segment's score
# was seen to differ by up to 9e-7.
SCORE_TOLERANCE = 1e-6


def recompute_key(record: Record, input_hash: int) -> tuple[float, float]:
    """Return (p, key) of a record from its scores and names, not from the stored p and key."""
    p = recompute_probability(record)
    chance = exponentials(
        [input_hash],
        tag=KEY_TAG,
        seed=record.seed,
        arm=record.arm,
        round=record.round,
        block=record.block,
    )
    return p, float(chance[0] / p)


def recompute_probability(record: Record) -> float:
    """Return p of a record from its scores, not the stored p."""
    # Without a stored total the share of chance is 1, and p does not depend on any score.
    return probability(
        record.u,
        record.total or 0.0,
        record.R,
        record.explore,
        stratum_size=record.stratum_size,
    )


def verify_records(records: Iterable[tuple[int, Record]]) -> int:
    """Check (input hash, record) pairs of one dataset and return how many there are.

    Every key must recompute; an input stands once in a fold and round; the records of one block
    agree on R and N, and those of one stratum of it (the whole block, where there are none) on its
    size and, within `SCORE_TOLERANCE`, its total; the strata of a block do not hold more than it
    does. Raises `RecordError` with the first input that breaks a rule.
    """
    count = 0
    seen: set[tuple[str, str, int, int]] = set()
    blocks: dict[tuple[str, str, int, int], dict[str | None, Record]] = defaultdict(dict)
    for input_hash, record in records:
        count += 1
        place = (record.arm, record.fold, record.round, input_hash)
        if place in seen:
            raise RecordError(
                f"input {input_hash} was drawn twice in fold {record.fold}, round {record.round}"
            )
        seen.add(place)
        block = (record.arm, record.fold, record.round, record.block)
        strata = blocks[block]
        if not _agree(strata.setdefault(record.stratum, record), record):
            raise RecordError(f"input {input_hash} disagrees with its block on R, N or total")
        if not _fit(list(strata.values())):
            raise RecordError(f"input {input_hash}: its stratum does not fit into its block")
        if not 0 <= record.position < record.R <= record.considered <= record.N:
            raise RecordError(f"input {input_hash}: its position, R and N contradict each other")
        if record.design == "keys":
            _verify_key(record, input_hash)
    return count


def _agree(one: Record, other: Record) -> bool:
    """Return whether two records can belong to one block."""
    for name in ("R", "N", "considered", "block_size", "stratum_size"):
        if getattr(one, name) != getattr(other, name):
            return False
    if one.total is None or other.total is None:
        return one.total is other.total
    return isclose(one.total, other.total, rel_tol=0, abs_tol=one.R * SCORE_TOLERANCE)


def _fit(strata: Sequence[Record]) -> bool:
    """Return whether records of different strata can belong to one block, or one to no stratum."""
    first, sizes = strata[0], [record.stratum_size for record in strata]
    if first.stratum is None:
        return sizes == [None]
    if any(record.stratum is None or not size for record, size in zip(strata, sizes, strict=True)):
        return False
    same = all((r.R, r.N, r.considered) == (first.R, first.N, first.considered) for r in strata)
    return same and sum(size or 0 for size in sizes) <= first.R


def _verify_key(record: Record, input_hash: int) -> None:
    p, key = recompute_key(record, input_hash)
    if record.key is None or not isclose(key, record.key, rel_tol=KEY_TOLERANCE, abs_tol=1e-9):
        raise RecordError(f"the key of input {input_hash} is {record.key}; recomputed it is {key}")
    if record.p is None or not isclose(p, record.p, rel_tol=KEY_TOLERANCE, abs_tol=1e-9):
        raise RecordError(f"p of input {input_hash} is {record.p}; recomputed it is {p}")
    if record.next_key is not None and record.next_key < record.key:
        raise RecordError(f"the key after input {input_hash} is smaller than its own")


def inclusion(records: Sequence[tuple[int, Record]]) -> FloatArray:
    """Return the probability (n,), in (0, 1], of every served item of *one fold of one arm*.

    It is that of a segment to be drawn, times r where the item is a candidate; NaN where the design
    has no probabilities, and for answers of later rounds. τ of a block is the key behind the last
    item served from it, in whichever pass; given τ, π = 1 - exp(-p τ) is exact whatever the order
    of answering (Duffield, Lund & Thorup 2007, section 2; Cohen & Kaplan 2007).

    Where some blocks have not been opened yet, this is π times the share of the fold's segments
    that lie in opened ones. That is the chance that a segment's block is opened and the segment
    then drawn, because blocks are cut at random. The share is the same for all items, so it cancels
    in a ratio, yet with it the variance of both stages takes the form of one: with the share 1/s,
    Σ (1 - π/s)(s e/π)² is the part of the blocks, s(s - 1) Σ e²/π, and that of the draws within
    them, s² Σ (1 - π) e²/π².

    Records of one block may have been made with scores that differ in the last digits, by another
    number of threads. Every p is that of the record's own scores, with which it was drawn.
    """
    last: dict[int, Record] = {}
    for _, record in records:
        if record.round == 0 and record.position >= last.get(record.block, record).position:
            last[record.block] = record
    opened = _opened_share(list(last.values())) if last else 1.0
    pi = np.full(len(records), np.nan)
    for i, (_, record) in enumerate(records):
        if record.design != "keys" or record.round > 0:
            continue
        p = recompute_probability(record)
        # Nothing behind the last item served: the whole block was asked, and π is 1 for all of it.
        following = last[record.block].next_key
        tau = inf if following is None else following
        pi[i] = inclusion_probabilities(np.array([p]), tau)[0] * (record.r or 1.0) * opened
    return pi


def _opened_share(last: Sequence[Record]) -> float:
    """Return the share of a fold's segments in opened blocks, from each block's last record.

    Of a stream it is 1: what has not been opened does not belong to the target.
    """
    if last[0].source.get("stream"):
        return 1.0
    # the second pass begins when every block has been opened
    if any(record.position >= share_of_block(record.rate, record.R) for record in last):
        return 1.0
    return min(1.0, sum(record.considered for record in last) / last[0].N)


def find_unstored(records: Sequence[tuple[int, Record]]) -> list[tuple[int, float | None]]:
    """Return the questions of one fold that were shown and never stored: (block, score).

    Every position of a block up to the last one stored was served. The score of a question without
    a record stands in the record right before it, and is None where that is missing as well or is
    of an older version. Later rounds are left out. A block of which nothing at all was stored is
    not known to have been served.
    """
    blocks: dict[int, list[Record]] = defaultdict(list)
    for _, record in records:
        if record.round == 0:
            blocks[record.block].append(record)
    found: list[tuple[int, float | None]] = []
    for block, stored in blocks.items():
        at = {record.position: record for record in stored}
        empty = [place for place in range(max(at)) if place not in at]
        # Scores that differ in the last digit may exchange two neighbours between two runs: then
        # two records have one position, and the next empty one is no missing question.
        places = Counter(record.position for record in stored)
        twice = sorted(place for place, n in places.items() for _ in range(n - 1))
        for place in twice:
            above = next((other for other in empty if other > place), None)
            if above is not None:
                empty.remove(above)
        for place in empty:
            before = at.get(place - 1)
            found.append((block, before.next_u if before else None))
    return found
