"""Are the verdicts of al.diagnose right where the truth is known? Causes planted one by one.

    make study-planted            all plants, resumed where it was interrupted
    QUICK=1 make study-planted    two seeds each: the same steps, a smaller claim

In each world (one pool of generated news or of real documents, one base) every plant is a dataset,
asked by a recipe or written as if by somebody else's (plants.py). All of them are judged in one
call, as `al.diagnose 'NAME-*'` would; a verdict set is the twelve verdicts on one dataset. Counted
are

- *found*: sets in which the planted hypothesis is supported, for each plant, of at least 9 in 10;
- *beside*: sets of planted causes with a support of anything that is neither planted nor stands in
  planted_implied.py, however many such supports it has, of at most 1 in 20 over all plants;
- *quiet*: sets with nothing planted and no support at all, of at least 19 in 20 of each kind.

Nobody knows what is true of real documents as they are: they stand in the table and count nowhere.

The table is printed and build/study-planted.json written after each world; worlds that it or, from
earlier runs, results/study-planted.json holds are not made again. Plants in real documents need
PRODIGY_AL_DATA and are left out without.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "examples"))

from kept import current_commit  # noqa: E402
from planted_implied import IMPLIED  # noqa: E402
from planted_worlds import LABEL, UNSEEN, World, generated_world, real_world  # noqa: E402
from plants import BESIDE, PLANTS, WORLD_KINDS, WorldKind, by_arm  # noqa: E402
from real_corpora import BASE, DATA, QUICK, ROOT  # noqa: E402
from wasabi.tables import table  # noqa: E402

from prodigy_al.diagnosis.ledger import HYPOTHESES, judge  # noqa: E402
from prodigy_al.diagnosis.verdict import Verdict  # noqa: E402
from prodigy_al.evaluation.shares import share_interval  # noqa: E402
from prodigy_al.inputs.diagnosis import open_diagnosis  # noqa: E402
from prodigy_al.jobs.files import write_atomically  # noqa: E402

RESULT = ROOT / "build" / "study-planted.json"
FIRST_SEED = 3000
SEEDS, SEEDS_OF_NOTHING = (2, 2) if QUICK else (10, 20)
FOUND, BESIDE_AT_MOST, QUIET = 0.9, 0.05, 0.95


@dataclass(frozen=True)
class Judged:
    """One verdict set: hypothesis -> (word, number, low, high, p by Holm).

    aucs: of the test for selection, by what it reads -> (value, low, high)
    """

    plant: str
    setting: str
    seed: int
    commit: str
    verdicts: Mapping[str, Sequence[Any]]
    aucs: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @property
    def supported(self) -> set[str]:
        """The hypotheses that are supported."""
        return {name for name, (word, *_) in self.verdicts.items() if word == "supported"}

    @property
    def beside(self) -> set[str]:
        """The supported hypotheses that are neither planted nor implied."""
        return self.supported - {PLANTS[self.plant].planted} - set(IMPLIED.get(self.plant, {}))


@dataclass(frozen=True)
class Task:
    """A world and the plants that are judged in it."""

    kind: WorldKind
    setting: str
    seed: int
    plants: tuple[str, ...]

    def world(self) -> World:
        """Make it."""
        if self.kind == "real":
            return real_world(self.seed)
        return generated_world(self.setting, self.seed, with_versions=self.kind == "versions")


def all_tasks(
    settings: Sequence[str] = ("usual", UNSEEN),
    first: int = FIRST_SEED,
    *,
    seeds: int = SEEDS,
    of_nothing: int = SEEDS_OF_NOTHING,
) -> list[Task]:
    """Return all worlds, settings in turns; in the last ones nothing is planted."""
    tasks = []
    for i in range(max(seeds, of_nothing)):
        for kind in WORLD_KINDS:
            own = {name: plant for name, plant in PLANTS.items() if plant.world == kind}
            setting = "real" if kind == "real" else settings[i % len(settings)]
            plants = [name for name, one in own.items() if i < seeds or one.nothing]
            if plants:
                tasks.append(Task(kind, setting, first + i, tuple(plants)))
    return tasks


def run(task: Task) -> list[Judged]:
    """Make a world and all its datasets, and judge them."""
    world = task.world()
    with TemporaryDirectory() as home:
        os.environ["PRODIGY_HOME"] = home
        by_arm("random")(world, BESIDE)
        for name in task.plants:
            PLANTS[name].make(world, name)
        opened = open_diagnosis(
            [BESIDE, *task.plants], str(world.base), str(world.pool), label=[LABEL],
            loader=None, skip_bad=False, group_by=None, seed=0,
        )  # fmt: skip
        by_name = {one.arm: one for one in opened.evidence}
        commit = current_commit()
        return [read_verdicts(name, task, judge([by_name[name]]), commit) for name in task.plants]


def read_verdicts(plant: str, task: Task, verdicts: Sequence[Verdict], commit: str) -> Judged:
    """Return what is kept of the verdicts on one dataset."""
    selection = next(one for one in verdicts if one.id == "selection").details
    aucs = dict(selection.get("auc") or {}) | {"map": selection.get("map")}
    return Judged(
        plant,
        task.setting,
        task.seed,
        commit,
        {one.id: (one.verdict, one.number, one.low, one.high, one.p) for one in verdicts},
        {name: (one["value"], one["low"], one["high"]) for name, one in aucs.items() if one},
    )


def rows(found: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Return the rows that have targets."""
    made: dict[str, dict[str, Any]] = {}
    for name, plant in PLANTS.items():
        own = [one for one in found if one.plant == name]
        if own and plant.planted:
            hits = sum(plant.planted in one.supported for one in own)
            made[f"found.{name}"] = share(hits, len(own), at_least=FOUND)
    with_cause = [one for one in found if PLANTS[one.plant].planted]
    made["beside"] = share(
        sum(bool(one.beside) for one in with_cause), len(with_cause), at_most=BESIDE_AT_MOST
    )
    for name, plant in PLANTS.items():
        own = [one for one in found if one.plant == name]
        if own and plant.nothing:
            quiet = sum(not one.supported for one in own)
            made[f"quiet.{name}"] = share(quiet, len(own), at_least=QUIET)
    return made


