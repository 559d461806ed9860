"""Is "do not ship" right? Models of few and of many answers, marked by dev, judged by test.

    make study-guard               five replicates on both corpora, resumed where it was interrupted
    CORPUS=finer make study-guard  one corpus alone; conll likewise
    QUICK=1 make study-guard       two replicates of 100 and 300 answers on FiNER: a smaller claim
    WORKERS=1 make study-guard     one training at a time; two if not given

The datasets are those of the study (study.py), which are simulated where they are missing. Their
first 100 and 300 answers are what a shorter annotation would hold. `al.compare` would mark a model
by its weighted dev F1 (comparison/guard.py); whether it should have is told by F1 on test, of which
the mark knows nothing: below the base's or not. A model is *caught* where it is below and marked,
*missed* where it is below and nothing is said, and *warned in vain* where it is not below and
marked. That test F1 is itself of a sample: models near the base are on either side by chance, so
those whose whole interval on test is below the base's F1 are counted apart, as *clearly below*.

A share has Wilson's interval; it takes models for independent, which those of one replicate are
not. The table is printed after each replicate, with build/study-guard.json written again. Single
models are kept in build/guard-CORPUS.json and, from earlier runs, in results/: those that are there
are not trained again.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

from real_corpora import BASE, POLICIES, QUICK, ROOT, Corpus, open_plan, open_study, write_result
from scipy import stats
from study import BUILD, Part
from wasabi.tables import table

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.gap import weighted_vs_base
from prodigy_al.comparison.guard import Outcome, find_guard
from prodigy_al.comparison.measurements import BASE as UNTRAINED
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.planned_runs import whole_runs
from prodigy_al.comparison.runs import predict_all
from prodigy_al.comparison.testset import remove_overlap
from prodigy_al.evaluation.bootstrap import Difference
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.jobs.files import write_atomically
from prodigy_al.ner.pipelines import load_pipeline

BUDGET, REPLICATES = (300, 2) if QUICK else (1000, 5)
SIZES = (100, 300) if QUICK else (100, 300, 1000)
ARMS = ("teach", "ranked", "random")
MARKED = ("worse", "not-shown")


@dataclass(frozen=True)
class Judged:
    """One model: what dev said of it, and its F1 on test minus the base's.

    `dev` and `test` are a difference with the ends of its interval, None where it has none.
    """

    corpus: str
    arm: str
    policy: str
    answers: int
    seed: int
    outcome: Outcome
    dev_answers: int
    dev: tuple[float, float, float] | None
    test: tuple[float, float, float]

    @property
    def marked(self) -> bool:
        """Whether it was said not to ship it, or not yet."""
        return self.outcome in MARKED

    @property
    def below(self) -> bool:
        """Whether it is below the base on test."""
        return self.test[0] < 0

    @property
    def clearly_below(self) -> bool:
        """Whether its whole interval on test is below the base's F1."""
        return self.test[2] < 0


def first_answers(corpus: Corpus, seed: int, answers: int) -> list[Arm]:
    """Read the arms of one replicate as they were after so many answers."""
    from prodigy.components.db import connect  # not before PRODIGY_HOME is set

    tokenizer = load_pipeline(str(BASE)).make_doc
    return [
        read_arm(
            name,
            list(connect().get_dataset_examples(name))[:answers],
            ["ORG"],
            tokenizer=tokenizer,
        )
        for name in (corpus.dataset(arm, seed) for arm in ARMS)
    ]


def measure(plan: Plan) -> Measurements:
    """Train every arm and measure it on test and on all dev folds, without writing models."""
    trains, overlap = remove_overlap(plan.arms, plan.test)
    measured = Measurements(plan, trains, overlap)
    runs = [replace(run, artifacts=None) for run in whole_runs(plan, measured.trains)]
    for run, result in predict_all(
        runs, workers=plan.workers, base_sha256=plan.model["sha256"], cache=plan.cache, say=print
    ):
        measured.add(run, result.predictions)
    return measured


def judge(corpus: Corpus, seed: int, answers: int, measured: Measurements) -> Iterator[Judged]:
    """Yield every model of one replicate and size."""
    for name, arm in zip(ARMS, measured.plan.arms, strict=True):
        for policy in POLICIES:
            model = Model(arm.dataset, policy)
            guard = find_guard(model, arm, measured)
            test = _with_ends(measured.difference(model, UNTRAINED).found)
            if test is None:
                sys.exit(f"{arm.dataset}: the test set {measured.plan.test.name} tells nothing")
            yield Judged(
                corpus.name,
                name,
                policy,
                answers,
                seed,
                outcome=guard.outcome,
                dev_answers=guard.answers,
                dev=_with_ends(weighted_vs_base(model, arm, measured).found),
                test=test,
            )


