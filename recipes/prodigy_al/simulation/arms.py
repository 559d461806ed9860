"""The arms of a simulation: which recipe with which options, for which replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from prodigy_al.errors import ParameterError


@dataclass(frozen=True)
class SimulatedArm:
    """A recipe and the options that make it this arm; `active` arms rank, and so take more options.

    A `built_in` one is not of this package and takes none of its options.
    """

    recipe: str
    options: Mapping[str, Any] = field(default_factory=dict)
    binary: bool = False
    active: bool = True
    built_in: bool = False


# Simulated annotators are too fast for a model that is refitted meanwhile: they wait for it.
LEARN_EVERY = 100

# Without probabilities there is none to keep for each kind of segment.
STRICT = MappingProxyType({"strict": True, "within_kinds": False})

ARMS: Mapping[str, SimulatedArm] = MappingProxyType(
    {
        "teach": SimulatedArm("al.teach", binary=True),
        "ranked": SimulatedArm("al.manual-ranked"),
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
        "ner-teach": SimulatedArm("ner.teach", binary=True, active=False, built_in=True),
    }
)
DEFAULT_ARMS = ("teach", "ranked", "random")


@dataclass(frozen=True)
class SimulatedRun:
    """One arm of one replicate, the dataset it is written to, and how many answers it gets."""

    dataset: str
    arm: SimulatedArm
    seed: int
    budget: int
    options: Mapping[str, Any]


def plan_runs(
    name: str,
    *,
    arms: Sequence[str] | None,
    seeds: Sequence[int],
    budget: int,
    fold_salt: str,
    active: Mapping[str, Any],
) -> list[SimulatedRun]:
    """Return all runs, replicate by replicate. Salt and seed vary together.

    `active` are the options of arms that rank, where their own do not say otherwise. Raises
    `ParameterError` for a budget below 1 and for an arm that does not exist.

    >>> runs = plan_runs("x", arms=None, seeds=[0], budget=100, fold_salt="", active={})
    >>> [run.dataset for run in runs]
    ['x-teach-0', 'x-ranked-0', 'x-random-0']
    """
    if budget < 1:
        raise ParameterError("budget", budget, "give a number of answers of at least 1")
    chosen = list(dict.fromkeys(arms or DEFAULT_ARMS))
    for arm in chosen:
        if arm not in ARMS:
            raise ParameterError("arms", arm, f"there is no such arm; there are {', '.join(ARMS)}")
    return [
        SimulatedRun(
            dataset=f"{name}-{arm}-{seed}",
            arm=ARMS[arm],
            seed=seed,
            budget=budget,
            options={}
            if ARMS[arm].built_in
            else {
                **(active if ARMS[arm].active else {}),
                **ARMS[arm].options,
                "seed": seed,
                "fold_salt": f"{fold_salt}-{seed}",
            },
        )
        for seed in seeds
        for arm in chosen
    ]
