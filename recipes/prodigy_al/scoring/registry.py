"""The acquisition functions that there are: the built-in ones, and those of other packages.

A package offers a function under a name of its own:

    [project.entry-points."prodigy_al.acquisitions"]
    doubtful = "my_package:doubtful"

    def doubtful(marginals, tokens):
        return float((abs(marginals - 0.5) < 0.2).sum())

Its parameters say which fields of `SegmentScores` it reads; what it does not read need not be
computed. Others with a default stay at that. Then ``--by doubtful`` ranks by it. A built-in
function cannot be replaced.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields
from importlib.metadata import entry_points
from inspect import Parameter, signature

from prodigy_al.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from prodigy_al.errors import ParameterError
from prodigy_al.sampling.scored import Acquisition
from prodigy_al.scoring.acquisition import ACQUISITIONS

GROUP = "prodigy_al.acquisitions"
"""Of entry points."""
OF_MARGINALS = frozenset({"marginals", "tokens"})
OF_STEPS = frozenset({"entropies", "margins", "log_probability"})
OF_COMMITTEE = frozenset({"members"})
OF_EMBEDDINGS = frozenset({"density", "apart"})
OF_POOL = frozenset({"elsewhere", "balance", "density", "apart", "room"})
"""What takes all segments of a block to know: they are held in memory together."""

_COLLECTING = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


@dataclass(frozen=True, slots=True, eq=False)
class SegmentScores:
    """What a model says of one segment; None is what no function asked for.

    `scoring.acquisition` tells shapes, units and ranges.
    """

    marginals: FloatArray
    tokens: int
    lengths: IndexArray | None = None
    greedy: BoolArray | None = None
    entropies: FloatArray | None = None
    margins: FloatArray | None = None
    log_probability: float | None = None
    members: Float32Array | None = None
    elsewhere: FloatArray | None = None
    balance: FloatArray | None = None
    density: float | None = None
    apart: float | None = None
    room: FloatArray | None = None
    chance: float | None = None


FIELDS = tuple(field.name for field in fields(SegmentScores))


@dataclass(frozen=True)
class AcquisitionFunction:
    """A function by its name, and the fields of `SegmentScores` that it reads."""

    name: str
    function: Callable[..., float]
    reads: frozenset[str]

    def __call__(self, scores: SegmentScores) -> float:
        """Return the score of a segment.

        Raises `ParameterError` where the function fails or gives anything but a number >= 0.
        """
        try:
            score = float(self.function(**{name: getattr(scores, name) for name in self.reads}))
        except Exception as error:  # another package's code may raise anything
            raise self._unusable(f"it failed with {_described(error)}") from error
        if not (math.isfinite(score) and score >= 0):
            raise self._unusable(f"it gave {score} where a finite number of at least 0 is needed")
        return score

    @property
    def of_marginals(self) -> Acquisition | None:
        """The same for marginals (n,) and the number of tokens; None where it reads anything else.

        Such a score can be worked out again when marginals alone have changed.
        """
        if not self.reads <= OF_MARGINALS:
            return None
        return lambda marginals, tokens: self(SegmentScores(marginals, tokens))

    def _unusable(self, problem: str) -> ParameterError:
        return ParameterError("acquisition", self.name, f"{problem}; choose another score")


def acquisition_names() -> list[str]:
    """Return all names: the built-in ones, then those of other packages, sorted."""
    others = {entry.name for entry in entry_points(group=GROUP)} - ACQUISITIONS.keys()
    return [*ACQUISITIONS, *sorted(others)]


def find_acquisition(name: str) -> AcquisitionFunction:
    """Return the acquisition function of a name.

    Raises `ParameterError` where there is none, or where the package that offers it cannot be used.
    """
    if name in ACQUISITIONS:
        return _read(name, ACQUISITIONS[name])
    offered = tuple(entry_points(group=GROUP, name=name))
    if not offered:
        raise ParameterError(
            "acquisition",
            name,
            f"there is no such score; there are {', '.join(acquisition_names())}",
        )
    if len({entry.value for entry in offered}) > 1:
        places = " and ".join(sorted({entry.value for entry in offered}))
        raise ParameterError(
            "acquisition", name, f"{places} both offer a score of this name; uninstall one of both"
        )
    try:
        function = offered[0].load()
    except Exception as error:  # another package's code may raise anything
        raise ParameterError(
            "acquisition",
            name,
            f"{offered[0].value} cannot be loaded ({_described(error)}); repair or "
            "uninstall the package that offers it, or choose another score",
        ) from error
    return _read(name, function)


def _described(error: Exception) -> str:
    """Return an error of another package in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())


def _read(name: str, function: Callable[..., float]) -> AcquisitionFunction:
    """Return a function and the fields that its parameters name; check that there are such."""
    try:
        parameters = signature(function).parameters.values()
    except (TypeError, ValueError) as error:
        raise ParameterError(
            "acquisition", name, "it is not a function whose parameters can be read"
        ) from error
    named = {one.name: one for one in parameters if one.kind not in _COLLECTING}
    unknown = [
        one.name
        for one in named.values()
        if one.kind is Parameter.POSITIONAL_ONLY
        or (one.name not in FIELDS and one.default is Parameter.empty)
    ]
    if unknown:
        raise ParameterError(
            "acquisition",
            name,
            f"its parameter '{unknown[0]}' is not known of a segment; there are by name: "
            f"{', '.join(FIELDS)}",
        )
    return AcquisitionFunction(name, function, frozenset(named.keys() & set(FIELDS)))
