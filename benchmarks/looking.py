"""How often is an interval wrong at some time, where somebody looks again and again?

    make bench-looking            1,000 annotations per case, five minutes on one core
    QUICK=1 make bench-looking    100

Generated dev folds, so that the truth is known: documents of 2 to 30 segments that are hard or easy
for both models, which find some of the gold spans and some that are none. Where PRODIGY_AL_DATA
names the folder of the corpora, also folds of 90 real documents, drawn with replacement from a
corpus whose F1 is then the truth; the models are the base, and the base where it is surer. 400 dev
answers in the order of exponential keys, as al.random (uniform) and al.manual-ranked (by expected
errors, ε = .3) draw them. After every answer, from ten documents on, F1 of one model and the
difference of both are estimated from the answers so far, weighted by 1/π, for new text. A run is
covered where the interval held the truth at every look. Rows: the share of covered runs, with
Wilson's interval, of the confidence sequence (`evaluation/looking.py`) and of the ordinary
interval, the latter also at the last look alone (`once`), for which it is meant.

All looks of a run are computed at once, by the formulas of `evaluation/estimators.py` and
`evaluation/paired.py`; the last look of every run is held against these functions themselves.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from kept import ROOT, current_commit
from looking_folds import Fold, Population, generated, of_corpus
from real_corpora import BASE, CORPORA, DATA
from scipy import special
from wasabi.tables import table

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.evaluation.bootstrap import LEVEL, Difference
from prodigy_al.evaluation.counts import TINY, Counts
from prodigy_al.evaluation.estimators import MIN_GROUPS, Estimate, Unavailable, weighted_scores
from prodigy_al.evaluation.looking import difference_at_any_time, estimate_at_any_time
from prodigy_al.evaluation.paired import Side, side_difference

BUILD = ROOT / "build"
QUICK = bool(os.environ.get("QUICK"))
RUNS = 100 if QUICK else 1000
ANSWERS, EXPLORE = 400, 0.3
TARGET = 0.93
INTERVALS = ("", " ordinary", " once")  # the sequence; at every look; at the last look alone


@dataclass(frozen=True)
class Looks:
    """Estimates at L looks, all (L,): F1 and the difference, with standard errors.

    `groups`: documents with answers; `differing`: those in which the two models differ.
    """

    groups: IntArray
    differing: IntArray
    f1: FloatArray
    f1_error: FloatArray
    difference: FloatArray
    difference_error: FloatArray


def look(fold: Fold, explore: float, rng: np.random.Generator) -> Looks:
    """Return the estimates after each answer, from `MIN_GROUPS` documents on."""
    n = fold.groups.size
    p = explore / n + (1 - explore) * fold.u / fold.u.sum()
    keys = rng.exponential(size=n) / p
    order = np.argsort(keys)
    given = order[:ANSWERS]
    _, codes = np.unique(fold.groups[given], return_inverse=True)
    member = np.eye(codes.max() + 1)[codes]
    groups = (np.cumsum(member, axis=0) > 0).sum(axis=1)
    sizes = np.flatnonzero(groups >= MIN_GROUPS) + 1
    later = keys[order[sizes]]  # the first key that was not served by then
    weights = 1 / -np.expm1(-p[given] * later[:, None])
    weights[np.arange(ANSWERS) >= sizes[:, None]] = 0
    k = groups[sizes - 1]
    shrink = ((k - 1) / k) ** 0.5
    f1, changes = _changes(fold.ours.take(given), weights, member)
    other, others = _changes(fold.theirs.take(given), weights, member)
    with np.errstate(invalid="ignore"):  # likewise
        apart = np.linalg.norm(changes - others, axis=1) * shrink
    differ = (fold.ours.tp != fold.theirs.tp) | (fold.ours.predicted != fold.theirs.predicted)
    differing = (np.cumsum(member * differ[given][:, None], axis=0) > 0).sum(axis=1)[sizes - 1]
    found = Looks(k, differing, f1, np.linalg.norm(changes, axis=1) * shrink, f1 - other, apart)
    _check_last(found, fold, given, 1 / weights[-1])
    return found


def _changes(
    counts: Counts, weights: FloatArray, member: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return F1 (L,), and by how much it changes without each document (L, K)."""
    numerator, denominator = counts.parts("f1")
    total = (weights @ denominator)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):  # looks that have no interval
        value = (weights @ numerator)[:, None] / total
        residual = weights * (numerator - value * denominator) / total
        shares = (weights * denominator) @ member / total
        return value[:, 0], (residual @ member) / (1 - shares)


