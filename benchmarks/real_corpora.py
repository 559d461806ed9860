"""What studies and benchmarks on real corpora have in common: data, trainings, results.

The corpora and the pipeline are not part of this repository: PRODIGY_AL_DATA names their folder.
CORPUS=finer takes one corpus alone (conll likewise), QUICK=1 makes everything smaller, and
WORKERS=1 trains one pipeline at a time, two if not given.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kept import current_commit

from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.runs import Run, predict_all
from prodigy_al.comparison.testset import remove_overlap

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
QUICK = bool(os.environ.get("QUICK"))
WORKERS = int(os.environ.get("WORKERS", "2"))
BUDGET = 300 if QUICK else 1000
BUILD = ROOT / "build"
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


def prodigy(*args: object) -> None:
    """Run a command of the project; its bars go to the terminal.

    Where this process is told to end, the command ends with it: what it goes on writing would be
    in the way of the next run.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command = [sys.executable, "-m", "prodigy", *map(str, args)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def open_plan(corpus: Corpus, models: Sequence[Model], folder: Path) -> Plan:
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


def write_result(name: str, **result: object) -> None:
    """Write build/NAME.json, with the machine and the commit."""
    commit = current_commit()
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result |= {"machine": machine, "commit": commit, "budget": BUDGET}
    path = BUILD / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")


def open_study(build: Path) -> list[Corpus]:
    """Let datasets be stored in `build`, and return the corpora that are asked for.

    They are all, the one that CORPUS names, or FiNER with QUICK. Ends where there is no data.
    """
    if not BASE.exists():
        sys.exit(f"this needs the corpora and the pipeline; set PRODIGY_AL_DATA (not in {DATA})")
    only = os.environ.get("CORPUS", "finer" if QUICK else "")
    found = [corpus for corpus in CORPORA if only in ("", corpus.name)]
    if not found:
        sys.exit(f"CORPUS={only}: there are {', '.join(corpus.name for corpus in CORPORA)}")
    os.environ["PRODIGY_HOME"] = str(build / f"home-{BUDGET}")
    return found