def share(
    hits: int, n: int, *, at_least: float | None = None, at_most: float | None = None
) -> dict[str, Any]:
    """Return a share with its exact interval, and whether it meets its target."""
    target = f">= {at_least:g}" if at_least is not None else f"<= {at_most:g}"
    row = {"count": hits, "n": n, "target": target}
    if not n:
        return {"value": None, "low": None, "high": None, "met": False, **row}
    one = share_interval(hits, n)
    met = one.value >= (at_least or 0.0) and one.value <= (1.0 if at_most is None else at_most)
    return {"value": one.value, "low": one.low, "high": one.high, "met": met, **row}


def matrix(found: Sequence[Judged]) -> Iterator[tuple[str, int, list[tuple[str, int]]]]:
    """Yield each plant, its verdict sets, and in how many of them each hypothesis is supported."""
    for name in PLANTS:
        own = [one for one in found if one.plant == name]
        if own:
            counts = [(h, sum(h in one.supported for one in own)) for h in HYPOTHESES]
            yield name, len(own), counts


def write(found: Sequence[Judged], result: Path) -> None:
    """Write the rows and all verdict sets, one to a line, with four digits of each number."""
    head = json.dumps({"quick": QUICK, "rows": rows(found)})
    full = json.loads(json.dumps([asdict(one) for one in found]), parse_float=_shorten)
    sets = ",\n".join(map(json.dumps, full))
    result.parent.mkdir(exist_ok=True)
    write_atomically(result, f'{head[:-1]}, "sets": [\n{sets}\n]}}\n'.encode())


def _shorten(number: str) -> float:
    return float(f"{float(number):.4g}")


def show(found: Sequence[Judged], result: Path = RESULT) -> None:
    """Print the matrix and the rows, and write all verdict sets."""
    made = rows(found)
    write(found, result)
    lines = [
        (name, str(n), *(_cell(name, h, count, n) for h, count in counts))
        for name, n, counts in matrix(found)
    ]
    print(table(lines, header=("", "sets", *HYPOTHESES), divider=True))
    targets = [
        (name, share_in_words(row), row["target"], "met" if row["met"] else "MISSED")
        for name, row in made.items()
        if row["n"]
    ]
    print(table(targets, header=("row", "share", "target", "")), flush=True)


def _cell(plant: str, hypothesis: str, count: int, n: int) -> str:
    if not count:
        return "."
    shown = f"{count / n:.2f}"
    if hypothesis == PLANTS[plant].planted:
        return f"*{shown}"
    return f"({shown})" if hypothesis in IMPLIED.get(plant, {}) else shown


def share_in_words(row: Mapping[str, Any]) -> str:
    """Return a row's count, its n and its interval."""
    return f"{row['count']} of {row['n']} [{row['low']:.2f}, {row['high']:.2f}]"


def read_judged(paths: Iterable[Path]) -> list[Judged]:
    """Return the verdict sets of the first file that holds any of a run of this size."""
    for path in paths:
        stored = json.loads(path.read_bytes()) if path.exists() else {}
        if stored.get("quick") == QUICK:
            return [Judged(**one) for one in stored["sets"]]
    return []


def main() -> None:
    """Judge what is missing, world by world; print and write what is known after each."""
    found = read_judged((RESULT, ROOT / "benchmarks" / "results" / RESULT.name))
    done = {(one.plant, one.setting, one.seed) for one in found}
    if not BASE.exists():
        print(f"plants in real documents are left out: PRODIGY_AL_DATA (not in {DATA})", flush=True)
    for task in all_tasks():
        if task.kind == "real" and not BASE.exists():
            continue
        if any((name, task.setting, task.seed) not in done for name in task.plants):
            again = {(name, task.setting, task.seed) for name in task.plants}
            found = [one for one in found if (one.plant, one.setting, one.seed) not in again]
            found += run(task)
            show(found)
    show(found)


if __name__ == "__main__":
    main()
