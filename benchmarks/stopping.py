"""When to stop annotating: what rules that look at no test set save, and what they lose.

    make study-stopping                FiNER-ORD and CoNLL-2003, five replicates, resumed likewise
    CORPUS=finer make study-stopping   one corpus alone
    QUICK=1 make study-stopping        two replicates of 300 answers on FiNER

After every 100 answers a pipeline is trained from all answers so far (robust, one training seed),
and each rule sees what somebody who annotates could see then. Whoever follows it stops at the first
model for which it holds, or never. Rows: `saved.*`, the share of 1,000 answers that was not given;
`lost.*`, F1 on test after all of them minus F1 where the rule stopped, of the same replicate. Both
are means over replicates with intervals for this test set; `stopped` says how often it did.

The rules, none of them chosen or set by what came out:

- half: 500 answers, whatever they bring.
- stable: labels of tokens of 2,000 segments of the pool hardly change any more: Cohen's kappa of
  successive models, mean of three, at least .99 (Bloodgood & Vijay-Shanker 2009).
- expected: F1 that the model expects of itself on these segments, from its own probabilities,
  changed by less than .005 twice in a row (the idea of Laws & Schütze 2008, performance
  convergence).
- flat: F1 on the dev answers so far, weighted, surely changed by no more than .02: the ordinary
  interval of the newest model minus the one before lies within ±.02.
- ever-flat: the same by the interval that holds however often one looks.
- no-gain: that of the progress line: 100 more answers bring surely less than .01, however often
  one looks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import fmean
from typing import TypeAlias

from drawn import ANSWERS, RANDOM, SECONDS, seconds_of, write_dataset
from kept import KeptModels, Tested, tested
from real_corpora import BUDGET, QUICK, ROOT, Corpus, open_plan, open_study, write_result
from sklearn.metrics import cohen_kappa_score
from strategies import STRATEGIES, Ranked
from study_rows import Row, level, table_lines
from wasabi.tables import table

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.estimates import weighted_score
from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.pool import PoolTexts
from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.comparison.runs import Run, RunResult, predict_all
from prodigy_al.comparison.testset import remove_overlap
from prodigy_al.evaluation.counts import scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.looking import (
    difference_at_any_time,
    differing_documents,
    level_of,
    scaled_gain,
)
from prodigy_al.evaluation.paired import side_difference
from prodigy_al.simulation.costs import CostModel
from prodigy_al.training.answers import Answers

BUILD = ROOT / "build" / "stopping"
POLICY = "robust"
REPLICATES = 2 if QUICK else 5
STEP = 100
COUNTS = range(STEP, BUDGET + 1, STEP)
ARMS = (RANDOM, STRATEGIES[0])
WATCHED = 2000
"""Segments of the pool on which models are watched: as many as Bloodgood & Vijay-Shanker advise."""

KAPPA, STABLE, LATEST = "kappa", 0.99, 3
EXPECTED, SETTLED = "expected", 0.005
LOW, HIGH = "low", "high"
EVER_LOW, EVER_HIGH, FLAT = "ever_low", "ever_high", 0.02
GAIN_HIGH, GAIN = "gain_high", 0.01

Signs: TypeAlias = Mapping[str, float]
"""What a rule sees of one model; a sign that cannot be told yet is missing."""


def is_stable(seen: Sequence[Signs]) -> bool:
    """Return whether predictions on unlabelled text hardly change any more."""
    latest = [signs[KAPPA] for signs in seen[-LATEST:] if KAPPA in signs]
    return len(latest) == LATEST and fmean(latest) >= STABLE


def is_settled(seen: Sequence[Signs]) -> bool:
    """Return whether what the model expects of itself hardly changes any more."""
    latest = [signs[EXPECTED] for signs in seen[-LATEST:] if EXPECTED in signs]
    steps = [abs(after - before) for before, after in pairwise(latest)]
    return len(steps) == LATEST - 1 and max(steps) < SETTLED


def within(low: str, high: str, seen: Sequence[Signs]) -> bool:
    """Return whether the newest model surely differs from the one before by no more than FLAT."""
    signs = seen[-1]
    return low in signs and signs[low] >= -FLAT and signs[high] <= FLAT


Rule: TypeAlias = Callable[[Sequence[Signs]], bool]
RULES: Mapping[str, Rule] = {
    "half": lambda seen: 2 * STEP * len(seen) >= BUDGET,
    "stable": is_stable,
    "expected": is_settled,
    "flat": lambda seen: within(LOW, HIGH, seen),
    "ever-flat": lambda seen: within(EVER_LOW, EVER_HIGH, seen),
    "no-gain": lambda seen: seen[-1].get(GAIN_HIGH, GAIN) < GAIN,
}


def stops_at(rule: Rule, signs: Sequence[Signs]) -> int | None:
    """Return the place of the first model at which a rule says stop; None where it never does."""
    return next((i for i in range(len(signs)) if rule(signs[: i + 1])), None)


@dataclass(frozen=True)
class Part:
    """One arm of one replicate on a corpus."""

    corpus: Corpus
    arm: str
    seed: int

    def name(self, count: int) -> str:
        """Return what the model of so many answers is called among those that are kept."""
        return f"{self.arm}-{self.seed}-{count}"

    def is_complete(self, kept: KeptModels) -> bool:
        """Return whether the models of all counts are kept."""
        return all(self.name(count) in kept for count in COUNTS)

    def cut(self) -> dict[str, dict[str, float]]:
        """Return datasets of the first answers and what these cost, simulating what is missing."""
        answers = Ranked(self.corpus, self.arm, self.seed).answers(BUDGET)
        spent = [0.0, *accumulate(seconds_of(answers, CostModel()))]
        cuts = {}
        for count in COUNTS:
            dataset = f"cut-{self.corpus.name}-{self.name(count)}"
            write_dataset(dataset, answers[:count])
            cuts[dataset] = {ANSWERS: count, SECONDS: spent[count]}
        return cuts


def complete(part: Part, watched: Answers, kept: KeptModels) -> None:
    """Train and keep the models of one part, with what rules see of each."""
    cuts = part.cut()
    models = [Model(dataset, POLICY) for dataset in cuts]
    plan = open_plan(part.corpus, models, BUILD)
    trains, overlap = remove_overlap(plan.arms, plan.test)
    measured = Measurements(replace(plan, arms=()), (), overlap)
    pool = PoolTexts(("ORG",), tuple((item.words, item.spaces) for item in watched.items))
    runs = [Run(plan.base, (plan.test.gold,))]
    # a model is measured on the dev answers of its own time, and of the next one's
    for arm, later, train in zip(plan.arms, [*plan.arms[1:], plan.arms[-1]], trains, strict=True):
        sets = (plan.test.gold, watched, arm.dev, later.dev)
        runs.append(
            Run(plan.base, sets, dataset=arm.dataset, policy=POLICY, train=train, pool=pool)
        )
    found = []
    for run, result in predict_all(
        runs, workers=plan.workers, base_sha256=plan.model["sha256"], cache=plan.cache, say=print
    ):
        only_test = replace(run, evaluate=(plan.test.gold,), pool=None)
        measured.add(only_test, result.predictions[:1])
        found.append(result)
    signs = all_signs(plan.arms, found[1:], watched)
    kept.add(
        {
            part.name(count): replace(tested(measured, model, cost), signs=dict(one))
            for count, cost, model, one in zip(COUNTS, cuts.values(), models, signs, strict=True)
        }
    )


def all_signs(
    arms: Sequence[Arm], results: Sequence[RunResult], watched: Answers
) -> Iterator[Signs]:
    """Yield what rules see of each model, in the order of the answers."""
    for i, (arm, result) in enumerate(zip(arms, results, strict=True)):
        assert result.expected is not None  # the runs have a pool
        expected = scores(result.expected).f1
        signs = {} if expected is None else {EXPECTED: expected}
        if i:
            before = results[i - 1].predictions
            signs[KAPPA] = float(
                cohen_kappa_score(
                    token_labels(watched, before[1]), token_labels(watched, result.predictions[1])
                )
            )
            signs |= dev_signs(arm, i, newer=result.predictions[2], older=before[3])
        yield signs


def dev_signs(arm: Arm, i: int, *, newer: Predictions, older: Predictions) -> dict[str, float]:
    """Return what the dev answers say of a model and the one before, of (i + 1) and i steps."""
    new, old = (weighted_score([count_answers(arm.dev, one)], arm) for one in (newer, older))
    if isinstance(new, Unavailable) or isinstance(old, Unavailable):
        return {}
    change = side_difference(new.side, old.side)
    if isinstance(change, Unavailable):
        return {}
    ever = difference_at_any_time(
        change,
        groups=new.found.groups,
        differing=differing_documents(new.side, old.side),
        level=level_of(i),
    )
    signs = {LOW: change.low, HIGH: change.high}
    if isinstance(ever, Estimate):
        gain = scaled_gain(ever, before=i * STEP, after=(i + 1) * STEP, more=STEP)
        signs |= {EVER_LOW: ever.low, EVER_HIGH: ever.high, GAIN_HIGH: gain.high}
    return signs


def token_labels(texts: Answers, predictions: Predictions) -> list[str]:
    """Return the label of every token of all texts, its entity's first token marked."""
    labels: list[str] = []
    for item, spans in zip(texts.items, predictions, strict=True):
        own = ["O"] * len(item.words)
        for start, end, label in spans:
            if label in texts.labels:
                own[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
        labels += own
    return labels


def watched_segments(corpus: Corpus, dataset: str) -> Answers:
    """Return segments of the pool, drawn by their hashes; their gold is not looked at."""
    pool = open_plan(replace(corpus, test=corpus.pool), [Model(dataset, POLICY)], BUILD).test.gold
    order = sorted(range(len(pool)), key=lambda i: pool.items[i].input_hash)
    return pool.take(order[:WATCHED])


def rows_of(corpus: Corpus, kept: KeptModels) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one corpus, over the replicates that are complete."""
    for arm in ARMS:
        parts = [Part(corpus, arm, seed) for seed in range(REPLICATES)]
        runs = [
            [kept[part.name(count)] for count in COUNTS] for part in parts if part.is_complete(kept)
        ]
        if len(runs) < 2:  # one replicate has no interval
            continue
        for name, rule in RULES.items():
            saved, lost, stopped = zip(*(outcome(rule, run) for run in runs), strict=True)
            told = {"stopped": sum(stopped)}
            yield f"saved.{corpus.name}-{arm}-{name}", level(saved) | told
            yield f"lost.{corpus.name}-{arm}-{name}", level(lost) | told


def outcome(rule: Rule, run: Sequence[Tested]) -> tuple[float, float, bool]:
    """Return what a rule saved and lost in one run, and whether it stopped before the end."""
    place = stops_at(rule, [model.signs for model in run])
    at = len(run) - 1 if place is None else place
    return 1 - (at + 1) / len(run), run[-1].f1 - run[at].f1, place is not None


def show(rows: Mapping[str, Row]) -> None:
    """Print the table and write build/stopping.json."""
    write_result("stopping", rows=rows)
    header = ("row", "mean", "this test set", "range", "n", "stopped")
    lines = [
        (line[0], line[1], *line[3:6], row["stopped"])
        for line, row in zip(table_lines(rows), rows.values(), strict=True)
    ]
    print(table(lines, header=header, divider=True), flush=True)


def main() -> None:
    """Complete arm by arm; print and write what is known after each replicate."""
    corpora = open_study(BUILD)
    kept = {corpus: KeptModels(f"stopping-{corpus.name}") for corpus in corpora}
    watched: dict[Corpus, Answers] = {}
    for seed in range(REPLICATES):
        for corpus in corpora:
            for part in (Part(corpus, arm, seed) for arm in ARMS):
                if part.is_complete(kept[corpus]):
                    continue
                if corpus not in watched:
                    watched[corpus] = watched_segments(corpus, next(iter(part.cut())))
                complete(part, watched[corpus], kept[corpus])
        show({name: row for one, models in kept.items() for name, row in rows_of(one, models)})


if __name__ == "__main__":
    main()
