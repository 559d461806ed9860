"""A randomised trial: several designs on one source, whose questions are asked in turns.

What changes while people annotate (practice, fatigue, a guideline that grows) then touches all arms
alike. Turns are drawn in balanced rows, each holding every arm once, in a random order ("permuted
blocks", the usual way to allocate patients to treatments one by one): the arms never differ by more
than one draw, and nothing that anybody answers or scores decides whose turn it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, TypeVar

from prodigy_al.errors import ParameterError
from prodigy_al.sampling.design import RANKING, SamplingDesign
from prodigy_al.sampling.keys import hashed_uniform

T = TypeVar("T")

DEFAULT_ARMS = ("ranked", "random")
TURN_TAG = "turn"


def trial_designs(
    arms: Sequence[str] | None,
    *,
    active: Mapping[str, Any],
    blocks: Mapping[str, Any],
    shared: Mapping[str, Any],
) -> list[SamplingDesign]:
    """Return the designs of the arms of a trial, each the same as where it is drawn alone.

    `active` holds what was chosen for arms that a model ranks (a strict one has no kinds), `blocks`
    those of `teach`, and `shared` those of all. Raises `ParameterError` for fewer than two arms, an
    arm that does not exist, and arms that are asked about on different pages.
    """
    known: dict[str, dict[str, Any]] = {
        "ranked": {"unit": "segment", **RANKING, **active},
        "random": {"unit": "segment", "explore": 1.0},
        "ranked-strict": {
            **{"unit": "segment", **RANKING, **active},
            **{"strict": True, "within_kinds": False},
        },
        "teach": {"unit": "candidate", **active, **blocks},
        "random-binary": {"unit": "candidate", "explore": 1.0},
    }
    chosen = list(dict.fromkeys(arms or DEFAULT_ARMS))
    for arm in chosen:
        if arm not in known:
            raise ParameterError(
                "arms", arm, f"a trial has no such arm; there are {', '.join(known)}"
            )
    if len(chosen) < 2:
        raise ParameterError("arms", chosen, "a trial compares arms; name at least two")
    designs = [SamplingDesign(strategy=arm, **known[arm], **shared) for arm in chosen]
    if len({design.unit for design in designs}) > 1:
        whole = ", ".join(arm for arm in known if known[arm]["unit"] == "segment")
        single = ", ".join(arm for arm in known if known[arm]["unit"] == "candidate")
        raise ParameterError(
            "arms",
            chosen,
            f"one trial asks either about whole segments ({whole}) or about single spans "
            f"({single}); start two trials",
        )
    return designs


def take_turns(arms: Mapping[str, Iterator[T]], *, seed: int) -> Iterator[T]:
    """Yield from the arms in turns: each once in a random order, then each once more, and so on.

    Where one has ended the others go on. The order of a row is a hash of (seed, row, arm), so a
    restart repeats it.
    """
    left = dict(arms)
    for row in count():
        for arm in sorted(left, key=lambda arm: hashed_uniform(TURN_TAG, seed, row, arm)):
            drawn = next(left[arm], None)
            if drawn is None:
                del left[arm]
            else:
                yield drawn
        if not left:
            return