def _with_ends(found: Difference | Unavailable) -> tuple[float, float, float] | None:
    if isinstance(found, Unavailable):
        return None
    return found.difference, found.low, found.high


def cells(found: Iterable[Judged]) -> dict[str, list[Judged]]:
    """Return models by corpus, arm, policy and number of answers, and sums over these."""
    by_cell: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        by_cell[f"{one.corpus}-{one.arm}-{one.policy}-{one.answers}"].append(one)
        by_cell[f"all-{one.policy}-{one.answers}"].append(one)
        by_cell[f"all-{one.policy}"].append(one)
    # sums last
    return dict(sorted(by_cell.items(), key=lambda cell: (cell[0].startswith("all"), cell[0])))


def rows(cell: str, found: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Return the rows of one cell: shares of marked models among those below the base, or not."""
    known = [one for one in found if one.outcome != "unknown"]
    return {
        f"guard.{cell}-caught": share(one.marked for one in known if one.below),
        f"guard.{cell}-clear": share(one.marked for one in known if one.clearly_below),
        f"guard.{cell}-vain": share(one.marked for one in known if not one.below),
        f"guard.{cell}-worse": share(one.below for one in known if one.outcome == "worse"),
        f"guard.{cell}-unknown": share(one.outcome == "unknown" for one in found),
    }


def share(hits: Iterable[bool]) -> dict[str, Any]:
    """Return a share with Wilson's interval; without a value where it is one of nothing."""
    all_hits = list(hits)
    n, count = len(all_hits), sum(all_hits)
    row: dict[str, Any] = {"n": n, "count": count, "target": "", "met": True}
    if not n:
        return {"value": None, "low": None, "high": None, **row}
    wilson = stats.binomtest(count, n).proportion_ci(method="wilson")
    return {"value": count / n, "low": float(wilson.low), "high": float(wilson.high), **row}


def show(found: Sequence[Judged]) -> None:
    """Print the table and write build/study-guard.json."""
    all_rows: dict[str, dict[str, Any]] = {}
    lines = []
    for cell, own in cells(found).items():
        made = rows(cell, own)
        all_rows |= made
        lines.append((cell, str(len(own)), *map(_shown, made.values())))
    write_result("study-guard", rows=all_rows, quick=QUICK)
    header = (
        "", "models", "caught of below", "of clearly below", "in vain of not below",
        "'worse' that is below", "not known",
    )  # fmt: skip
    print(table(lines, header=header, divider=True), flush=True)


def _shown(row: Mapping[str, Any]) -> str:
    if row["value"] is None:
        return "-"
    return f"{row['count']}/{row['n']} [{row['low']:.2f}, {row['high']:.2f}]"


def read_judged(corpus: Corpus) -> list[Judged]:
    """Return the models of a corpus that were judged before, here or in the results."""
    for path in (_kept(corpus, "build"), _kept(corpus, "benchmarks/results")):
        if path.exists():
            return [Judged(**_read(one)) for one in json.loads(path.read_bytes())]
    return []


def keep(corpus: Corpus, found: Iterable[Judged]) -> None:
    """Keep the judged models of a corpus, one to a line."""
    lines = ",\n".join(json.dumps(asdict(one)) for one in found)
    write_atomically(_kept(corpus, "build"), f"[\n{lines}\n]\n")


def _kept(corpus: Corpus, folder: str) -> Path:
    return ROOT / folder / f"guard-{corpus.name}{'-quick' if QUICK else ''}.json"


def _read(stored: Mapping[str, Any]) -> dict[str, Any]:
    ends = {key: stored[key] and tuple(stored[key]) for key in ("dev", "test")}
    return {**stored, **ends}


def main() -> None:
    """Judge what is missing, replicate by replicate; print and write what is known after each."""
    found = {corpus: read_judged(corpus) for corpus in reversed(open_study(BUILD))}
    for corpus, own in found.items():
        done = {(one.seed, one.answers) for one in own}
        for seed in range(REPLICATES):
            missing = [n for n in SIZES if (seed, n) not in done]
            if not missing:
                continue
            Part(corpus, ARMS, range(seed, seed + 1), POLICIES).simulate()
            # read for the test set and the base; the arms are others, and train no model here
            plan = open_plan(corpus, [corpus.model("random", "robust", seed)], BUILD)
            for answers in missing:
                measured = measure(replace(plan, arms=first_answers(corpus, seed, answers)))
                own += judge(corpus, seed, answers, measured)
                keep(corpus, own)
            show([*chain(*found.values())])
    show([*chain(*found.values())])


if __name__ == "__main__":
    main()
