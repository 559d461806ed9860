"""How large a study must be to find a wanted difference of F1, by the variances of a finished one.

A true difference D is found (p < .05, two-sided) four times out of five where its standard error is
at most D / (t_.975 + t_.8), about D / 2.8: the sample size from the standard error (Card et al.
2020, "With little power comes great responsibility", EMNLP, for NLP). The variance is a sum over
parts, and each part falls with a size of its own:

    V(n) = v_part · n_now / n + v_rest

documents of the test set, training seeds, or replicates of the whole annotation. So each size is
told by itself, all others as they are now; a size may be out of reach because of the rest alone.

Variances are estimates. The interval of a size comes from drawing every variance anew as
v · f / χ²_f, with its degrees of freedom f: few seeds or replicates say little about their spread,
and the interval is then wide or has no upper end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt
from typing import TypeAlias

import numpy as np
from scipy import special

from prodigy_al.arrays import BoolArray, FloatArray
from prodigy_al.evaluation.bootstrap import LEVEL, POWER
from prodigy_al.evaluation.estimators import MIN_GROUPS, Unavailable
from prodigy_al.evaluation.variance_parts import Part

DRAWS = 1000
QUANTILES = float(special.ndtri(1 - LEVEL / 2) + special.ndtri(POWER))  # 2.8
LARGEST = 2.0**40  # what needs more cannot be reached

Freedom: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]
"""From a size, the part's variance at it and that of the rest: degrees of freedom of the test."""


@dataclass(frozen=True)
class Size:
    """How many units are `needed`, with a 95 % interval, where there are `now` so many.

    `high` is None where what was measured sets no upper end.
    """

    now: int
    needed: int
    low: int
    high: int | None

    def times(self, factor: float) -> Size:
        """Return the size in smaller units, `factor` >= 1 of which make one of these."""
        high = None if self.high is None else ceil(self.high * factor)
        return Size(
            now=round(self.now * factor),
            needed=ceil(self.needed * factor),
            low=ceil(self.low * factor),
            high=high,
        )


def ends(low: int, high: int | None) -> str:
    """Return the interval of a size in words.

    >>> ends(4, 1200), ends(4, None)
    ('4 to 1,200', '4 or more')
    """
    return f"{low:,} or more" if high is None else f"{low:,} to {high:,}"


def plan_documents(
    wanted: float,
    documents: Part,
    seeds: Part | None,
    *,
    segments: int,
    rng: np.random.Generator,
) -> Size | Unavailable:
    """Return how many test segments find the difference `wanted`, in (0, 1), with these seeds.

    As now, `segments` come from `documents.size` documents. Without `seeds`, the models stay as
    they are.
    """
    per_document = segments / documents.size
    found = _size(wanted, documents, seeds, rng, freedom=_of_documents, least=MIN_GROUPS)
    if found is not None:
        return found.times(per_document)
    if seeds is None:
        return Unavailable(f"no test set is large enough to find {_short(wanted)}")
    enough = ceil(2 * seeds.variance * seeds.size * (QUANTILES / wanted) ** 2)
    both = _size(wanted, documents, seeds.at(enough), rng, freedom=_of_documents, least=MIN_GROUPS)
    remedy = "add seeds"
    if both is not None:
        size = both.times(per_document)
        shown = f"{size.needed:,} test segments ({ends(size.low, size.high)})"
        remedy += f": with {enough:,} of them, {shown} would do"
    return Unavailable(
        f"not reachable by test segments alone: training seeds vary by "
        f"{_short(sqrt(seeds.variance * seeds.size))}, so that {seeds.size} of them leave a "
        f"standard error of {_short(sqrt(seeds.variance))} where {_short(wanted / QUANTILES)} is "
        f"needed; {remedy}"
    )


def plan_seeds(
    wanted: float, documents: Part, seeds: Part, rng: np.random.Generator
) -> Size | Unavailable:
    """Return how many training seeds find the difference `wanted`, in (0, 1), on this test set."""

    def freedom(n: FloatArray, _: FloatArray, __: FloatArray) -> FloatArray:
        return np.full_like(n, documents.size - 1)

    found = _size(wanted, seeds, documents, rng, freedom=freedom)
    return _blame_documents("training seeds", wanted, documents) if found is None else found


