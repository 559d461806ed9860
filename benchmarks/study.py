"""Rows 1-3: do robustly trained binary and ranked answers help? Replicates on real corpora.

    make study            all replicates, resumed where it was interrupted
    QUICK=1 make study    two replicates of 300 answers: the same steps, a smaller claim
    WORKERS=1 make study  one training at a time; two if not given

A replicate repeats the whole annotation with another seed, which is that of its dev fold too:
`al.simulate` writes its datasets. A pipeline is trained from each as `al.compare` does it, and all
are measured on one test set per corpus. A row is the mean difference over replicates with two
intervals: `low` and `high` for new text (other replicates on other documents), by which targets
are judged, and `this_low` and `this_high` for this test set (other replicates on the same
documents). Rows `f1` and the agreement of other labels are no differences and have the second
interval alone; `interval` says which one `low` and `high` are. Nothing is chosen here.
Rows `learning` compare an arm whose model learns while it asks with the same arm without, trained
the same way in the end. The corpora and the pipeline are not part of this repository:
PRODIGY_AL_DATA names their folder. The table is printed and written again after each part.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kept import current_commit
from study_rows import (
    NEW_TEXT,
    THIS_TEST,
    Pairs,
    agreement,
    difference,
    f1,
    level,
    table_lines,
)
from wasabi.tables import table

from prodigy_al.comparison.measurements import BASE as UNTRAINED
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.runs import Run, predict_all
from prodigy_al.comparison.testset import remove_overlap

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "study"
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
QUICK = bool(os.environ.get("QUICK"))
WORKERS = int(os.environ.get("WORKERS", "2"))
BUDGET, REPLICATES = (300, 2) if QUICK else (1000, 10)
# The comparison with random takes all replicates; what costs twice the training takes half of them.
FEWER = range(REPLICATES if QUICK else 5)
ALL = range(REPLICATES)
ARMS = ("ranked", "random")
# Of the arms that rank, in every replicate so far; `make study-designs` compares it with others.
DESIGN = ("--by", "expected-errors", "--explore", 0.3)
LEARNING = ("teach-learning", "ranked-learning")
POLICIES = ("usual", "robust")


@dataclass(frozen=True)
class Corpus:
    """A pool to ask about and a held-out test set, both with gold."""

    name: str
    pool: str
    test: str

    def dataset(self, arm: str, seed: int) -> str:
        """Return the name of the dataset that `al.simulate` writes."""
        return f"{self.name}-{arm}-{seed}"

    def model(self, arm: str, policy: str, seed: int) -> Model:
        """Return what was trained from one arm of one replicate."""
        return Model(self.dataset(arm, seed), policy)


CORPORA = (
    Corpus("conll", "conll2003/train.jsonl.gz", "conll2003/testb.jsonl.gz"),
    Corpus("finer", "finer_ord/train.jsonl.gz", "finer_ord/heldout.jsonl.gz"),
)


@dataclass(frozen=True)
class Part:
    """Some arms of some replicates, to be trained from by some policies."""

    corpus: Corpus
    arms: tuple[str, ...]
    seeds: range
    policies: tuple[str, ...]

    def simulate(self) -> None:
        """Write every dataset that is not finished, replicate by replicate."""
        for seed in self.seeds:
            missing = [arm for arm in self.arms if not is_full(self.corpus.dataset(arm, seed))]
            if missing:
                prodigy(
                    "al.simulate", DATA / self.corpus.pool, BASE, self.corpus.name,
                    "--label", "ORG", "--arms", ",".join(missing), "--budget", BUDGET,
                    "--seeds", f"{seed},", *DESIGN,
                )  # fmt: skip

    def models(self) -> list[Model]:
        """Return what is trained."""
        return [
            self.corpus.model(arm, policy, seed)
            for seed in self.seeds
            for arm in self.arms
            for policy in self.policies
        ]


def all_parts() -> list[Part]:
    """Return all parts, the most important ones first."""
    conll, finer = CORPORA
    main, rest = ("teach", *ARMS), ALL[len(FEWER) :]
    return [
        Part(finer, main, FEWER, ("robust",)),
        Part(finer, ("teach",), FEWER, ("usual",)),
        Part(conll, ("teach",), FEWER, ("robust",)),
        Part(conll, ARMS, FEWER, ("robust",)),
        Part(finer, ARMS, FEWER, ("usual",)),
        Part(conll, main, FEWER, ("usual",)),
        *(Part(corpus, ARMS, rest, ("robust",)) for corpus in (finer, conll)),
        *(Part(corpus, ("ranked-strict",), FEWER, POLICIES) for corpus in (finer, conll)),
        *(Part(corpus, LEARNING, FEWER, ("robust",)) for corpus in (finer, conll)),
    ]


def prodigy(*args: object) -> None:
    """Run a command of the project; its bars go to the terminal."""
    command = [sys.executable, "-m", "prodigy", *map(str, args)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def is_full(dataset: str) -> bool:
    """Return whether a dataset has all its answers."""
    from prodigy_al.inputs.datasets import stored_examples  # not before PRODIGY_HOME is set

    return len(stored_examples(dataset)) >= BUDGET


def open_plan(corpus: Corpus, models: Sequence[Model], folder: Path = BUILD) -> Plan:
    """Read the datasets that models are trained from, and the test set, as `al.compare` does."""
    from prodigy_al.inputs.comparison import open_comparison  # not before PRODIGY_HOME is set

    return open_comparison(
        list(dict.fromkeys(str(model.dataset) for model in models)),
        str(BASE),
        str(DATA / corpus.test),
        label=["ORG"],
        loader=None,
        skip_bad=False,
        group_by=None,
        policies=POLICIES,
        curves=False,
        seeds=[0],
        workers=WORKERS,
        engine=None,
        output=folder / f"{corpus.name}-{BUDGET}",
    )


def measure(plan: Plan, models: Sequence[Model]) -> Measurements:
    """Train the models and measure them, and the base, on the test set alone.

    No dev answers are predicted: what one arm brings does not depend on which others there are, so
    that a training is kept whatever is added to the study.
    """
    trains, overlap = remove_overlap(plan.arms, plan.test)
    by_dataset = {arm.dataset: train for arm, train in zip(plan.arms, trains, strict=True)}
    runs = [Run(plan.base, (plan.test.gold,))]
    runs += [
        Run(
            plan.base,
            (plan.test.gold,),
            dataset=str(model.dataset),
            policy=model.policy,
            train=by_dataset[str(model.dataset)],
        )
        for model in models
    ]
    measured = Measurements(replace(plan, arms=()), (), overlap)
    for run, result in predict_all(
        runs, workers=plan.workers, base_sha256=plan.model["sha256"], cache=plan.cache, say=print
    ):
        measured.add(run, result.predictions)
    return measured


def differences(corpus: Corpus, measured: Measurements) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of one corpus that are differences, as far as all is trained.

    The comparison of ranked with random has the first replicates alone until all are there.
    """
    name, least = corpus.name, {"conll": 0.15, "finer": 0.05}[corpus.name]

    def models(arm: str, policy: str, seeds: range = FEWER) -> list[Model]:
        return [corpus.model(arm, policy, seed) for seed in seeds]

    def pairs(arm: str, other: str, policy: str = "robust", seeds: range = FEWER) -> Pairs:
        return list(zip(models(arm, policy, seeds), models(other, policy, seeds), strict=True))

    def gain(policy: str) -> Pairs:
        return [(model, UNTRAINED) for model in models("teach", policy)]

    def over_usual(arm: str) -> Pairs:
        return list(zip(models(arm, "robust"), models(arm, "usual"), strict=True))

    whole = all(model in measured for arm in ARMS for model in models(arm, "robust", ALL))
    compared: dict[str, tuple[Pairs, float | None, float]] = {
        f"1.{name}": (gain("robust"), 0.0, least),
        f"1.{name}-usual": (gain("usual"), None, 0),
        f"1.{name}-stretch": (pairs("teach", "random"), -0.05, -1),
        f"2.{name}": (pairs("ranked", "random", seeds=ALL if whole else FEWER), -0.01, -1),
        f"2.{name}-strict": (pairs("ranked-strict", "random"), None, 0),
        f"2.{name}-usual": (pairs("ranked", "random", "usual"), None, 0),
        f"2.{name}-strict-usual": (pairs("ranked-strict", "random", "usual"), None, 0),
        f"3.{name}-random": (over_usual("random"), -0.02, 0),
        f"3.{name}-ranked": (over_usual("ranked"), -0.02, 0),
        f"learning.{name}-teach": (pairs("teach-learning", "teach"), None, 0),
        f"learning.{name}-ranked": (pairs("ranked-learning", "ranked"), None, 0),
    }
    for key, (both, target, mean) in compared.items():
        if all(model in measured for pair in both for model in pair):
            yield key, difference(measured, both, target, mean=mean)


