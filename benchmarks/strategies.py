"""Seven ways to rank whole segments, each against random order, on real corpora.

    make study-strategies                five replicates, resumed where it was interrupted
    CORPUS=finer make study-strategies   one corpus alone; conll likewise
    QUICK=1 make study-strategies        two replicates of 100, 200 and 300 answers on FiNER
    WORKERS=1 make study-strategies      one training at a time; two if not given

A replicate is a draw with a seed and a dev fold of its own, for each strategy and for random. All
strategies are arms of `al.simulate` with one share of chance (ranked-by-SCORE), so that nothing
differs but the score. Of each the first 250, 500 and 1,000 answers are trained from (robust, one
training seed), and as many of its first answers as take the simulated seconds of 250, 500 and 1,000
random ones (simulation/costs.py). Every model is measured on the corpus's test set. Rows:

    answers.*   minus random at as many answers
    seconds.*   minus random at as many seconds
    f1.*        F1 itself
    lookup.*    names that were accepted at random, looked up in the test set, minus random training

`pool` is random order with the whole pool answered, in two replicates: what there is to gain. A
row is the mean over replicates; `low` and `high` are for new text (other replicates on other
documents), `this_low` and `this_high` for this test set. `p` is of no difference on new text, and
`holm` the same after Holm (1979) over all differences of the table. Nothing is chosen here.

The corpora and the pipeline are those of `make study`. Table and build/strategies.json are written
again after each part. What single models got is kept in build/strategies-CORPUS.json and, from
earlier runs, in results/ (kept.py): these are neither simulated nor trained again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, TypeAlias

from drawn import ANSWERS, RANDOM, SECONDS, answers_within, seconds_of, write_dataset
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

from prodigy_al.comparison.measurements import BASE as UNTRAINED
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.runs import Run
from prodigy_al.comparison.testset import remove_overlap
from prodigy_al.evaluation.bootstrap import holm
from prodigy_al.protocol.lookup import known_names, look_up
from prodigy_al.simulation.costs import CostModel

BUILD = ROOT / "build" / "strategies"
POLICY = "robust"
REPLICATES = 2 if QUICK else 5
BUDGETS = (100, 200, 300) if QUICK else (250, 500, 1000)
EXPLORE = 0.1  # the default of `al.manual-ranked`
LOOKUP, POOL = "lookup", "pool"
WHOLE_POOL = 600 if QUICK else 10**9
STRATEGIES = (
    "errors-per-root-token",
    "information-density",
    "tag-count",
    "form-novelty",
    "mnlp",
    "diverse-errors",
    "form-quota",
)
"""Scores by which an arm ranks; the first is the default of `al.manual-ranked`."""


@dataclass(frozen=True)
class Wanted:
    """A model of every replicate: of which strategy, and as much of what as random's answers."""

    strategy: str
    equal: str
    budget: int

    def name(self, seed: int) -> str:
        """Return what it is called among the models that are kept of a corpus."""
        return f"{self.strategy}-{seed}-{self.equal}-{self.budget}"


Part: TypeAlias = tuple[Corpus, int, tuple[Wanted, ...]]
"""Some models of one strategy on a corpus with a seed."""