def plan_replicates(
    wanted: float, documents: Part, replicates: Part, rng: np.random.Generator
) -> Size | Unavailable:
    """Return how many replicates find the mean difference `wanted`, in (0, 1), on new text.

    `documents` are of the mean over replicates. Degrees of freedom come from both parts, as in
    `replicate_difference`.
    """

    def freedom(n: FloatArray, own: FloatArray, rest: FloatArray) -> FloatArray:
        spread = own**2 / (n - 1) + rest**2 / (documents.size - 1)
        satterthwaite: FloatArray = (own + rest) ** 2 / spread
        return satterthwaite

    found = _size(wanted, replicates, documents, rng, freedom=freedom)
    return _blame_documents("replicates", wanted, documents) if found is None else found


def plan_answers(
    wanted: float,
    documents: Part,
    *,
    answers: int,
    rng: np.random.Generator,
    half_width: bool = False,
) -> Size | Unavailable:
    """Return how many dev answers find a weighted difference `wanted`, in (0, 1), on new text.

    As now, `answers` come from `documents.size` documents. With `half_width`, return how many give
    a number an interval that reaches `wanted` to either side.
    """
    found = _size(
        wanted,
        documents,
        None,
        rng,
        freedom=_of_documents,
        least=MIN_GROUPS,
        half_width=half_width,
    )
    if found is None:
        return Unavailable(f"no number of dev answers is large enough for {_short(wanted)}")
    return found.times(answers / documents.size)


def _of_documents(n: FloatArray, _: FloatArray, __: FloatArray) -> FloatArray:
    return n - 1


def _blame_documents(what: str, wanted: float, documents: Part) -> Unavailable:
    return Unavailable(
        f"not reachable by {what} alone: the {documents.size:,} documents of the test set leave a "
        f"standard error of {_short(sqrt(documents.variance))} where {_short(wanted / QUANTILES)} "
        "is needed; add test segments"
    )


def _short(value: float) -> str:
    return f"{value:.3f}".replace("0.", ".", 1)


def _size(
    wanted: float,
    varying: Part,
    rest: Part | None,
    rng: np.random.Generator,
    *,
    freedom: Freedom,
    least: int = 2,
    half_width: bool = False,
) -> Size | None:
    """Return the smallest size of `varying` that is enough, None where none is.

    The first of all sizes below is that of the variances as they were measured, the others are
    those of variances drawn anew.
    """
    unit = varying.variance * varying.size * _redrawn(varying, rng)
    fixed = np.zeros_like(unit) if rest is None else rest.variance * _redrawn(rest, rng)

    def enough(n: FloatArray) -> BoolArray:
        f = freedom(n, unit / n, fixed)
        reach = special.stdtrit(f, 1 - LEVEL / 2)
        if not half_width:
            reach += special.stdtrit(f, POWER)
        small: BoolArray = reach * np.sqrt(unit / n + fixed) <= wanted
        return small

    below, above = np.full_like(unit, least - 1), np.full_like(unit, LARGEST)
    reachable = enough(above)
    while np.any(above - below > 1):
        middle = np.maximum((below + above) // 2, least)
        small = enough(middle)
        above = np.where(small, middle, above)
        below = np.where(small, below, middle)
    sizes = np.where(reachable, above, np.inf)
    if not reachable[0]:
        return None
    # no interpolation: an infinite size has no middle with a finite one
    low, high = np.quantile(sizes[1:], [LEVEL / 2, 1 - LEVEL / 2], method="inverted_cdf")
    return Size(
        now=varying.size,
        needed=int(sizes[0]),
        low=int(min(low, sizes[0])),
        high=int(max(high, sizes[0])) if np.isfinite(high) else None,
    )


def _redrawn(part: Part, rng: np.random.Generator) -> FloatArray:
    """Return (1 + DRAWS,) factors of a variance: 1, then what other samples might have shown."""
    factors: FloatArray = np.append(1.0, part.freedom / rng.chisquare(part.freedom, DRAWS))
    return factors
