"""From counts of every cell and redraw to the numbers of a protocol.

Differences are paired by redraw. Intervals for new text add the variance between redraws and that
of their mean under resampled documents (`evaluation.replicates`). Arms that are compared with
random at one budget are one family of Holm's; the oracle is a bound and not in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import TypeAlias

import numpy as np

from prodigy_al.comparison.estimates import (
    BOOTSTRAP_SEED,
    DRAWS,
    difference_over_replicates,
)
from prodigy_al.comparison.needed import replicates_to_find
from prodigy_al.evaluation.bootstrap import Difference, holm
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.evaluation.gap_share import share_of_gap
from prodigy_al.evaluation.paired import Side
from prodigy_al.evaluation.planning import Size
from prodigy_al.evaluation.replicates import mean_over_replicates
from prodigy_al.evaluation.wins import Wins, count_wins
from prodigy_al.protocol.measuring import Tested
from prodigy_al.protocol.plan import (
    ANSWERS,
    LOOKUP,
    ORACLE,
    POOL,
    RANDOM,
    SECONDS,
    Cell,
    Equal,
    ProtocolPlan,
    control_of,
)
from prodigy_al.protocol.result import Change, Compared, Ends, Level, Looked, Start
from prodigy_al.report.findings import OF_RANDOM, find_words
from prodigy_al.report.metrics import Comparison

Redraws: TypeAlias = Mapping[int, Mapping[Cell, Tested]]
"""What was measured, by seed."""

UNDEFINED = "F1 is undefined for one of the redraws"
NO_CEILING = "training on the whole pool is not measured"
ONE = "one redraw does not tell how much another would differ"


@dataclass(frozen=True)
class Table:
    """All that was measured, and the views of it that a result shows."""

    plan: ProtocolPlan
    redraws: Redraws

    def compared(self, arm: str, equal: Equal) -> Compared:
        """Return an arm trained as usual in this protocol, without Holm's p."""
        cell = Cell(arm, equal, self.plan.main)
        own = [one[cell] for one in self.redraws.values()]
        control = control_of(cell)
        against = None if cell == control else self.change(cell, control)
        return Compared(
            f1=level([one.counts for one in own]),
            answers=fmean(one.answers for one in own),
            trained=fmean(one.trained for one in own),
            seconds=fmean(one.seconds for one in own),
            short=sum(one.short for one in own),
            against_random=against,
            wins=None if against is None else self._wins(against),
            share_of_gap=None if cell == control or arm == POOL else self._share(cell),
            redraws_needed=None if cell == control or arm == POOL else self._needed(cell),
        )

    def change(self, cell: Cell, other: Cell) -> Change:
        """Return the difference of two cells, and what may be said of it alone."""
        ours, theirs = (
            [redraw[one].counts for redraw in self.redraws.values()] for one in (cell, other)
        )
        return difference(ours, theirs, self.plan.test.groups, self.plan.wanted)

    def arms(self) -> dict[str, dict[str, Compared]]:
        """Return every arm at every budget, with Holm's p over the arms at one budget.

        The oracle and the whole pool only where they are measured.
        """
        arms = self.plan.arms
        found: dict[str, dict[str, Compared]] = {
            arm: {
                equal: self.compared(arm, equal)
                for equal in (ANSWERS, SECONDS)
                if self._has(Cell(arm, equal, self.plan.main))
            }
            for arm in (RANDOM, *arms, ORACLE, POOL)
        }
        for equal in (ANSWERS, SECONDS):
            family = {arm: found[arm][equal].against_random for arm in arms}
            known = {arm: one for arm, one in family.items() if one is not None}
            for arm, change in as_family(known, self.plan.wanted).items():
                found[arm][equal] = replace(found[arm][equal], against_random=change)
        return {arm: by_equal for arm, by_equal in found.items() if by_equal}

    def looked_up(self) -> dict[str, dict[str, Looked]]:
        """Return what accepted names find, against training on the answers that they are from."""
        found: dict[str, dict[str, Looked]] = {}
        for arm in (RANDOM, *self.plan.arms):
            found[arm] = {}
            for equal in (ANSWERS, SECONDS):
                cell = Cell(arm, equal, LOOKUP)
                if self._has(cell):
                    own = [redraw[cell].counts for redraw in self.redraws.values()]
                    change = self.change(cell, Cell(arm, equal, self.plan.main))
                    found[arm][equal] = Looked(f1=level(own), against_training=change)
        return found

    def starts(self) -> dict[str, Start]:
        """Return the arms of other start budgets, with Holm's p over them; empty if none is."""
        found = {
            name: Start(arm=arm, share=share, compared=self.compared(name, SECONDS))
            for name, (arm, share) in self.plan.swept.items()
            if self._has(Cell(name, SECONDS, self.plan.main))
        }
        changes = {name: one.compared.against_random for name, one in found.items()}
        known = {name: one for name, one in changes.items() if one is not None}
        for name, change in as_family(known, self.plan.wanted).items():
            compared = replace(found[name].compared, against_random=change)
            found[name] = replace(found[name], compared=compared)
        return found

    def settings(self) -> dict[str, dict[str, Change]]:
        """Return each arm's difference to random at equal seconds, by training policy."""
        return {
            arm: {
                policy: self._against(arm, policy)
                for policy in self.plan.settings
                if self._has(Cell(arm, SECONDS, policy))
            }
            for arm in self.plan.arms
        }

    def successor(self) -> dict[str, Change] | None:
        """Return each arm's difference where another pipeline is trained; None if none is."""
        found = {
            arm: self._against(arm, self.plan.main, successor=True)
            for arm in self.plan.arms
            if self._has(Cell(arm, SECONDS, self.plan.main, successor=True))
        }
        return as_family(found, self.plan.wanted) if found else None

    def _has(self, cell: Cell) -> bool:
        """Whether a cell is measured in every redraw."""
        return all(cell in redraw for redraw in self.redraws.values())

    def _against(self, arm: str, policy: str, *, successor: bool = False) -> Change:
        cell = Cell(arm, SECONDS, policy, successor)
        return self.change(cell, control_of(cell))

    def _wins(self, against: Change) -> Wins | Unavailable:
        return Unavailable(UNDEFINED) if against.mean is None else count_wins(against.values)

    def _share(self, cell: Cell) -> Estimate | Unavailable:
        cells = (cell, control_of(cell), Cell(POOL, ANSWERS, self.plan.main))
        if not self._has(cells[-1]):
            return Unavailable(NO_CEILING)
        ours, theirs, whole = (
            [redraw[one].counts for redraw in self.redraws.values()] for one in cells
        )
        return share_of_gap(
            ours,
            theirs,
            whole,
            groups=self.plan.test.groups,
            draws=DRAWS,
            rng=np.random.default_rng(BOOTSTRAP_SEED),
        )

    def _needed(self, cell: Cell) -> Size | Unavailable:
        sides = [
            tuple(Side([redraw[one].counts], self.plan.test.groups) for one in (cell, control))
            for redraw in self.redraws.values()
            for control in [control_of(cell)]
        ]
        if len(sides) < 2:
            return Unavailable(ONE)
        return replicates_to_find(self.plan.wanted, [(a, b) for a, b in sides])