@dataclass(frozen=True)
class Ranked:
    """The answers of one strategy on one corpus with one seed."""

    corpus: Corpus
    strategy: str
    seed: int

    def answers(self, count: int) -> list[dict[str, Any]]:
        """Return at least `count` answers, simulating what is missing; fewer at the pool's end."""
        from prodigy_al.inputs.datasets import stored_examples  # not before PRODIGY_HOME is set

        arm = RANDOM if self.strategy in (RANDOM, LOOKUP) else f"ranked-by-{self.strategy}"
        dataset = f"{self.corpus.name}-{arm}-{self.seed}"
        if len(stored_examples(dataset)) < count:
            prodigy(
                "al.simulate", DATA / self.corpus.pool, BASE, self.corpus.name, "--label", "ORG",
                "--budget", count, "--seeds", f"{self.seed},", "--arms", arm, "--explore", EXPLORE,
            )  # fmt: skip
        return stored_examples(dataset)

    def cut(self, wanted: Wanted) -> tuple[str, dict[str, float]]:
        """Write the first answers as a dataset; return its name, and what they cost."""
        answers = self.first(wanted)
        dataset = f"cut-{self.corpus.name}-{wanted.name(self.seed)}"
        write_dataset(dataset, answers)
        return dataset, {ANSWERS: len(answers), SECONDS: sum(seconds_of(answers, CostModel()))}

    def first(self, wanted: Wanted) -> list[dict[str, Any]]:
        """Return the first answers, as many as wanted or as take random's seconds."""
        if wanted.equal != SECONDS:
            return self.answers(max(BUDGET, wanted.budget))[: wanted.budget]
        random = Ranked(self.corpus, RANDOM, self.seed).answers(BUDGET)[: wanted.budget]
        seconds = sum(seconds_of(random, CostModel()))
        return answers_within(seconds, self.answers, CostModel(), expected=BUDGET)


def all_parts(corpora: Sequence[Corpus]) -> list[Part]:
    """Return what is trained in which order: the most important first."""
    order = [(strategy, ANSWERS) for strategy in (RANDOM, LOOKUP, *STRATEGIES)]
    parts = [
        (corpus, seed, tuple(Wanted(strategy, equal, budget) for budget in BUDGETS))
        for wanted in (order, [(strategy, SECONDS) for strategy in STRATEGIES])
        for seed in range(REPLICATES)
        for corpus in corpora
        for strategy, equal in wanted
    ]
    whole = (Wanted(RANDOM, POOL, WHOLE_POOL),)
    return parts + [(corpus, seed, whole) for seed in range(2) for corpus in corpora]


def complete(corpus: Corpus, seed: int, wanted: Sequence[Wanted], kept: KeptModels) -> bool:
    """Simulate, train and keep what is missing of one part; return whether anything was."""
    missing = [one for one in wanted if one.name(seed) not in kept]
    if not missing:
        return False
    cuts = {one: Ranked(corpus, one.strategy, seed).cut(one) for one in missing}
    policy = LOOKUP if wanted[0].strategy == LOOKUP else POLICY
    models = {one: Model(dataset, policy) for one, (dataset, _) in cuts.items()}
    plan = open_plan(corpus, list(models.values()), BUILD)
    measured = measure(plan, [] if policy == LOOKUP else list(models.values()))
    if policy == LOOKUP:
        _look_up_all(plan, measured)
    kept.add(
        {one.name(seed): tested(measured, models[one], cost) for one, (_, cost) in cuts.items()}
    )
    return True


def _look_up_all(plan: Plan, measured: Measurements) -> None:
    """Measure what the accepted names of each dataset find on the test set."""
    trains, _ = remove_overlap(plan.arms, plan.test)
    (base,) = measured.predictions[UNTRAINED]
    for arm, train in zip(plan.arms, trains, strict=True):
        found = look_up(known_names(train), plan.test.gold, base)
        run = Run(plan.base, (plan.test.gold,), dataset=arm.dataset, policy=LOOKUP, train=train)
        measured.add(run, [found])


