"""What is a binary answer worth? Mixed budgets, pure ones and whole segments, on real corpora.

    make study-mixed               five replicates, resumed where it was interrupted
    CORPUS=finer make study-mixed  one corpus alone; conll likewise
    QUICK=1 make study-mixed       two replicates of 300 answers on FiNER: the same steps
    WORKERS=1 make study-mixed     one training at a time; two if not given

`mixed` begins with a third of the answers as whole segments drawn at random and goes on with binary
ones (`al.teach --start`), `mixed-ranked` begins with ranked ones, `teach` has binary answers alone.
All train robustly and are measured on the corpus's test set. Rows, over replicates, with the two
intervals of `make study`:

    answers.*   minus random whole segments at as many answers
    seconds.*   minus random whole segments at as many simulated seconds (simulation/costs.py)
    few.*       teach minus random whole segments that are a fifth as many
    rate.*      binary answers that did the work of one whole segment; [..] over replicates alone

The rate reads off the curve of random whole segments, which is trained from at six sizes: how many
of them reach the same F1, on a line between two sizes by the logarithm of their number? The whole
segments of a mix are taken off that number first. A replicate that is not on the curve, below its
first size or above its last, has no rate; the row says how many have. Rates are averaged by their
logarithms. Nothing is chosen here. What single models got is kept in build/mixed-CORPUS.json and,
from earlier runs, in results/ (kept.py).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, exp, log
from statistics import fmean
from typing import Any

from drawn import SECONDS, seconds_of, write_dataset
from kept import KeptModels, Tested, difference, tested
from real_corpora import (
    BASE,
    BUDGET,
    DATA,
    QUICK,
    ROOT,
    Corpus,
    measure,
    open_plan,
    open_study,
    prodigy,
    write_result,
)
from study_rows import NEW_TEXT, THIS_TEST, Row, level, table_lines
from wasabi.tables import table

from prodigy_al.comparison.measurements import Model
from prodigy_al.evaluation.replicates import mean_over_replicates
from prodigy_al.simulation.costs import CostModel

BUILD = ROOT / "build" / "mixed"
POLICY = "robust"
REPLICATES = 2 if QUICK else 5
START_SHARE = 1 / 3
MIXES = ("mixed", "mixed-ranked")
ARMS = ("random", "teach", *MIXES)
SIZES = tuple(ceil(BUDGET * share) for share in (1 / 15, 2 / 15, 1 / 5, 1 / 3, 2 / 3, 1))
FEW = SIZES[2]
SPARE = 1.4  # binary answers in as many seconds: more than there are whole segments

Answers = list[dict[str, Any]]


@dataclass(frozen=True)
class Replicate:
    """All that is trained from of one corpus with one seed."""

    corpus: Corpus
    seed: int

    def answers(self, arm: str) -> list[Answers]:
        """Return the answers of an arm, by dataset, simulating what is missing."""
        from prodigy_al.inputs.datasets import stored_examples  # not before PRODIGY_HOME is set

        corpus, count = self.corpus.name, BUDGET if arm == "random" else round(BUDGET * SPARE)
        names = [f"{corpus}-{arm}-{self.seed}"]
        if arm in MIXES:
            names.insert(0, f"{corpus}-{arm}-start-{self.seed}")
        if sum(len(stored_examples(name)) for name in names) < count:
            # as long a start as in `BUDGET` answers
            share = ["--start-share", START_SHARE * BUDGET / count] if arm in MIXES else []
            prodigy(
                "al.simulate", DATA / self.corpus.pool, BASE, corpus, "--label", "ORG",
                "--arms", arm, "--budget", count, "--seeds", f"{self.seed},", *share,
            )  # fmt: skip
        return [stored_examples(name) for name in names]

    def trained_from(self, name: str) -> Model:
        """Return what is called `name`: an arm's first answers, or those of random's seconds."""
        arm, _, end = name.rpartition("-")
        parts = self.answers(arm)
        return self._cut(name, parts, self._in_seconds(arm) if end == SECONDS else int(end))

    def _in_seconds(self, arm: str) -> int:
        """Return how many answers of an arm take as many seconds as random's took."""
        costs = CostModel()
        (random,) = self.answers("random")
        left = sum(seconds_of(random, costs))
        parts = self.answers(arm)
        size = 0
        for place, part in enumerate(parts):
            binary = place == len(parts) - 1
            for answer in part:
                left -= costs.seconds(answer, binary=binary)
                size += left >= 0
        if left >= 0:
            sys.exit(f"{self.corpus.name} has too few questions for {arm} at equal seconds")
        return size

    def _cut(self, name: str, parts: Sequence[Answers], size: int) -> Model:
        datasets = []
        for place, part in enumerate(parts):
            datasets.append(f"cut-{self.corpus.name}-{name}-{self.seed}-{place}")
            write_dataset(datasets[-1], part[:size])
            size -= len(part[:size])
        return Model("+".join(datasets), POLICY)


