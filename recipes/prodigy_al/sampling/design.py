"""How questions are drawn: the choices of one run, checked before the first question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from types import MappingProxyType
from typing import Any

from prodigy_al.errors import ParameterError
from prodigy_al.records import BY, Fold, Unit
from prodigy_al.sampling.keys import quantise

# Constant, so that every arm and every replicate on one source shares one dev fold.
DEFAULT_FOLD_SALT = "prodigy-al"

# Some of the pool must stay for training, and a block that asks nothing would never end.
SHARES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"explore": (0.0, 1.0), "dev_share": (0.0, 0.9), "rate": (0.001, 1.0)}
)
COUNTS = ("block_size", "learn_every")

CONTROLS = frozenset({"random", "random-binary"})
"""The strategies that draw every segment alike."""

# The design whose weighted numbers and intervals docs/estimators.md holds against the truth.
MEASURING: Mapping[str, Any] = MappingProxyType(
    {"acquisition": "expected-errors", "explore": 0.3, "within_kinds": False}
)

# How whole segments to learn from are drawn where nobody says otherwise: of the designs that were
# measured the best at equal seconds (docs/fine-tuning.md).
RANKING: Mapping[str, Any] = MappingProxyType(
    {"acquisition": "errors-per-root-token", "explore": 0.1}
)


@dataclass(frozen=True)
class SamplingDesign:
    """The choices that fix the order of questions for a given source and model.

    The dev fold is there to measure, the train fold to learn from: what is chosen of `acquisition`,
    `explore` and `within_kinds` holds for the train fold, and the dev fold has a design that never
    changes (`MEASURING`). So the dev questions of two designs with one name and seed are the same.

    `explore` is ε in [0, 1]: the share of the probability that is spread evenly; 1 is the random
    control. With `within_kinds` the rest goes by scores within each kind of segment (`kinds`), each
    of which keeps its share of the first draw. `block_size` None makes one block of the whole fold,
    else blocks are cut in a seeded random order; in each, the share `rate` with the smallest keys
    is asked before the next is opened, and again that many in each later pass. `strict` orders by
    score alone and so has no probabilities. `learn_every` is after how many train-fold answers the
    model is refitted; None: never. Without blocks, a refitted model starts a new round over what is
    left.

    Raises `ParameterError` for a share outside its range, a count below 1, and for `within_kinds`
    where no probability is left to tilt.
    """

    strategy: str
    unit: Unit
    seed: int = 0
    explore: float = 0.3
    strict: bool = False
    block_size: int | None = None
    rate: float = 1.0
    dev_share: float = 0.25
    fold_salt: str = DEFAULT_FOLD_SALT
    acquisition: str = "expected-errors"
    within_kinds: bool = False
    learn_every: int | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in SHARES.items():
            share = getattr(self, name)
            if not low <= share <= high:
                raise ParameterError(
                    name, share, f"out of range; give a number from {low:g} to {high:g}"
                )
        for name in COUNTS:
            count = getattr(self, name)
            if count is not None and count < 1:
                raise ParameterError(name, count, "give a whole number of at least 1")
        if self.within_kinds and (self.strict or self.explore == 1.0):
            raise ParameterError(
                "within_kinds",
                self.within_kinds,
                "a strict order has no probabilities, and with a share of chance of 1 they are "
                "all the same; leave it out",
            )

    @cached_property
    def dev(self) -> SamplingDesign:
        """How the dev fold is drawn.

        A strict design, which has no probabilities, and a control are the same in both folds.
        """
        if self.strict or self.strategy in CONTROLS:
            return self
        return replace(self, **MEASURING)

    def of_fold(self, fold: Fold) -> SamplingDesign:
        """Return how a fold is drawn."""
        return self.dev if fold == "dev" else self

    @property
    def lazy(self) -> bool:
        """Whether the order is known without any score, so that scoring can wait."""
        return self.explore == 1.0 and not self.strict and self.unit == "segment"


def share_of_block(rate: float, size: int) -> int:
    """Return how many questions one pass asks of a block of `size`; at least one of any block.

    >>> share_of_block(0.2, 100), share_of_block(0.2, 3)
    (20, 1)
    """
    # quantised, since a stored rate may come back with another last bit
    return ceil(quantise(rate) * size)


def strategy_name(
    recipe: str, *, strict: bool = False, learning: bool = False, started: bool = False
) -> str:
    """Return the name under which records and reports know a design.

    `started`: its questions follow whole segments of another dataset (`--start`).

    >>> strategy_name("teach", strict=True), strategy_name("teach", started=True)
    ('teach-strict', 'teach-started')
    """
    parts = [recipe]
    if strict:
        parts.append("strict")
    if learning:
        parts.append("learning")
    if started:
        parts.append("started")
    return "-".join(parts)


def by_score(strategy: str, acquisition: str) -> str:
    """Return the name of a strategy that ranks by a score: as it is, where that is its default.

    >>> by_score("ranked-strict", "errors-per-root-token"), by_score("teach", "mnlp")
    ('ranked-strict', 'teach-by-mnlp')
    >>> by_score("random", "mnlp")
    'random'
    """
    usual = RANKING if strategy.startswith("ranked") else MEASURING
    if strategy in CONTROLS or acquisition == usual["acquisition"]:
        return strategy
    return f"{strategy}{BY}{acquisition}"