def rows_of(corpus: Corpus, kept: KeptModels) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one corpus, each over the replicates that are complete for it."""
    for wanted in dict.fromkeys(one for _, _, part in all_parts([corpus]) for one in part):
        control = Wanted(RANDOM, ANSWERS, min(wanted.budget, BUDGET))
        names = [(wanted.name(seed), control.name(seed)) for seed in range(REPLICATES)]
        pairs = [(kept[a], kept[b]) for a, b in names if a in kept and b in kept]
        if len(pairs) < 2:  # one replicate has no interval
            continue
        size = POOL if wanted.equal == POOL else str(wanted.budget)
        name = f"{corpus.name}-{wanted.strategy}-{size}"
        yield f"f1.{name}-{wanted.equal}", level([own.f1 for own, _ in pairs])
        if wanted.strategy in STRATEGIES:
            yield f"{wanted.equal}.{name}", difference(pairs) | _effort(pairs)
        elif wanted.strategy == LOOKUP:  # a baseline, not one of what is tested
            row = difference(pairs)
            yield f"{LOOKUP}.{name}", {key: row[key] for key in row if key != "p"}


def _effort(pairs: Sequence[tuple[Tested, Tested]]) -> Row:
    return {
        "seconds_ratio": fmean(a.effort[SECONDS] / b.effort[SECONDS] for a, b in pairs),
        "answers": fmean(own.effort[ANSWERS] for own, _ in pairs),
    }


def adjusted(rows: Mapping[str, Row]) -> dict[str, Row]:
    """Return the rows, those of differences with Holm's p over all of them."""
    with_p = [name for name, row in rows.items() if "p" in row]
    found = dict(zip(with_p, holm([rows[name]["p"] for name in with_p]).tolist(), strict=True))
    return {
        name: row | {"holm": found[name]} if name in found else row for name, row in rows.items()
    }


def show(rows: Mapping[str, Row]) -> None:
    """Print the table and write build/strategies.json."""
    write_result("strategies", rows=rows)
    header = ("row", "mean", NEW_TEXT, THIS_TEST, "range", "n", "seconds", "answers", "Holm's p")
    lines = []
    for line, row in zip(table_lines(rows), rows.values(), strict=True):
        rest: tuple[str, ...] = ("", "", "")
        if "holm" in row:
            ratio, answers, p = row["seconds_ratio"], row["answers"], row["holm"]
            rest = (f"{ratio:.2f} x", f"{answers:.0f}", f"{p:.3f}")
        lines.append((*line[:6], *rest))
    print(table(lines, header=header, divider=True, max_col=60), flush=True)


def cost(wanted: Wanted) -> int:
    """Return how many answers are trained from, 10,000 at most: it takes about as long."""
    return 0 if wanted.strategy == LOOKUP else min(wanted.budget, 10_000)


@dataclass
class Study:
    """What is to be trained, and what is kept of it; `began` with `at_start` done."""

    parts: Sequence[Part]
    kept: Mapping[Corpus, KeptModels]

    def __post_init__(self) -> None:
        self.total = sum(cost(one) for _, _, wanted in self.parts for one in wanted)
        self.at_start, self.began = self.done(), time.monotonic()

    def done(self) -> int:
        """Return what was spent on what is kept."""
        return sum(
            cost(one)
            for corpus, seed, wanted in self.parts
            for one in wanted
            if one.name(seed) in self.kept[corpus]
        )

    def say_left(self) -> None:
        """Print how long the rest takes, at the pace since this run began."""
        done, passed = self.done(), time.monotonic() - self.began
        trained = done - self.at_start
        left = f"{(self.total - done) * passed / trained / 3600:.1f} h left" if trained else ""
        print(
            f"{time.strftime('%H:%M')}  {done / self.total:.0%} of all trained  {left}", flush=True
        )

    def rows(self) -> dict[str, Row]:
        """Return all rows that are known by now."""
        both = (rows_of(corpus, models) for corpus, models in self.kept.items())
        return adjusted({name: row for rows in both for name, row in rows})


def main() -> None:
    """Complete strategy by strategy; print and write what is known after each replicate."""
    corpora = open_study(BUILD)
    kept = {corpus: KeptModels(f"strategies-{corpus.name}") for corpus in corpora}
    study = Study(all_parts(corpora), kept)
    following = [*study.parts[1:], None]
    for (corpus, seed, wanted), after in zip(study.parts, following, strict=True):
        if complete(corpus, seed, wanted, kept[corpus]):
            study.say_left()
        if after is None or after[:2] != (corpus, seed):
            show(study.rows())


if __name__ == "__main__":
    main()