def as_family(changes: Mapping[str, Change], wanted: float) -> dict[str, Change]:
    """Return differences with Holm's p and with the words that hold for all of them together.

    No difference is found where the interval lies within ± `wanted`.
    """
    words = find_words({name: _comparison(one) for name, one in changes.items()}, wanted, OF_RANDOM)
    known = {
        name: one.new_text.p for name, one in changes.items() if isinstance(one.new_text, Ends)
    }
    adjusted = dict(zip(known, holm(list(known.values())).tolist(), strict=True))
    return {
        name: replace(one, word=words[name][0], why=words[name][1], holm=adjusted.get(name))
        for name, one in changes.items()
    }


def difference(
    ours: Sequence[Counts], theirs: Sequence[Counts], groups: Sequence[str], wanted: float
) -> Change:
    """Return the difference of F1 over redraws, one Counts each, and what may be said of it."""
    values = [
        (None if a is None or b is None else a - b)
        for a, b in ((scores(a).f1, scores(b).f1) for a, b in zip(ours, theirs, strict=True))
    ]
    known = [value for value in values if value is not None]
    new_text: Ends | Unavailable
    this_test: Ends | Unavailable
    if len(known) < len(values):
        new_text = this_test = Unavailable(UNDEFINED)
    elif len(known) < 2:
        new_text = this_test = Unavailable(ONE)
    else:
        found = difference_over_replicates(
            [[one] for one in ours], [[one] for one in theirs], groups
        )
        if isinstance(found, Unavailable):
            new_text = this_test = found
        else:
            new_text, this_test = _ends(found.new_text), _ends(found.this_test)
    change = Change(
        mean=fmean(known) if len(known) == len(values) else None,
        n=len(known),
        values=known,
        new_text=new_text,
        this_test=this_test,
        word="not decided",
    )
    ((word, why),) = find_words({"": _comparison(change)}, wanted, OF_RANDOM).values()
    return replace(change, word=word, why=why)


def level(counts: Sequence[Counts]) -> Level:
    """Return F1 over redraws, one Counts each."""
    values = [scores(one).f1 for one in counts]
    known = [value for value in values if value is not None]
    if len(known) < len(values) or not known:
        return Level(mean=None, low=None, high=None, n=len(values), values=values)
    if len(known) < 2:
        return Level(mean=known[0], low=None, high=None, n=1, values=values)
    found = mean_over_replicates(known)
    low, high = max(0.0, found.low), min(1.0, found.high)
    return Level(mean=found.difference, low=low, high=high, n=len(known), values=values)


def _ends(found: Difference | Unavailable) -> Ends | Unavailable:
    if isinstance(found, Unavailable):
        return found
    return Ends(low=found.low, high=found.high, p=found.p, detectable=found.detectable)


def _comparison(change: Change) -> Comparison:
    new = change.new_text
    if isinstance(new, Unavailable):
        return Comparison(
            difference=change.mean,
            low=None,
            high=None,
            p=None,
            detectable=None,
            no_interval=new.reason,
        )
    return Comparison(
        difference=change.mean, low=new.low, high=new.high, p=new.p, detectable=new.detectable
    )