def levels(corpus: Corpus, measured: Measurements) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of one corpus that are no differences, as far as all is trained."""
    for arm in ("teach", "ranked-strict", *ARMS):
        for policy in POLICIES:
            models = [corpus.model(arm, policy, seed) for seed in FEWER]
            if any(model not in measured for model in models):
                continue
            yield f"f1.{corpus.name}-{arm}-{policy}", level([f1(measured, m) for m in models])
            if arm in ("teach", "random") and policy == "robust":
                kept = [agreement(measured, model) for model in models]
                yield f"3.{corpus.name}-others-{arm}", level(kept, 0.95, mean=0.95)


def write_result(name: str, **result: object) -> None:
    """Write build/NAME.json, with the machine and the commit."""
    commit = current_commit()
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result |= {"machine": machine, "commit": commit, "budget": BUDGET}
    path = BUILD.parent / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")


def show(found: dict[str, dict[str, Any]]) -> None:
    """Print the table and write build/study.json."""
    write_result("study", rows=found)
    header = ("row", "mean", NEW_TEXT, THIS_TEST, "range", "replicates", "target", "")
    print(table(table_lines(found), header=header, divider=True), flush=True)


def open_study(build: Path) -> list[Corpus]:
    """Let datasets be stored in `build`, and return the corpora that are asked for.

    They are all, the one that CORPUS names, or FiNER with QUICK. Ends where there is no data.
    """
    if not BASE.exists():
        sys.exit(f"this needs the corpora and the pipeline; set PRODIGY_AL_DATA (not in {DATA})")
    os.environ["PRODIGY_HOME"] = str(build / f"home-{BUDGET}")
    only = os.environ.get("CORPUS", "finer" if QUICK else "")
    return [corpus for corpus in CORPORA if only in ("", corpus.name)]


def main() -> None:
    """Run what is missing part by part; print and write what is known after each."""
    open_study(BUILD)
    wanted: dict[Corpus, list[Model]] = {corpus: [] for corpus in CORPORA}
    found: dict[str, dict[str, Any]] = {}
    for part in all_parts():
        part.simulate()
        wanted[part.corpus] += part.models()
        plan = open_plan(part.corpus, wanted[part.corpus])
        measured = measure(plan, wanted[part.corpus])
        found |= dict(differences(part.corpus, measured)) | dict(levels(part.corpus, measured))
        show(found)


if __name__ == "__main__":
    main()
