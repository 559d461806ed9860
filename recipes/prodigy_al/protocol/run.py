"""A protocol from beginning to end: part by part, so that the most important is known first.

Datasets and the predictions of finished trainings stay. A protocol that was stopped goes on where
it was, and one with fewer redraws or parts is read off the same files.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from prodigy_al.comparison.testset import why_no_interval
from prodigy_al.protocol.answering import Annotation, Redraw
from prodigy_al.protocol.claims import find_claims
from prodigy_al.protocol.estimates import Redraws, Table, level
from prodigy_al.protocol.measuring import Measured, measure_cells
from prodigy_al.protocol.plan import ORACLE, POOL, RANDOM, ProtocolPlan
from prodigy_al.protocol.result import VERSION, Claims, Kind, Made, Result, TestSize
from prodigy_al.report.numbers import counted

Say = Callable[[str], object]


def run_protocol(
    plan: ProtocolPlan,
    annotation: Annotation,
    *,
    say: Say,
    warn: Say,
    keep: Callable[[Result], object],
) -> Result:
    """Do every part of a protocol and return what was found.

    `say` is told what is to be done, and after each redraw of a part how long the rest takes;
    `warn`, before anything is done, what the test set cannot tell. `keep` gets the result after
    each part.
    """
    if problem := why_no_interval(plan.test):
        warn(problem)
    say(describe_work(plan))
    redraws = {seed: Redraw(plan, seed, annotation) for seed in plan.seeds}
    measured: dict[int, Measured] = {}
    pace = Pace(plan)
    for part in plan.parts:
        for seed, redraw in redraws.items():
            new = measure_cells(plan, plan.cells(part), redraw, seed=seed)
            measured[seed] = _together(measured.get(seed, new), new)
            say(pace.after(part))
        result = summarise(plan, measured)
        keep(result)
    return result


def describe_work(plan: ProtocolPlan) -> str:
    """Return how much will be simulated and trained at most, part by part."""
    parts = "; ".join(
        f"{part}: {counted(plan.simulations(part), 'simulation')} and at most "
        f"{counted(plan.trainings(part), 'training')}"
        for part in plan.parts
    )
    return f"{counted(len(plan.seeds), 'redraw')}; {parts}; what is finished is not done again"


class Pace:
    """How much of the work is done, and how long the rest takes at the pace so far."""

    def __init__(self, plan: ProtocolPlan) -> None:
        self._plan, self._began = plan, time.monotonic()
        self._total = sum(map(self._work, plan.parts))
        self._done = 0.0

    def after(self, part: str) -> str:
        """Count one redraw of a part, and return what to say of it."""
        self._done += self._work(part) / len(self._plan.seeds)
        share, passed = self._done / self._total, (time.monotonic() - self._began) / 60
        told = f"{part}: {share:.0%} of all done after {passed:.0f} min"
        return told if share >= 1 else f"{told}, about {passed * (1 - share) / share:.0f} min left"

    def _work(self, part: str) -> float:
        # a training takes longer than a simulation; looking names up takes nothing
        return self._plan.trainings(part) + 0.5 * self._plan.simulations(part) + 1e-6


def _together(old: Measured, new: Measured) -> Measured:
    return Measured(new.base, new.successor or old.successor, {**old.cells, **new.cells})


def summarise(plan: ProtocolPlan, measured: Mapping[int, Measured]) -> Result:
    """Return what is found in the redraws so far."""
    redraws: Redraws = {seed: one.cells for seed, one in measured.items()}
    table = Table(plan, redraws)
    gold = plan.test.gold.items
    later = [one.successor for one in measured.values() if one.successor is not None]
    kinds: dict[str, Kind] = {RANDOM: "control", **dict.fromkeys(plan.arms, "arm")}
    kinds |= {ORACLE: "oracle", POOL: "ceiling"}
    arms = table.arms()
    result = Result(
        version=VERSION,
        name=plan.name,
        command=plan.command,
        labels=plan.labels,
        model=plan.base.described,
        successor_model=plan.successor.described if plan.successor else None,
        test=TestSize(
            name=plan.test.name,
            segments=len(gold),
            groups=len(set(plan.test.groups)),
            gold_spans=sum(len(item.accepted) for item in gold),
        ),
        pool={"segments": plan.segments},
        redraws=list(measured),
        redraws_planned=len(plan.seeds),
        budget={"amount": plan.budget, "unit": plan.unit},
        simulated=plan.conditions,
        settings_compared=plan.settings,
        main_setting=plan.main,
        wanted=plan.wanted,
        parts=plan.parts,
        made=Made(
            simulations=sum(map(plan.simulations, plan.parts)),
            trainings=sum(map(plan.trainings, plan.parts)),
        ),
        base=level([one.base for one in measured.values()]),
        kinds={arm: kinds[arm] for arm in arms},
        arms=arms,
        settings=table.settings(),
        successor=table.successor(),
        successor_base=level(later) if later else None,
        lookup=table.looked_up(),
        starts=table.starts(),
        claims=Claims(may=(), may_not=()),
        machine=plan.machine,
    )
    return replace(result, claims=find_claims(result))
