"""What a protocol asks for: which arms, redraws, budgets, trainings and baselines.

Everything is fixed before anything is measured, and nothing is chosen by what is found on test. A
*redraw* repeats the whole annotation with another seed and another dev fold; each arm of it is held
against random order of the same redraw. A *cell* is what is trained once a redraw.

What it consists of is what critics of such evaluations ask for (docs/protocol.md): many redraws and
an oracle (Werner et al. 2024, CDALBench; Ghose & Nguyen 2024), the difference to random at several
training settings (Munjal et al. 2022; Lüth et al. 2023, P4) and start budgets (the same, P2),
another pipeline trained from the same answers (Lowell, Lipton & Wallace 2019), and words on what a
simulation does not show (Margatina & Aletras 2023).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.testset import TestSet
from prodigy_al.simulation.arms import ARMS, find_arm
from prodigy_al.training.policies import ROBUST

Equal: TypeAlias = Literal["answers", "seconds"]
ANSWERS: Equal = "answers"
SECONDS: Equal = "seconds"
RANDOM, ORACLE, POOL = "random", "oracle", "pool"
"""Arms that no `--arms` needs to name: the control, the order by gold, the whole pool."""
LOOKUP = "lookup"
"""In place of a training policy: accepted names, looked up."""
DEFAULT_ARMS = ("ranked", "teach")
DEFAULT_SETTINGS = ("usual", ROBUST.name, "scratch")
DEFAULT_STARTS = (1 / 6, 1 / 3, 2 / 3)
SWEPT: Mapping[str, str] = {"teach": "mixed", "mixed": "mixed", "mixed-ranked": "mixed-ranked"}
"""Arms of single spans, and the arm that is them after whole segments."""


PARTS = ("budgets", "bounds", "settings", "successor", "starts")
"""What a protocol consists of, in the order in which it is done, the most important first."""


@dataclass(frozen=True)
class Cell:
    """What is trained in each redraw: answers of an `arm`, as many as random's or as take its time.

    `policy` is how, or `LOOKUP`; `successor` says from which of the two pipelines.
    """

    arm: str
    equal: Equal
    policy: str
    successor: bool = False


@dataclass(frozen=True)
class Pipeline:
    """A pipeline that is trained from: name or path, and what it is known by in run caches."""

    name: str
    described: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """Return the SHA-256 of its weights and settings."""
        return str(self.described["sha256"])


@dataclass(frozen=True)
class ProtocolPlan:
    """One protocol: the arms that are held against random, in each of the redraws `seeds`.

    `budget`, in `unit`, is random's; `segments` is the number of distinct texts of the pool.
    `parts` are those of `PARTS` that are asked for. `settings` are training policies, `main` of
    them the one that all else is trained by; `starts` the shares of the budget that whole segments
    get first, of arms that are `SWEPT`. `wanted` in (0, 1) is the difference of F1 that redraws are
    planned for. `conditions` says how the simulated annotator was set, `machine` what it runs on,
    `command` what was typed.
    """

    name: str
    parts: tuple[str, ...]
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    budget: int
    unit: str
    segments: int
    labels: tuple[str, ...]
    test: TestSet
    base: Pipeline
    successor: Pipeline | None
    settings: tuple[str, ...]
    starts: tuple[float, ...]
    start_share: float
    wanted: float
    cache: RunCache
    workers: int
    tokenizer: Callable[[str], Any]
    conditions: Mapping[str, Any]
    fold_salt: str
    active: Mapping[str, Any]
    machine: Mapping[str, Any]
    cluster: str | None = None
    command: str = ""

    @property
    def whole_pool(self) -> int:
        """Return the answers that the pool takes at most: two of each text where some get two."""
        return self.segments * (2 if self.conditions.get("overlap") else 1)

    @property
    def main(self) -> str:
        """Return the policy by which everything is trained: *robust*, or else the first one."""
        return ROBUST.name if ROBUST.name in self.settings else self.settings[0]

    @property
    def swept(self) -> dict[str, tuple[str, float]]:
        """Return the arms of other start budgets, by name: the arm, and the share of its start."""
        own = dict.fromkeys(SWEPT[arm] for arm in self.arms if arm in SWEPT)
        return {start_name(arm, share): (arm, share) for arm in own for share in self.starts}

    def cells(self, part: str) -> list[Cell]:
        """Return what one part trains, or looks up, in each redraw."""
        main = self.main
        if part == "budgets":
            return [
                Cell(RANDOM, ANSWERS, main),
                *(Cell(arm, equal, main) for arm in self.arms for equal in (ANSWERS, SECONDS)),
                Cell(RANDOM, ANSWERS, LOOKUP),
                *(Cell(arm, equal, LOOKUP) for arm in self.arms for equal in (ANSWERS, SECONDS)),
            ]
        if part == "bounds":
            return [
                Cell(POOL, ANSWERS, main),
                Cell(ORACLE, ANSWERS, main),
                Cell(ORACLE, SECONDS, main),
            ]
        if part == "starts":
            return [Cell(arm, SECONDS, main) for arm in self.swept]
        policies = [policy for policy in self.settings if policy != main]
        if part == "successor":
            policies = [] if self.successor is None else [main]
        others = [(policy, part == "successor") for policy in policies]
        return [
            cell
            for policy, successor in others
            for cell in (
                Cell(RANDOM, ANSWERS, policy, successor),
                *(Cell(arm, SECONDS, policy, successor) for arm in self.arms),
            )
        ]

    def trainings(self, part: str) -> int:
        """Return how many pipelines a part trains at most: equal answers are trained from once."""
        return len(self.seeds) * sum(cell.policy != LOOKUP for cell in self.cells(part))

    def simulations(self, part: str) -> int:
        """Return how many datasets a part simulates that none before it does.

        An arm that begins from whole segments is two.
        """
        arms = {"budgets": [RANDOM, *self.arms], "bounds": [ORACLE, POOL]}.get(part, [])
        starts = sum(find_arm(arm).start is not None for arm in arms if arm not in (ORACLE, POOL))
        of_starts = 2 * len(self.swept) if part == "starts" else 0
        return len(self.seeds) * (len(arms) + starts + of_starts)


def control_of(cell: Cell) -> Cell:
    """Return what a cell is held against: random order, trained as it is; the same for both equals.

    >>> control_of(Cell("ranked", "seconds", "usual"))
    Cell(arm='random', equal='answers', policy='usual', successor=False)
    """
    return Cell(RANDOM, ANSWERS, cell.policy, cell.successor)


def start_name(arm: str, share: float) -> str:
    """Return the name of an arm with a share of its budget for whole segments.

    >>> start_name("mixed", 1 / 6), start_name("mixed-ranked", 0.25)
    ('mixed-1of6', 'mixed-ranked-1of4')
    """
    part = Fraction(share).limit_denominator(100)
    return f"{arm}-{part.numerator}of{part.denominator}"


def unknown_arms(arms: Sequence[str]) -> list[str]:
    """Return the arms that cannot be held against random answers: no dev fold of theirs is known.

    >>> unknown_arms(["ranked", "ner-teach"])
    ['ner-teach']
    """
    return [arm for arm in arms if arm in ARMS and ARMS[arm].built_in]
