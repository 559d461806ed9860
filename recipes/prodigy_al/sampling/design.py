"""How questions are drawn: the choices of one run, checked before the first question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from types import MappingProxyType

from prodigy_al.errors import ParameterError
from prodigy_al.records import Unit
from prodigy_al.sampling.keys import quantise

# Constant, so that every arm and every replicate on one source shares one dev fold.
DEFAULT_FOLD_SALT = "prodigy-al"

# Some of the pool must stay for training, and a block that asks nothing would never end.
SHARES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"explore": (0.0, 1.0), "dev_share": (0.0, 0.9), "rate": (0.001, 1.0)}
)
COUNTS = ("block_size", "learn_every")


@dataclass(frozen=True)
class SamplingDesign:
    """The choices that fix the order of questions for a given source and model.

    `explore` is ε in [0, 1]: the share of the probability that is spread evenly; 1 is the random
    control. `block_size` None makes one block of the whole fold, else blocks are cut in a seeded
    random order; in each, the share `rate` with the smallest keys is asked before the next is
    opened, and again that many in each later pass. `strict` orders by score alone and so has no
    probabilities. `learn_every` is after how many train-fold answers the model is refitted; None:
    never. Without blocks, a refitted model starts a new round over what is left.

    Raises `ParameterError` for a share outside its range or a count below 1.
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


def strategy_name(recipe: str, *, strict: bool, learning: bool) -> str:
    """Return the name under which records and reports know a design.

    >>> strategy_name("teach", strict=True, learning=False)
    'teach-strict'
    """
    parts = [recipe]
    if strict:
        parts.append("strict")
    if learning:
        parts.append("learning")
    return "-".join(parts)
