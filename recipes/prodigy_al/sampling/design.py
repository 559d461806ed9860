"""How questions are drawn: the choices of one run, checked before the first question."""

from __future__ import annotations

from dataclasses import dataclass

from prodigy_al.errors import OptionError
from prodigy_al.records import Unit

# Constant, so that every arm and every redraw on one source shares one dev fold.
DEFAULT_FOLD_SALT = "prodigy-al"


@dataclass(frozen=True)
class SamplingDesign:
    """The choices that fix the order of questions for a given source and model.

    `explore` is ε in [0, 1]: the share of the probability that is spread evenly; 1 is the random
    control. `block_size` None makes one block of the whole fold, else blocks are cut in a seeded
    random order; in each, the share `rate` with the smallest keys is asked. `strict` orders by
    score alone and so has no probabilities. `learn_every` is after how many train-fold answers
    the model learns from them; None: never. Without blocks, a model that has learnt begins a new
    round over what is left.
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
        _check_share("--explore", self.explore, low=0.0, high=1.0)
        _check_share("--dev-share", self.dev_share, low=0.0, high=0.9)
        _check_share("--rate", self.rate, low=0.001, high=1.0)
        if self.block_size is not None and self.block_size < 1:
            raise OptionError(
                f"--block {self.block_size} is not a block; give a whole number of at least 1",
                option="--block",
                value=self.block_size,
            )
        if self.learn_every is not None and self.learn_every < 1:
            raise OptionError(
                f"learning after every {self.learn_every} answers is impossible; give a whole "
                "number of at least 1",
                option="--update-every",
                value=self.learn_every,
            )

    @property
    def lazy(self) -> bool:
        """Whether the order is known without any score, so that scoring can wait."""
        return self.explore == 1.0 and not self.strict and self.unit == "segment"


def _check_share(option: str, value: float, *, low: float, high: float) -> None:
    if not low <= value <= high:
        raise OptionError(
            f"{option} {value} is out of range; give a number from {low:g} to {high:g}",
            option=option,
            value=value,
        )
