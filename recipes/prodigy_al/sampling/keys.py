"""Probabilities to an order: exponential keys, and the inclusion probabilities they imply.

Segment i gets the key κ_i = E_i / p_i with E_i ~ Exp(1), and segments are asked in the order of
their keys (bottom-k sampling: Cohen & Kaplan, PODC 2007; priority sampling: Duffield, Lund &
Thorup, J. ACM 2007). Given τ, the smallest key that was never served,

    π_i = P(κ_i < τ) = 1 - exp(-p_i τ)

holds exactly for every served segment, so Σ y_i / π_i is unbiased for the total of y over the
block, wherever the annotator stops and in whatever order the answers come in.

E_i is not drawn from a generator: it is a hash of named parts, so that a restart, or a second
process, computes the same key from the record alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import TypeVar

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.errors import EstimateError

FloatOrArray = TypeVar("FloatOrArray", float, FloatArray)

SCORE_DECIMALS = 9
_SCALE = 10.0**SCORE_DECIMALS
_UNIFORM_BITS = 52  # a half step more still fits the 53 bits of a float, so 0 and 1 are never met


def quantise(x: FloatOrArray) -> FloatOrArray:
    """Return a number, or an array of them, rounded to the 9 decimals that survive storage.

    The JSON writer of stored answers keeps 10 decimals (1e-12 becomes 0), and its reader is off by
    one bit for many (0.3 becomes 0.30000000000000004). Quantised before it is written and again
    after it was read, a number is the same to the last bit.

    >>> quantise(0.12345678949), quantise(0.30000000000000004)
    (0.123456789, 0.3)
    """
    if isinstance(x, np.ndarray):
        return np.round(x, SCORE_DECIMALS)
    # numpy's three steps for one number, to the same bit, in a fraction of the time
    return round(x * _SCALE, 0) / _SCALE


def hashed_uniform(*parts: str | int) -> float:
    """Return a number in the open interval (0, 1) that depends on `parts` alone, on any machine.

    >>> hashed_uniform("fold", "salt", "doc-7") == hashed_uniform("fold", "salt", "doc-7")
    True
    """
    # JSON separates the parts: ("a", "bc") and ("ab", "c") must not meet.
    return _uniform(blake2b(json.dumps(parts).encode("ascii"), digest_size=8))


def hashed_uniforms(*parts: str | int, last: Iterable[str | int]) -> FloatArray:
    """Return (R,): `hashed_uniform` of `parts` and each of `last`, in a third of the time.

    >>> hashed_uniforms("fold", last=["a", 7]).tolist() == [
    ...     hashed_uniform("fold", "a"),
    ...     hashed_uniform("fold", 7),
    ... ]
    True
    """
    begun = blake2b(json.dumps(parts)[:-1].encode("ascii"), digest_size=8)

    def uniform(part: str | int) -> float:
        digest = begun.copy()
        told = part if type(part) is int else json.dumps(part)
        digest.update(f"{', ' if parts else ''}{told}]".encode("ascii"))
        return _uniform(digest)

    return np.fromiter(map(uniform, last), dtype=np.float64)


def _uniform(digest: blake2b) -> float:
    step = int.from_bytes(digest.digest(), "big") >> (64 - _UNIFORM_BITS)
    return math.ldexp(step + 0.5, -_UNIFORM_BITS)


def exponentials(
    inputs: Iterable[int], *, tag: str, seed: int, arm: str, round: int, block: int
) -> FloatArray:
    """Return E (R,), independent and Exp(1), one for each input hash in `inputs`.

    Each is a function of (tag, seed, arm, round, block, input) and of nothing else: not of the
    other inputs, nor of their order. `tag` names the purpose; two tags give independent numbers.
    """
    return -np.log(hashed_uniforms(tag, seed, arm, round, block, last=map(int, inputs)))


def sampling_keys(p: FloatArray, exponentials: FloatArray) -> FloatArray:
    """Return κ (R,) = E/p; the smallest is asked first.

    Raises `EstimateError` where `p` is not above 0.
    """
    if not np.all(p > 0):
        raise EstimateError(
            f"{np.sum(~(p > 0))} of {p.size} probabilities are not above 0; "
            "every segment needs a chance to be asked"
        )
    return exponentials / p


def threshold(next_keys: Sequence[float | None]) -> float:
    """Return τ of one block from the next keys that its served records hold.

    The next key of a record is the key that follows its own in the block, None where it was the
    last. So τ is the largest of them, and infinite once the whole block was served. Raises
    `EstimateError` without any record.

    >>> threshold([3.5, 9.25, 4.0]), threshold([3.5, None])
    (9.25, inf)
    """
    if not next_keys:
        raise EstimateError("a block without a served segment has no threshold; leave it out")
    return max(math.inf if key is None else key for key in next_keys)


def inclusion_probabilities(p: FloatArray, tau: float) -> FloatArray:
    """Return π (M,) = 1 - exp(-p τ) of served segments with proposals `p` (M,); 1 if τ is infinite.

    Raises `EstimateError` where `p` is not above 0 or τ is not above 0.

    >>> inclusion_probabilities(np.array([0.1, 0.4]), tau=5.0).round(4).tolist()
    [0.3935, 0.8647]
    """
    if not tau > 0:
        raise EstimateError(f"the threshold of a block is {tau}; a key is always above 0")
    if not np.all(p > 0):
        raise EstimateError(
            f"{np.sum(~(p > 0))} of {p.size} served segments have a probability that is not above "
            "0, so they could not have been asked; these records cannot be used"
        )
    return -np.expm1(-p * tau)


def choose_candidate(
    r: FloatArray, *, tag: str, seed: int, arm: str, round: int, block: int, input: int
) -> int:
    """Return the index of the candidate to ask about, drawn with probabilities `r` (C,).

    A function of `r` and of the named parts, independent of the key that has the same parts.
    Raises `EstimateError` where no candidate has a chance.
    """
    if r.size == 0 or not r.sum() > 0:
        raise EstimateError("there is no candidate with a chance to be asked about")
    cumulative = np.cumsum(r)
    drawn = hashed_uniform(f"{tag}/candidate", seed, arm, round, block, int(input))
    return int(np.searchsorted(cumulative / cumulative[-1], drawn, side="right"))
