"""Rows 1-3: do robustly trained binary and ranked answers help? Ten redraws on real corpora.

    make study            all redraws, resumed where it was interrupted
    QUICK=1 make study    two redraws of 300 answers: the same steps, a smaller claim

Everything runs through the real recipes: `al.simulate` writes the redraws, one `al.compare` a
redraw trains from them; rows are Student's t intervals over redraws. Nothing is chosen here.
The corpora and the pipeline are not part of this repository: PRODIGY_AL_DATA names their folder.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wasabi.tables import table

from prodigy_al.evaluation.redraws import mean_over_redraws

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build" / "study"
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
QUICK = bool(os.environ.get("QUICK"))
BUDGET, REDRAWS = (300, 2) if QUICK else (1000, 10)
ARMS = ("teach", "ranked", "random", "ranked-strict", "teach-strict")
POLICIES = ("usual", "robust")


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


def redraws(corpus: Corpus) -> Iterator[dict[str, Any]]:
    """Simulate and compare redraw by redraw; yield each one's report."""
    for seed in range(REDRAWS):
        output = BUILD / f"{corpus.name}-{BUDGET}-{seed}"
        if not (output / "report.json").exists():
            prodigy(
                "al.simulate", DATA / corpus.pool, BASE, corpus.name, "--label", "ORG",
                "--arms", ",".join(ARMS), "--budget", BUDGET, "--seeds", f"{seed},",
            )  # fmt: skip
            prodigy(
                "al.compare", f"{corpus.name}-*-{seed}", BASE, "--test", DATA / corpus.test,
                "--label", "ORG", "--training", ",".join(POLICIES), "--seeds", "0,",
                "--output", output,
            )  # fmt: skip
        yield json.loads((output / "report.json").read_text(encoding="utf8"))


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
    reports: Reports, value: Callable[[dict[str, Any]], float], target: float | None, *, mean: float
) -> dict[str, Any]:
    """Return one row: met where the lower bound is above `target` and the mean at least `mean`."""
    found = mean_over_redraws([value(report) for report in reports])
    met = target is None or (found.low > target and found.difference >= mean)
    wanted = "" if target is None else f"low > {target:g}, mean >= {mean:g}"
    return {
        "value": found.difference,
        "low": found.low,
        "high": found.high,
        "n": len(reports),
        "target": wanted,
        "met": met,
    }


def rows(corpus: Corpus, reports: Reports) -> dict[str, dict[str, Any]]:
    """Return rows 1-3 of one corpus, and what stands beside them."""
    name, least = corpus.name, {"conll": 0.15, "finer": 0.05}[corpus.name]

    def gain(arm: str, policy: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, policy) - r["base"]["test"]["f1"]

    def over_random(arm: str, policy: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, policy) - on_test(r, "random", policy)

    def over_usual(arm: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: on_test(r, arm, "robust") - on_test(r, arm, "usual")

    def agreement(arm: str) -> Callable[[dict[str, Any]], float]:
        return lambda r: others(r, arm, "robust")

    return {
        f"1.{name}": row(reports, gain("teach", "robust"), 0.0, mean=least),
        f"1.{name}-usual": row(reports, gain("teach", "usual"), None, mean=0),
        f"1.{name}-stretch": row(reports, over_random("teach", "robust"), -0.05, mean=-1),
        f"1.{name}-strict": row(reports, gain("teach-strict", "robust"), None, mean=0),
        f"2.{name}": row(reports, over_random("ranked", "robust"), -0.01, mean=-1),
        f"2.{name}-usual": row(reports, over_random("ranked", "usual"), None, mean=0),
        f"2.{name}-strict": row(reports, over_random("ranked-strict", "robust"), None, mean=0),
        f"2.{name}-strict-usual": row(reports, over_random("ranked-strict", "usual"), None, mean=0),
        f"3.{name}-random": row(reports, over_usual("random"), -0.02, mean=0),
        f"3.{name}-ranked": row(reports, over_usual("ranked"), -0.02, mean=0),
        f"3.{name}-others-random": row(reports, agreement("random"), 0.95, mean=0.95),
        f"3.{name}-others-teach": row(reports, agreement("teach"), 0.95, mean=0.95),
    }


def main() -> None:
    """Run what is missing, print the table and write build/study.json."""
    if not BASE.exists():
        sys.exit(f"study needs the corpora and the pipeline; set PRODIGY_AL_DATA (not in {DATA})")
    found: dict[str, dict[str, Any]] = {}
    for corpus in CORPORA:
        found |= rows(corpus, list(redraws(corpus)))
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {"rows": found, "machine": machine, "commit": commit, "budget": BUDGET}
    (BUILD.parent / "study.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")
    print(
        table(
            [
                (name, f"{r['value']:+.3f}", f"[{r['low']:+.3f}, {r['high']:+.3f}]", r["n"],
                 r["target"], ("met" if r["met"] else "MISSED") if r["target"] else "")
                for name, r in found.items()
            ],
            header=("row", "mean", "95 %", "redraws", "target", ""),
            divider=True,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
