"""Rows 1-3: do robustly trained binary and ranked answers help? Replicates on real corpora.

    make study               all replicates, resumed where it was interrupted
    CORPUS=finer make study  one corpus alone; conll likewise
    QUICK=1 make study       two replicates of 300 answers on FiNER: the same steps, a smaller claim
    WORKERS=1 make study     one training at a time; two if not given

A replicate repeats the whole annotation with another seed, which is that of its dev fold too:
`al.simulate` writes its datasets. A pipeline is trained from each as `al.compare` does it, and all
are measured on one test set per corpus. A row is the mean difference over replicates with two
intervals: `low` and `high` for new text (other replicates on other documents), by which targets
are judged, and `this_low` and `this_high` for this test set (other replicates on the same
documents). Rows `f1` and the agreement of other labels are no differences and have the second
interval alone; `interval` says which one `low` and `high` are. Nothing is chosen here.
Rows `learning` compare an arm whose model learns while it asks with the same arm without, trained
the same way in the end. The corpora and the pipeline are not part of this repository:
PRODIGY_AL_DATA names their folder. The table is printed and written again after each part. What
single models got is kept in build/study-CORPUS.json and, from earlier runs, in results/ (kept.py):
these are neither simulated nor trained again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kept import KeptModels, difference, tested
from real_corpora import (
    BASE,
    BUDGET,
    CORPORA,
    DATA,
    POLICIES,
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
from prodigy_al.comparison.measurements import Model

BUILD = ROOT / "build" / "study"
REPLICATES = 2 if QUICK else 10
# The comparison with random takes all replicates; what costs twice the training takes half of them.
FEWER = range(REPLICATES if QUICK else 5)
ALL = range(REPLICATES)
ARMS = ("ranked", "random")
# Of the arms that rank, in every replicate so far; `make study-designs` compares it with others.
DESIGN = ("--by", "expected-errors", "--explore", 0.3)
LEARNING = ("teach-learning", "ranked-learning")
THE_BASE = "base"  # among the models that are kept

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """Some arms of some replicates, to be trained from by some policies."""

    corpus: Corpus
    arms: tuple[str, ...]
    seeds: range
    policies: tuple[str, ...]

    def complete(self, kept: KeptModels) -> None:
        """Simulate, train and keep what is missing, replicate by replicate."""
        for seed in self.seeds:
            replace(self, seeds=range(seed, seed + 1))._complete(kept)

    def _complete(self, kept: KeptModels) -> None:
        missing = {name: model for name, model in self.models().items() if name not in kept}
        if not missing:
            return
        self.simulate()
        plan = open_plan(self.corpus, list(missing.values()), BUILD)
        measured = measure(plan, list(missing.values()))
        if THE_BASE not in kept:
            missing[THE_BASE] = UNTRAINED
        kept.add({name: tested(measured, model, {}) for name, model in missing.items()})

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

    def models(self) -> dict[str, Model]:
        """Return what is trained, by the names under which it is kept."""
        return {
            kept_name(arm, policy, seed): self.corpus.model(arm, policy, seed)
            for seed in self.seeds
            for arm in self.arms
            for policy in self.policies
        }


def kept_name(arm: str, policy: str, seed: int) -> str:
    """Return what a model is called among those that are kept of a corpus."""
    return f"{arm}-{policy}-{seed}-of-{BUDGET}"


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


def is_full(dataset: str) -> bool:
    """Return whether a dataset has all its answers."""
    from prodigy_al.inputs.datasets import stored_examples  # not before PRODIGY_HOME is set

    return len(stored_examples(dataset)) >= BUDGET


def differences(corpus: Corpus, kept: KeptModels) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one corpus that are differences, as far as all is trained.

    The comparison of ranked with random has the first replicates alone until all are there.
    """
    name, least = corpus.name, {"conll": 0.15, "finer": 0.05}[corpus.name]

    def names(arm: str, policy: str, seeds: range = FEWER) -> list[str]:
        return [kept_name(arm, policy, seed) for seed in seeds]

    def pairs(arm: str, other: str, policy: str = "robust", seeds: range = FEWER) -> Pairs:
        return list(zip(names(arm, policy, seeds), names(other, policy, seeds), strict=True))

    def gain(policy: str) -> Pairs:
        return [(model, THE_BASE) for model in names("teach", policy)]

    def over_usual(arm: str) -> Pairs:
        return list(zip(names(arm, "robust"), names(arm, "usual"), strict=True))

    whole = all(model in kept for arm in ARMS for model in names(arm, "robust", ALL))
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
        if all(model in kept for pair in both for model in pair):
            found = [(kept[ours], kept[theirs]) for ours, theirs in both]
            yield key, difference(found, target, mean=mean)


def levels(corpus: Corpus, kept: KeptModels) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one corpus that are no differences, as far as all is trained."""
    for arm in ("teach", "ranked-strict", *ARMS):
        for policy in POLICIES:
            names = [kept_name(arm, policy, seed) for seed in FEWER]
            if any(name not in kept for name in names):
                continue
            models = [kept[name] for name in names]
            yield f"f1.{corpus.name}-{arm}-{policy}", level([model.f1 for model in models])
            if arm in ("teach", "random") and policy == "robust":
                others = level([model.others for model in models], 0.95, mean=0.95)
                yield f"3.{corpus.name}-others-{arm}", others


def show(found: dict[str, Row]) -> None:
    """Print the table and write build/study.json."""
    write_result("study", rows=found)
    header = ("row", "mean", NEW_TEXT, THIS_TEST, "range", "replicates", "target", "")
    print(table(table_lines(found), header=header, divider=True, max_col=60), flush=True)


def main() -> None:
    """Run what is missing part by part; print and write what is known after each."""
    kept = {corpus: KeptModels(f"study-{corpus.name}") for corpus in open_study(BUILD)}
    found: dict[str, Row] = {}
    for part in all_parts():
        if part.corpus not in kept:
            continue
        part.complete(kept[part.corpus])
        own = kept[part.corpus]
        found |= dict(differences(part.corpus, own)) | dict(levels(part.corpus, own))
        show(found)


if __name__ == "__main__":
    main()
