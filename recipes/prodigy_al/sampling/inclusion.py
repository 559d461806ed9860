"""Stored records back to probabilities: the validator, and π of every served item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isclose

import numpy as np

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.errors import RecordError
from prodigy_al.records import Record
from prodigy_al.sampling.keys import exponentials, inclusion_probabilities
from prodigy_al.sampling.proposal import probability

KEY_TAG = "segment"
# Stored numbers carry ten decimals at least; keys are of the order of the block's size.
KEY_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Inclusion:
    """Per record, in the order given: all that an estimator needs to weigh its answer.

    `pi` (n,) in (0, 1], NaN where the design has no probabilities; `rounds` (n,) from 0;
    `scales` (n,) >= 1: segments left when the round began per segment of the blocks it opened.
    """

    pi: FloatArray
    rounds: IntArray
    scales: FloatArray


def recompute_key(record: Record, input_hash: int) -> tuple[float, float]:
    """Return (p, key) of a record from its scores and names, not from the stored p and key."""
    # Without a stored total the share of chance is 1, and p does not depend on any score.
    p = probability(record.u, record.total or 0.0, record.R, record.explore)
    chance = exponentials(
        [input_hash],
        tag=KEY_TAG,
        seed=record.seed,
        arm=record.arm,
        round=record.round,
        block=record.block,
    )
    return p, float(chance[0] / p)


def verify_records(records: Iterable[tuple[int, Record]]) -> int:
    """Check (input hash, record) pairs of one dataset and return how many there are.

    Every key must recompute; an input stands once in a fold and round; the records of one block
    agree on R, N and its total. Raises `RecordError` with the first input that breaks a rule.
    """
    count = 0
    seen: set[tuple[str, str, int, int]] = set()
    blocks: dict[tuple[str, str, int, int], tuple[object, ...]] = {}
    for input_hash, record in records:
        count += 1
        place = (record.arm, record.fold, record.round, input_hash)
        if place in seen:
            raise RecordError(
                f"input {input_hash} was drawn twice in fold {record.fold}, round {record.round}"
            )
        seen.add(place)
        block = (record.arm, record.fold, record.round, record.block)
        frame = (record.R, record.N, record.considered, record.total)
        if blocks.setdefault(block, frame) != frame:
            raise RecordError(f"input {input_hash} disagrees with its block on R, N or total")
        if not 0 <= record.position < record.R <= record.considered <= record.N:
            raise RecordError(f"input {input_hash}: its position, R and N contradict each other")
        if record.design == "keys":
            _verify_key(record, input_hash)
    return count


def _verify_key(record: Record, input_hash: int) -> None:
    p, key = recompute_key(record, input_hash)
    if record.key is None or not isclose(key, record.key, rel_tol=KEY_TOLERANCE, abs_tol=1e-9):
        raise RecordError(f"the key of input {input_hash} is {record.key}; recomputed it is {key}")
    if record.p is None or not isclose(p, record.p, rel_tol=KEY_TOLERANCE, abs_tol=1e-9):
        raise RecordError(f"p of input {input_hash} is {record.p}; recomputed it is {p}")
    if record.next_key is not None and record.next_key < record.key:
        raise RecordError(f"the key after input {input_hash} is smaller than its own")


def inclusion(records: Sequence[tuple[int, Record]]) -> Inclusion:
    """Return π of every served item of *one fold of one arm*, from its records alone.

    τ of a block is the key behind the last item served from it; given τ, π = 1 - exp(-p τ) is
    exact whatever the order of answering (Duffield, Lund & Thorup 2007, section 2; Cohen & Kaplan
    2007). A candidate's π is its segment's times r.
    """
    last: dict[tuple[int, int], Record] = {}
    for _, record in records:
        block = (record.round, record.block)
        if block not in last or record.position > last[block].position:
            last[block] = record
    opened: dict[int, list[Record]] = defaultdict(list)
    for record in last.values():
        opened[record.round].append(record)
    scale = {
        number: max(1.0, blocks[0].N / sum(block.considered for block in blocks))
        for number, blocks in opened.items()
    }
    pi = np.full(len(records), np.nan)
    for i, (input_hash, record) in enumerate(records):
        if record.design != "keys":
            continue
        p, _ = recompute_key(record, input_hash)
        # Nothing behind the last item served: the whole block was asked, and π is 1 for all of it.
        following = last[record.round, record.block].next_key
        tau = inf if following is None else following
        pi[i] = inclusion_probabilities(np.array([p]), tau)[0] * (record.r or 1.0)
    return Inclusion(
        pi=pi,
        rounds=np.array([record.round for _, record in records], dtype=np.int64),
        scales=np.array([scale[record.round] for _, record in records]),
    )