NAMES = (
    *(f"random-{size}" for size in SIZES),
    *(f"{arm}-{end}" for arm in ("teach", *MIXES) for end in (BUDGET, SECONDS)),
)


def kept_name(name: str, seed: int) -> str:
    """Return what a model is called among those that are kept of a corpus."""
    return f"{name}-{seed}-of-{BUDGET}"


def complete(corpus: Corpus, seed: int, kept: KeptModels) -> None:
    """Simulate, train and keep what is missing of one replicate."""
    missing = [name for name in NAMES if kept_name(name, seed) not in kept]
    if not missing:
        return
    replicate = Replicate(corpus, seed)
    models = {name: replicate.trained_from(name) for name in missing}
    measured = measure(open_plan(corpus, list(models.values()), BUILD), list(models.values()))
    kept.add({kept_name(name, seed): tested(measured, model, {}) for name, model in models.items()})


def rows_of(corpus: Corpus, kept: KeptModels, seeds: range) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one corpus over replicates, of which there are two at least."""
    models = {name: [kept[kept_name(name, seed)] for seed in seeds] for name in NAMES}
    random = models[f"random-{BUDGET}"]
    for name, own in models.items():
        yield f"f1.{corpus.name}-{name}", level([model.f1 for model in own])
    for arm in ("teach", *MIXES):
        for equal, end in (("answers", BUDGET), (SECONDS, SECONDS)):
            pairs = list(zip(models[f"{arm}-{end}"], random, strict=True))
            yield f"{equal}.{corpus.name}-{arm}", difference(pairs)
    few = list(zip(models[f"teach-{BUDGET}"], models[f"random-{FEW}"], strict=True))
    yield f"few.{corpus.name}", difference(few, 0.0)
    for arm in ("teach", *MIXES):
        yield f"rate.{corpus.name}-{arm}", _rate(arm, models)


def _rate(arm: str, models: Mapping[str, Sequence[Tested]]) -> Row:
    whole = 0 if arm == "teach" else ceil(START_SHARE * BUDGET)
    rates = []
    for i, model in enumerate(models[f"{arm}-{BUDGET}"]):
        curve = {size: models[f"random-{size}"][i].f1 for size in SIZES}
        reached = segments_for(model.f1, curve)
        if reached is not None and reached > whole:
            rates.append(log((BUDGET - whole) / (reached - whole)))
    return rate_row(rates, len(models[f"{arm}-{BUDGET}"]))


def segments_for(wanted: float, curve: Mapping[int, float]) -> float | None:
    """Return how many whole segments reach an F1; None where the curve does not.

    A curve of one training per size is not smooth: the first stretch that crosses `wanted` counts.

    >>> round(segments_for(0.55, {100: 0.5, 400: 0.6}))
    200
    """
    for (fewer, low), (more, high) in pairwise(curve.items()):
        if low <= wanted <= high and low < high:
            share = (wanted - low) / (high - low)
            return exp(log(fewer) + share * (log(more) - log(fewer)))
    return None


def rate_row(logarithms: Sequence[float], replicates: int) -> Row:
    """Return the mean rate with the interval of its logarithm; without one of fewer than two."""
    said = f"{len(logarithms)} of {replicates} on the curve"
    row: Row = {"n": len(logarithms), "target": "", "met": True, "said": said}
    if len(logarithms) < 2:
        return {**row, "value": None, "low": None, "high": None}
    found = mean_over_replicates(logarithms)
    ends = {"value": fmean(logarithms), "low": found.low, "high": found.high}
    return {**row, **{key: exp(value) for key, value in ends.items()}}


def show(rows: Mapping[str, Row]) -> None:
    """Print the tables and write build/mixed.json."""
    write_result("mixed", rows=rows)
    rates = {name: row for name, row in rows.items() if name.startswith("rate.")}
    others = {name: row for name, row in rows.items() if name not in rates}
    header = ("row", "mean", NEW_TEXT, THIS_TEST, "range", "replicates", "target", "")
    print(table(table_lines(others), header=header, divider=True))
    lines = [_rate_line(name, row) for name, row in rates.items()]
    if lines:
        print(table(lines, header=("row", "binary per segment", "interval", ""), divider=True))
    sys.stdout.flush()


def _rate_line(name: str, row: Row) -> tuple[str, str, str, str]:
    if row["value"] is None:
        return name, "-", "", row["said"]
    return name, f"{row['value']:.1f}", f"[{row['low']:.1f}, {row['high']:.1f}]", row["said"]


def main() -> None:
    """Complete replicate by replicate; print and write what is known after each."""
    kept = {corpus: KeptModels(f"mixed-{corpus.name}") for corpus in open_study(BUILD)}
    rows: dict[str, Row] = {}
    for seed in range(REPLICATES):
        for corpus, own in kept.items():
            complete(corpus, seed, own)
            if seed:  # one replicate has no interval
                rows |= dict(rows_of(corpus, own, range(seed + 1)))
                show(rows)


if __name__ == "__main__":
    main()
