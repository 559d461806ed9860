"""Which matrix product scores: the BLAS that numpy is built with, or BLIS, with which spaCy ships.

Nearly all time of scoring is spent in it, and which one is faster depends on the processor.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from typing import Literal, TypeAlias, cast

import numpy as np
from spacy.language import Language
from thinc.api import NumpyOps
from threadpoolctl import threadpool_limits

from prodigy_al.ner.pipelines import set_blas
from prodigy_al.scoring.cache import cache_folder, software

Blas: TypeAlias = Literal["numpy", "blis"]

BLAS = "PRODIGY_AL_BLAS"
"""The environment variable that chooses instead: numpy or blis. Processes that work for another one
are given its choice, and so are those that they start."""
MARGIN = 1.25
"""How many times faster BLIS has to be. Where both are about as fast nothing is gained by either,
and a measurement that is a little off would choose now this one and now that."""
ROUNDS = 5
ROWS, WIDTH, HIDDEN = 512, 288, 864  # a layer of 96 with a window of three and three pieces


def use_faster_blas(nlp: Language) -> Blas:
    """Choose the matrix product of a pipeline that is to score, and of no other; return its name.

    Models on a GPU are left as they are.
    """
    chosen = faster_blas()
    set_blas(nlp, use_blis=chosen == "blis")
    return chosen


def faster_blas() -> Blas:
    """Return the faster one: numpy's, unless BLIS is `MARGIN` times as fast.

    Measured once per processor and version, in a tenth of a second, and kept beside the scores: the
    two differ in the last digits of a score, so that every run on a machine must choose alike.
    Without a folder for caches every process measures for itself, unless `BLAS` chooses.
    """
    if (given := os.environ.get(BLAS)) in ("numpy", "blis"):
        return cast(Blas, given)
    folder = cache_folder()
    if folder is None:
        return _measured()
    path = folder / f"blas-{sha256(repr(software()).encode()).hexdigest()[:16]}.txt"
    with suppress(OSError):
        if (kept := path.read_text(encoding="utf8")) in ("numpy", "blis"):
            return cast(Blas, kept)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(_measured(), encoding="utf8")
    return _measured()


@cache
def _measured() -> Blas:
    return "blis" if time_of_blis() * MARGIN <= 1 else "numpy"


def time_of_blis() -> float:
    """Return how long BLIS takes for a product, as a share of what numpy's BLAS takes.

    Each is the least of several turns in processor time, which other processes disturb least.
    """
    tokens = np.ones((ROWS, WIDTH), dtype=np.float32)
    weights = np.ones((HIDDEN, WIDTH), dtype=np.float32)
    spent: dict[bool, list[float]] = {True: [], False: []}
    with threadpool_limits(1, user_api="blas"):
        for _ in range(ROUNDS):
            for use_blis, times in spent.items():
                since = time.thread_time()
                NumpyOps(use_blis=use_blis).gemm(tokens, weights, trans2=True)
                times.append(time.thread_time() - since)
    return min(spent[True]) / min(spent[False])
