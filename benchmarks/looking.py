"""How often is an interval wrong at some time, where somebody looks again and again?

    make bench-looking            1,000 annotations per case
    QUICK=1 make bench-looking    100

Generated dev folds, so that the truth is known: documents of 2 to 30 segments that are hard or easy
for both models, which find some of the gold spans and some that are none; 400 dev answers in the
order of exponential keys, as al.random (uniform) and al.manual-ranked (by expected errors, ε = .3)
draw them. After every answer, from ten documents on, and after every fourth from 100 on, F1 of one
model and the difference of both are estimated from the answers so far, weighted by 1/π, for new
text. A run is covered where the interval held the truth at every look. Rows: the share of covered
runs, with Wilson's interval, of the confidence sequence (`evaluation/looking.py`) and of the
ordinary interval. A quarter of an hour on one core.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from wasabi.tables import table

from prodigy_al.arrays import FloatArray, IntArray
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.counts import Counts
from prodigy_al.evaluation.estimators import MIN_GROUPS, Estimate, weighted_scores
from prodigy_al.evaluation.looking import difference_at_any_time, estimate_at_any_time
from prodigy_al.evaluation.paired import Side, side_difference

ROOT = Path(__file__).parent.parent
QUICK = bool(os.environ.get("QUICK"))
RUNS = 100 if QUICK else 1000
DOCUMENTS, ANSWERS, EXPLORE = 90, 400, 0.3
EVERY_ONE = 100  # from there on every fourth answer is looked at
OF_THE_TRUTH = 40_000  # documents
TARGET = 0.93


@dataclass(frozen=True)
class Fold:
    """A dev fold of segments (n,): documents, scores, and what two models find of them."""

    groups: IntArray
    u: FloatArray
    ours: Counts
    theirs: Counts


def make_fold(documents: int, rng: np.random.Generator) -> Fold:
    """Return a generated dev fold."""
    sizes = rng.integers(2, 31, documents)
    groups = np.repeat(np.arange(documents), sizes)
    skill = rng.beta(6, 4, documents)[groups]  # how easy a document is for both
    gold = rng.poisson(rng.gamma(1.5, 0.6, documents)[groups])
    found = rng.binomial(gold, skill)
    better = rng.binomial(gold - found, 0.25)  # what our model finds beside
    worse = rng.binomial(found, 0.10)  # and what it misses
    false = [rng.poisson(0.35 * (1 - skill)) for _ in range(2)]
    both = rng.poisson(0.25 * (1 - skill))
    ours = found + better - worse
    expected = gold * skill * (1 - skill) + 0.3 * (1 - skill)
    return Fold(
        groups,
        expected * rng.gamma(2, 0.5, groups.size),  # a score that knows it in part
        _counts(ours, ours + both + false[0], gold),
        _counts(found, found + both + false[1], gold),
    )


def _counts(matches: IntArray, predicted: IntArray, gold: IntArray) -> Counts:
    return Counts(*(part.astype(np.float64) for part in (matches, predicted, gold)))


def truth() -> tuple[float, float]:
    """Return F1 of our model on all text, and how much it is above the other's."""
    fold = make_fold(OF_THE_TRUTH, np.random.default_rng(10**6))
    ours, theirs = (
        float(2 * one.tp.sum() / (one.predicted + one.gold).sum())
        for one in (fold.ours, fold.theirs)
    )
    return ours, ours - theirs


def looks(fold: Fold, explore: float, rng: np.random.Generator) -> Iterator[tuple[Any, Any, int]]:
    """Yield F1, the difference and the number of documents at each look."""
    n = fold.groups.size
    p = explore / n + (1 - explore) * fold.u / fold.u.sum()
    keys = rng.exponential(size=n) / p
    order = np.argsort(keys)
    names = [str(group) for group in fold.groups[order]]
    ours, theirs = fold.ours.take(order), fold.theirs.take(order)
    for m in (*range(MIN_GROUPS, EVERY_ONE), *range(EVERY_ONE, ANSWERS + 1, 4)):
        groups = names[:m]
        if (documents := len(set(groups))) < MIN_GROUPS:
            continue
        first = np.arange(m)
        pi = -np.expm1(-p[order[:m]] * keys[order[m]])
        sides = [Side([one.take(first)], groups, 1 / pi) for one in (ours, theirs)]
        found = weighted_scores(ours.take(first), pi=pi, groups=groups)
        f1 = getattr(getattr(found, "f1", None), "new_text", None)
        yield f1, side_difference(*sides), documents


def covered(explore: float, seed: int, true: tuple[float, float]) -> dict[str, bool]:
    """Return which intervals held the truth at every look of one annotation."""
    rng = np.random.default_rng([seed, round(100 * explore)])
    held = dict.fromkeys(("f1", "f1 ordinary", "difference", "difference ordinary"), True)
    for f1, difference, groups in looks(make_fold(DOCUMENTS, rng), explore, rng):
        if isinstance(f1, Estimate):
            held["f1 ordinary"] &= f1.low <= true[0] <= f1.high
            ever = estimate_at_any_time(f1, groups=groups)
            held["f1"] &= ever.low <= true[0] <= ever.high
        if isinstance(difference, Difference):
            held["difference ordinary"] &= difference.low <= true[1] <= difference.high
            ever = difference_at_any_time(difference, groups=groups)
            held["difference"] &= ever.low <= true[1] <= ever.high
    return held


def share(held: int, n: int) -> dict[str, float]:
    """Return a share with Wilson's 95 % interval."""
    p, z = held / n, 1.959964
    centre = (p + z * z / 2 / n) / (1 + z * z / n)
    half = z * (p * (1 - p) / n + z * z / 4 / n / n) ** 0.5 / (1 + z * z / n)
    return {"value": p, "low": centre - half, "high": centre + half, "n": n}


def main() -> None:
    """Print the table and write build/looking.json."""
    true = truth()
    rows: dict[str, Any] = {}
    for name, explore in (("random", 1.0), ("ranked", EXPLORE)):
        runs = [covered(explore, seed, true) for seed in range(RUNS)]
        for what in runs[0]:
            found: dict[str, Any] = share(sum(run[what] for run in runs), RUNS)
            if not what.endswith("ordinary"):
                found |= {"target": f">= {TARGET}", "met": found["value"] >= TARGET}
            rows[f"looking.{name} {what}".replace(" ", ".")] = found
    shown = [
        (row, f"{one['value']:.3f}", f"[{one['low']:.3f}, {one['high']:.3f}]", one["n"])
        for row, one in rows.items()
    ]
    print(table(shown, header=("case", "covered at every look", "Wilson 95 %", "n"), divider=True))
    out = ROOT / "build" / "looking.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"rows": rows, "truth": true}, indent=2) + "\n", encoding="utf8")


if __name__ == "__main__":
    main()
