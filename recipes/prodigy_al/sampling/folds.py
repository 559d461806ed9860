"""Which segments are for training, and which stay unseen by it for evaluation.

Whole groups (documents) go to one fold, so no model is tested on a document it was trained on.
The order of the groups is a hash with a salt and does not depend on seeds, arms or scores: all arms
on one source share one fold. Which fold a question comes from is drawn before any score is seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np

from prodigy_al.arrays import BoolArray, FloatArray, IntArray
from prodigy_al.errors import ParameterError
from prodigy_al.sampling.keys import hashed_uniform


def dev_fold(groups: Sequence[str], *, share: float, salt: str) -> BoolArray:
    """Return (N,) True where a segment is in the dev fold; `groups` names each segment's group.

    Groups in the order of hash(salt, group) fill the fold; it ends where the number of segments
    is nearest to `share` of all, so it misses the target by at most half a group.
    Raises `ParameterError` for a share outside [0, 1].

    >>> int(dev_fold(["a", "a", "b", "b", "c", "c"], share=1 / 3, salt="").sum())
    2
    """
    sizes = Counter(groups)
    names = sorted(sizes)
    uniforms = np.array([hashed_uniform("fold", salt, name) for name in names])
    held = fullest(uniforms, np.array([sizes[name] for name in names]), share)
    chosen = {name for name, is_held in zip(names, held.tolist(), strict=True) if is_held}
    return np.array([group in chosen for group in groups], dtype=np.bool_)


def fullest(uniforms: FloatArray, sizes: IntArray, share: float) -> BoolArray:
    """Return (G,): the groups in the dev fold, filled in the order of `uniforms` (G,).

    `sizes` (G,) are their segments. Raises `ParameterError` for a share outside [0, 1].
    """
    _check_share(share)
    order = np.argsort(uniforms, kind="stable")
    # filled[k] is how many segments the first k groups hold; k = 0 leaves the fold empty.
    filled = np.concatenate([[0], np.cumsum(sizes[order])])
    chosen = np.zeros(len(sizes), dtype=np.bool_)
    chosen[order[: int(np.argmin(np.abs(filled - share * filled[-1])))]] = True
    return chosen


def in_dev_fold(group: str, *, share: float, salt: str) -> bool:
    """Return whether a group is in the dev fold, without knowing the others.

    The order of the groups is that of `dev_fold`, yet the fold has its `share` of the groups only
    on average. Raises `ParameterError` for a share outside [0, 1].
    """
    _check_share(share)
    return hashed_uniform("fold", salt, group) < share


def fold_schedule(m: int = 0, *, seed: int, arm: str, share: float) -> Iterator[bool]:
    """Yield without end whether question m, m + 1, ... of an arm comes from the dev fold.

    Independent draws, True with probability `share`, each a function of (seed, arm, its number)
    alone, so the schedule can be entered anywhere. Raises `ParameterError` for a share outside
    [0, 1].
    """
    _check_share(share)
    return (hashed_uniform("fold schedule", seed, arm, q) < share for q in count(m))


def _check_share(share: float) -> None:
    if not 0 <= share <= 1:
        raise ParameterError("share", share, "out of range; give a number from 0 to 1")
