"""Rows 1-3: do robustly trained binary and ranked answers help? Replicates on real corpora.

    make study            all replicates, resumed where it was interrupted
    QUICK=1 make study    two replicates of 300 answers: the same steps, a smaller claim

A replicate repeats the whole annotation with another seed. Everything runs through the real
recipes: `al.simulate` writes the replicates, one `al.compare` per replicate trains from them; rows
are Student's t intervals over replicates. Nothing is chosen here.
Rows `learning` compare an arm whose model learns while it asks with the same arm without, trained
the same way in the end. The corpora and the pipeline are not part of this repository:
PRODIGY_AL_DATA names their folder.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wasabi.tables import table

from prodigy_al.evaluation.replicates import mean_over_replicates

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "study"
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
QUICK = bool(os.environ.get("QUICK"))
BUDGET, REPLICATES = (300, 2) if QUICK else (1000, 10)
# The comparison with random takes all replicates; what costs twice the training takes half of them.
FEWER = REPLICATES if QUICK else 5
ARMS = ("ranked", "random")
BESIDE = ("teach", "ranked-strict")
LEARNING = ("teach-learning", "ranked-learning")


@dataclass(frozen=True)
class Corpus:
    """A pool to ask about and a held-out test set, both with gold."""

    name: str
    pool: str
    test: str


CORPORA = (
    Corpus("conll", "conll2003/train.jsonl.gz", "conll2003/testb.jsonl.gz"),
    Corpus("finer", "finer_ord/train.jsonl.gz", "finer_ord/heldout.jsonl.gz"),
)

Reports = list[dict[str, Any]]


def prodigy(*args: object) -> None:
    """Run a command of the project; its bars go to the terminal."""
    env = {**os.environ, "PRODIGY_HOME": str(BUILD / f"home-{BUDGET}")}
    command = [sys.executable, "-m", "prodigy", *map(str, args)]
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)


@dataclass(frozen=True)
class Replicate:
    """Some arms of one replicate, to be trained from by some policies."""

    corpus: Corpus
    seed: int
    arms: tuple[str, ...]
    policies: tuple[str, ...]
    name: str = ""

    def report(self) -> dict[str, Any]:
        """Simulate and compare, unless that was done before; return the report."""
        name, seed = self.corpus.name, self.seed
        output = BUILD / f"{name}-{BUDGET}-{seed}{self.name}"
        if not (output / "report.json").exists():
            prodigy(
                "al.simulate", DATA / self.corpus.pool, BASE, name, "--label", "ORG",
                "--arms", ",".join(self.arms), "--budget", BUDGET, "--seeds", f"{seed},",
            )  # fmt: skip
            prodigy(
                "al.compare", ",".join(f"{name}-{arm}-{seed}" for arm in self.arms), BASE,
                "--test", DATA / self.corpus.test, "--label", "ORG",
                "--training", ",".join(self.policies), "--seeds", "0,", "--output", output,
            )  # fmt: skip
        found: dict[str, Any] = json.loads((output / "report.json").read_text(encoding="utf8"))
        return found


def all_replicates(corpus: Corpus) -> tuple[Reports, Reports]:
    """Return the reports of all replicates, and those of the arms that learn while they ask."""
    first = [
        Replicate(corpus, seed, (*BESIDE, *ARMS), ("usual", "robust")).report()
        for seed in range(FEWER)
    ]
    rest = [
        Replicate(corpus, seed, ARMS, ("robust",)).report() for seed in range(FEWER, REPLICATES)
    ]
    learning = [
        Replicate(corpus, seed, LEARNING, ("robust",), "-learning").report()
        for seed in range(FEWER)
    ]
    return first + rest, learning


def on_test(report: dict[str, Any], arm: str, policy: str) -> float:
    """Return F1 on test of the one dataset of this arm."""
    (found,) = [a for a in report["arms"].values() if a["strategy"] == arm]
    value: float = found["runs"][policy]["test"]["f1"]
    return value


def others(report: dict[str, Any], arm: str, policy: str) -> float:
    """Return the agreement with the base on the labels that were not asked for."""
    (found,) = [a for a in report["arms"].values() if a["strategy"] == arm]
    value: float = found["runs"][policy]["others"]["agreement_f1"]
    return value


def row(
    reports: Reports,
    value: Callable[[dict[str, Any]], float],
    target: float | None = None,
    *,
    mean: float = 0.0,
) -> dict[str, Any]:
    """Return one row over replicates, see `summary`."""
    return summary([value(report) for report in reports], target, mean=mean)


def summary(
    values: Sequence[float], target: float | None = None, *, mean: float = 0.0
) -> dict[str, Any]:
    """Return one row: met where the lower bound is above `target` and the mean at least `mean`."""
    found = mean_over_replicates(values)
    return {
        "value": found.difference,
        "low": found.low,
        "high": found.high,
        "smallest": min(values),
        "largest": max(values),
        "n": len(values),
        "target": "" if target is None else f"low > {target:g}, mean >= {mean:g}",
        "met": target is None or (found.low > target and found.difference >= mean),
    }


def rows(corpus: Corpus, reports: Reports, learning: Reports) -> dict[str, dict[str, Any]]:
    """Return rows 1-3 of one corpus, and the rows without a target."""
    name, least = corpus.name, {"conll": 0.15, "finer": 0.05}[corpus.name]
    few = reports[:FEWER]

    def f1(arm: str, policy: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, policy)

    def gain(arm: str, policy: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, policy) - r["base"]["test"]["f1"]

    def over_random(arm: str, policy: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, policy) - on_test(r, "random", policy)

    def over_usual(arm: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, "robust") - on_test(r, arm, "usual")

    def agreement(arm: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: others(r, arm, "robust")

    def by_learning(arm: str) -> list[float]:
        return [
            on_test(new, f"{arm}-learning", "robust") - on_test(old, arm, "robust")
            for new, old in zip(learning, few, strict=True)
        ]

    return {
        f"1.{name}": row(few, gain("teach", "robust"), 0.0, mean=least),
        f"1.{name}-usual": row(few, gain("teach", "usual")),
        f"1.{name}-stretch": row(few, over_random("teach", "robust"), -0.05, mean=-1),
        f"2.{name}": row(reports, over_random("ranked", "robust"), -0.01, mean=-1),
        f"2.{name}-strict": row(few, over_random("ranked-strict", "robust")),
        f"2.{name}-usual": row(few, over_random("ranked", "usual")),
        f"2.{name}-strict-usual": row(few, over_random("ranked-strict", "usual")),
        f"3.{name}-random": row(few, over_usual("random"), -0.02, mean=0),
        f"3.{name}-ranked": row(few, over_usual("ranked"), -0.02, mean=0),
        f"3.{name}-others-random": row(few, agreement("random"), 0.95, mean=0.95),
        f"3.{name}-others-teach": row(few, agreement("teach"), 0.95, mean=0.95),
        f"learning.{name}-teach": summary(by_learning("teach")),
        f"learning.{name}-ranked": summary(by_learning("ranked")),
        **{
            f"f1.{name}-{arm}-{policy}": row(few, f1(arm, policy))
            for arm in (*BESIDE, *ARMS)
            for policy in ("usual", "robust")
        },
    }


def main() -> None:
    """Run what is missing, print the table and write build/study.json."""
    if not BASE.exists():
        sys.exit(f"study needs the corpora and the pipeline; set PRODIGY_AL_DATA (not in {DATA})")
    found: dict[str, dict[str, Any]] = {}
    for corpus in CORPORA:
        found |= rows(corpus, *all_replicates(corpus))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {"rows": found, "machine": machine, "commit": commit, "budget": BUDGET}
    (BUILD.parent / "study.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")
    print(
        table(
            [
                (name, f"{r['value']:+.3f}", f"[{r['low']:+.3f}, {r['high']:+.3f}]",
                 f"{r['smallest']:+.3f} to {r['largest']:+.3f}", r["n"], r["target"],
                 ("met" if r["met"] else "MISSED") if r["target"] else "")
                for name, r in found.items()
            ],
            header=("row", "mean", "95 %", "range", "replicates", "target", ""),
            divider=True,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
