"""Numbers, as news writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random


def count(rng: Random) -> str:
    """Return a whole number from 13 to 9,800, smaller ones more often."""
    return f"{round(13 * (9800 / 13) ** rng.random()):,}"


def money(rng: Random) -> str:
    """Return a sum of money."""
    sign, size = rng.choice("$$€£"), rng.choice(["million", "million", "billion"])
    return f"{sign}{rng.uniform(1, 90):.{rng.choice([0, 1])}f} {size}"


def percent(rng: Random) -> str:
    """Return a share in percent."""
    return f"{rng.uniform(1, 32):.{rng.choice([0, 1])}f} percent"


FIGURES: Mapping[str, Callable[[Random], str]] = {
    "count": count,
    "money": money,
    "percent": percent,
    "dollars": lambda rng: f"${count(rng)}",
    "price": lambda rng: f"{rng.uniform(2, 180):.2f}",
    "change": lambda rng: f"{rng.choice('+-')}{rng.uniform(0.01, 6):.2f}",
    "points": lambda rng: str(rng.randint(0, 60)),
    "score": lambda rng: f"{rng.randint(1, 5)}-{rng.randint(0, 4)}",
    "age": lambda rng: str(rng.randint(19, 84)),
    "year": lambda rng: str(rng.randint(1974, 2019)),
    "minute": lambda rng: str(rng.randint(3, 89)),
    "day": lambda rng: str(rng.randint(1, 28)),
}
"""Slot name -> how it is filled."""