def _check_last(found: Looks, fold: Fold, given: IntArray, pi: FloatArray) -> None:
    """Stop where the package's own functions say something else of all answers."""
    groups = [str(group) for group in fold.groups[given]]
    ours, theirs = fold.ours.take(given), fold.theirs.take(given)
    weighted = weighted_scores(ours, pi=pi, groups=groups)
    difference = side_difference(*(Side([one], groups, 1 / pi) for one in (ours, theirs)))
    if isinstance(weighted, Unavailable) or isinstance(difference, Unavailable):
        sys.exit("the last look has no interval")
    last = [_f1(found, -1), weighted.f1.new_text], [_difference(found, -1), difference]
    for mine, theirs_ in last:
        if not np.allclose(list(vars(mine).values())[:3], list(vars(theirs_).values())[:3]):
            sys.exit(f"{mine} is not {theirs_}")


def _f1(found: Looks, at: int) -> Estimate:
    """Return F1 with its ordinary interval, as `weighted_scores` makes it."""
    value = found.f1[at]
    spread = _usual(found, at) * found.f1_error[at] / (value * (1 - value))
    ends = (float(special.expit(special.logit(value) + one)) for one in (-spread, spread))
    return Estimate(float(value), *ends)


def _difference(found: Looks, at: int) -> Difference:
    """Return the difference with its ordinary interval, as `side_difference` makes it."""
    value, reach = found.difference[at], _usual(found, at) * found.difference_error[at]
    return Difference(float(value), float(value - reach), float(value + reach), 1.0, 0.0)


def _usual(found: Looks, at: int) -> float:
    return float(special.stdtrit(found.groups[at] - 1, 1 - LEVEL / 2))


def covered(explore: float, seed: int, population: Population) -> dict[str, bool]:
    """Return which intervals held the truth at every look of one annotation, or at the last."""
    rng = np.random.default_rng([seed, round(100 * explore)])
    found, true = look(population.draw(rng), explore, rng), population.truth
    held = {f"{what}{which}": True for what in ("f1", "difference") for which in INTERVALS}
    for at, groups in enumerate(found.groups.tolist()):
        # where all answers agree, or one document holds all spans, there is no interval
        if TINY < found.f1_error[at] < inf and 0 < found.f1[at] < 1:
            f1 = _f1(found, at)
            ever = estimate_at_any_time(f1, groups=groups)
            held["f1 once"] = f1.low <= true[0] <= f1.high
            held["f1 ordinary"] &= held["f1 once"]
            held["f1"] &= ever.low <= true[0] <= ever.high
        if TINY < found.difference_error[at] < inf:
            apart = _difference(found, at)
            held["difference once"] = apart.low <= true[1] <= apart.high
            held["difference ordinary"] &= held["difference once"]
            differing = int(found.differing[at])
            at_any_time = difference_at_any_time(apart, groups=groups, differing=differing)
            if isinstance(at_any_time, Estimate):
                held["difference"] &= at_any_time.low <= true[1] <= at_any_time.high
    return held


def share(held: int, n: int) -> dict[str, Any]:
    """Return a share with Wilson's 95 % interval."""
    p, z = held / n, 1.959964
    centre = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5 / (1 + z * z / n)
    return {"value": p, "low": centre - half, "high": centre + half, "n": n}


def populations() -> Iterator[tuple[str, Population]]:
    """Yield what dev folds are drawn from, by name."""
    yield "generated", generated()
    if "PRODIGY_AL_DATA" in os.environ:
        for corpus in CORPORA:
            yield corpus.name, of_corpus(str(DATA / corpus.pool), str(BASE), "ORG")


def main() -> None:
    """Print the table and write build/bench-looking.json."""
    rows: dict[str, Any] = {}
    for name, population in populations():
        for order, explore in (("random", 1.0), ("ranked", EXPLORE)):
            runs = [covered(explore, seed, population) for seed in range(RUNS)]
            for what in runs[0]:
                found = share(sum(run[what] for run in runs), RUNS)
                if what in ("f1", "difference"):
                    found |= {"target": f">= {TARGET}", "met": found["value"] >= TARGET}
                rows[f"looking.{name}.{order}.{what.replace(' ', '.')}"] = found
    shown = [
        (row, f"{one['value']:.3f}", f"[{one['low']:.3f}, {one['high']:.3f}]", one["n"])
        for row, one in rows.items()
    ]
    print(table(shown, header=("case", "covered", "Wilson 95 %", "n"), divider=True))
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {"rows": rows, "machine": machine, "commit": current_commit()}
    BUILD.mkdir(exist_ok=True)
    out = BUILD / "bench-looking.json"
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
