"""The arms of a simulation: which recipe with which options, for which replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from types import MappingProxyType
from typing import Any

from prodigy_al.errors import ParameterError
from prodigy_al.records import BY
from prodigy_al.simulation.costs import UNITS, Unit


@dataclass(frozen=True)
class SimulatedArm:
    """A recipe and the options that make it this arm; `active` arms rank, and so take more options.

    A `built_in` one is not of this package and takes none of its options. One with a `start` begins
    from the answers of that other arm, to which it leaves a part of its budget. One that
    `sees_gold` is an order that nobody can have (`ORACLE`).
    """

    recipe: str
    options: Mapping[str, Any] = field(default_factory=dict)
    binary: bool = False
    active: bool = True
    built_in: bool = False
    start: str | None = None
    sees_gold: bool = False

    @property
    def chosen(self) -> bool:
        """Whether a model chooses the texts."""
        return self.active or self.built_in


# Simulated annotators are too fast for a model that is refitted meanwhile: they wait for it.
LEARN_EVERY = 100

# Without probabilities there is none to keep for each kind of segment.
# A plain dictionary, since a read-only view of one cannot be sent to another process.
STRICT = {"strict": True, "within_kinds": False}

ARMS: Mapping[str, SimulatedArm] = MappingProxyType(
    {
        "teach": SimulatedArm("al.teach", binary=True),
        "ranked": SimulatedArm("al.manual-ranked"),
        "ranked-suggest": SimulatedArm("al.manual-ranked", {"suggest": True}),
        "random": SimulatedArm("al.random", active=False),
        "random-binary": SimulatedArm("al.random", {"binary": True}, binary=True, active=False),
        "ranked-strict": SimulatedArm("al.manual-ranked", STRICT),
        "teach-strict": SimulatedArm("al.teach", STRICT, binary=True),
        "teach-learning": SimulatedArm(
            "al.teach", {"update_every": LEARN_EVERY, "wait": True}, binary=True
        ),
        "ranked-learning": SimulatedArm(
            "al.manual-ranked", {"rerank_every": LEARN_EVERY, "wait": True}
        ),
        "mixed": SimulatedArm("al.teach", binary=True, start="random"),
        "mixed-ranked": SimulatedArm("al.teach", binary=True, start="ranked"),
        "ner-teach": SimulatedArm("ner.teach", binary=True, active=False, built_in=True),
    }
)
ORACLE = SimulatedArm("al.manual-ranked", sees_gold=True)
"""Whole segments ranked by the true errors of the model: what ranking by errors brings at best."""
DEFAULT_ARMS = ("teach", "ranked", "random")
START_SHARE = 1 / 3


@dataclass(frozen=True)
class SimulatedRun:
    """One arm of one replicate, the dataset it is written to, and its budget, in `unit`.

    `start` is the run that it begins from, if any.
    """

    dataset: str
    arm: SimulatedArm
    seed: int
    budget: int
    options: Mapping[str, Any]
    unit: Unit = "answers"
    start: SimulatedRun | None = None


def find_arm(name: str) -> SimulatedArm:
    """Return the arm of a name; one that ranks may name its score too, whatever others rank by.

    Whether there is such a score is not looked at. Raises `ParameterError` for an arm that does not
    exist, and for a score of one that does not rank.

    >>> find_arm("ranked-strict-by-mnlp").options["by"]
    'mnlp'
    """
    if name in ARMS:
        return ARMS[name]
    ranking, _, by = name.partition(BY)
    if ranking not in ARMS or not by:
        raise ParameterError(
            "arms",
            name,
            f"there is no such arm; there are {', '.join(ARMS)}, and with any score of --by those "
            f"that rank, such as ranked{BY}mnlp",
        )
    arm = ARMS[ranking]
    if not arm.active:
        ranks = ", ".join(other for other, one in ARMS.items() if one.active)
        raise ParameterError("arms", name, f"{ranking} ranks by no score; those that do: {ranks}")
    return replace(arm, options={**arm.options, "by": by})


def plan_runs(
    name: str,
    *,
    arms: Sequence[str] | None,
    seeds: Sequence[int],
    budget: int,
    fold_salt: str,
    active: Mapping[str, Any],
    unit: str = "answers",
    start_share: float = START_SHARE,
) -> list[SimulatedRun]:
    """Return all runs, replicate by replicate. Salt and seed vary together.

    `active` are the options of arms that rank, where their own do not say otherwise. An arm that
    begins from another one is two runs: that one's comes first and gets `start_share` of the
    budget, rounded up. Raises `ParameterError` for a budget below 1, for a unit or an arm that
    does not exist, and for a share that leaves one of two runs nothing.

    >>> runs = plan_runs("x", arms=["random", "mixed"], seeds=[0], budget=100, fold_salt="",
    ...                  active={})
    >>> [(run.dataset, run.budget) for run in runs]
    [('x-random-0', 100), ('x-mixed-start-0', 34), ('x-mixed-0', 66)]
    """
    measure = _check_unit(unit)
    if budget < 1:
        raise ParameterError("budget", budget, f"give a number of {unit} of at least 1")
    if not 0 < start_share < 1:
        raise ParameterError(
            "start_share", start_share, "out of range; give a number between 0 and 1"
        )
    chosen = {arm_name: find_arm(arm_name) for arm_name in arms or DEFAULT_ARMS}
    for arm_name, arm in chosen.items():
        if arm.start is not None and _first(start_share, budget) >= budget:
            raise ParameterError(
                "start_share",
                start_share,
                f"the start of {arm_name} would take all {budget} {unit}; give a smaller share",
            )
    runs = []
    for seed in seeds:
        both = {"seed": seed, "fold_salt": f"{fold_salt}-{seed}"}
        plan = partial(_plan, unit=measure, active=active, both=both)
        for arm_name, arm in chosen.items():
            run = plan(f"{name}-{arm_name}-{seed}", arm, budget)
            if arm.start is not None:
                first = _first(start_share, budget)
                start = plan(f"{name}-{arm_name}-start-{seed}", ARMS[arm.start], first)
                options = {**run.options, "start": start.dataset}
                run = replace(run, budget=budget - first, options=options, start=start)
                runs.append(start)
            runs.append(run)
    return runs


def _plan(
    dataset: str,
    arm: SimulatedArm,
    budget: int,
    *,
    unit: Unit,
    active: Mapping[str, Any],
    both: Mapping[str, Any],
) -> SimulatedRun:
    """Return one run; `both` are the seed and the salt of its replicate."""
    options = {**(active if arm.active else {}), **arm.options, **both}
    own = {} if arm.built_in else options
    return SimulatedRun(dataset, arm, both["seed"], budget, own, unit)


def _check_unit(unit: str) -> Unit:
    for one in UNITS:
        if one == unit:
            return one
    raise ParameterError("budget_in", unit, f"there is no such unit; there are {', '.join(UNITS)}")


def _first(share: float, budget: int) -> int:
    # 0.07 of 100 is 7 answers, though as floats it is a little more
    return ceil(round(share * budget, 9))
