"""The arms of a simulation: which recipe with which options, for which redraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from prodigy_al.errors import OptionError


@dataclass(frozen=True)
class Arm:
    """A recipe and what sets this arm apart. `active` arms take `--explore`."""

    recipe: str
    options: Mapping[str, Any] = field(default_factory=dict)
    binary: bool = False
    active: bool = True


# Simulated annotators are too fast for a model that learns in the background: they wait for it.
LEARN_EVERY = 100

ARMS: Mapping[str, Arm] = MappingProxyType(
    {
        "teach": Arm("al.teach", binary=True),
        "ranked": Arm("al.manual-ranked"),
        "random": Arm("al.random", active=False),
        "random-binary": Arm("al.random", {"binary": True}, binary=True, active=False),
        "ranked-strict": Arm("al.manual-ranked", {"strict": True}),
        "teach-strict": Arm("al.teach", {"strict": True}, binary=True),
        "teach-learning": Arm("al.teach", {"update_every": LEARN_EVERY, "wait": True}, binary=True),
        "ranked-learning": Arm("al.manual-ranked", {"rerank_every": LEARN_EVERY, "wait": True}),
    }
)
DEFAULT_ARMS = ("teach", "ranked", "random")


@dataclass(frozen=True)
class Run:
    """One arm of one redraw, the dataset it is written to, and how many answers it gets."""

    dataset: str
    arm: Arm
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
    explore: float,
) -> list[Run]:
    """Return all runs, redraw by redraw. Salt and seed vary together.

    >>> runs = plan_runs("x", arms=None, seeds=[0], budget=100, fold_salt="", explore=0.3)
    >>> [run.dataset for run in runs]
    ['x-teach-0', 'x-ranked-0', 'x-random-0']
    """
    if budget < 1:
        raise OptionError(
            f"--budget {budget}: give a number of answers of at least 1",
            option="--budget",
            value=budget,
        )
    chosen = list(dict.fromkeys(arms or DEFAULT_ARMS))
    for arm in chosen:
        if arm not in ARMS:
            raise OptionError(
                f"--arms {arm}: there is no such arm; there are {', '.join(ARMS)}",
                option="--arms",
                value=arm,
            )
    return [
        Run(
            dataset=f"{name}-{arm}-{seed}",
            arm=ARMS[arm],
            seed=seed,
            budget=budget,
            options={
                **ARMS[arm].options,
                **({"explore": explore} if ARMS[arm].active else {}),
                "seed": seed,
                "fold_salt": f"{fold_salt}-{seed}",
            },
        )
        for seed in seeds
        for arm in chosen
    ]
