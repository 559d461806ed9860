"""Which arm to go on with, in one sentence: as far as the comparisons go, and no further.

Arms are compared with the base and with random answers, never with one another. What is worse than
the base is not gone on with. An arm takes the place of random answers where it is shown to be ahead
of them; they stay where they help or leave an arm behind. Where nothing is shown, any arm will do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from prodigy_al.comparison.arms import CONTROLS
from prodigy_al.report.against import RANDOM_NAME
from prodigy_al.report.summary import ArmSummary, Summary

Role: TypeAlias = Literal["worse", "ahead", "behind", "open", "control", "alone"]
MOST_NAMED = 3


def go_on(summary: Summary, names: Mapping[str, str] | None = None) -> str:
    """Return the sentence; empty where nothing was trained. `names` are the arms' as shown."""
    if summary.policy is None:
        return ""
    if why := _no_test(summary):
        return f"Which arm to go on with, this test set cannot tell: {why}."
    shown = names or {arm.name: arm.name for arm in summary.arms}
    roles = {shown[arm.name]: _role(arm, summary.arms) for arm in summary.arms}
    helping = [shown[arm.name] for arm in summary.arms if _word(arm) == "helps"]
    if set(roles.values()) == {"worse"}:
        return f"No arm to go on with as trained here: {_are([*roles])} worse than the base."
    if len(roles) == 1 and not helping:
        return f"Whether to go on with {_listed([*roles], 'or')} is not decided."
    chosen, reasons = _choice(roles, helping)
    return f"Go on annotating with {_listed(chosen, 'or')}: {', '.join(reasons)}."


def _no_test(summary: Summary) -> str:
    """Return why the test set decides nothing about any arm; empty where it may."""
    found = [one for arm in summary.arms for one in (arm.vs_base, arm.vs_control) if one]
    if summary.test.is_broken or not any(one.counts or one.low is not None for one in found):
        return found[0].why
    return ""


def _role(arm: ArmSummary, arms: Sequence[ArmSummary]) -> Role:
    """Return what is known of an arm: against the base first, then against random answers."""
    if _word(arm) == "harms":
        return "worse"
    if arm.vs_control is not None:
        found = arm.vs_control.word
        return found if found in ("ahead", "behind") else "open"
    against = {one.vs_control.against for one in arms if one.vs_control}
    of_replicates = RANDOM_NAME in against and arm.strategy in CONTROLS
    return "control" if of_replicates or against.intersection(arm.datasets) else "alone"


def _word(arm: ArmSummary) -> str:
    return arm.vs_base.word if arm.vs_base else ""


def _choice(roles: Mapping[str, Role], helping: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names of the arms to go on with, and the reasons."""
    ahead, controls = _of(roles, "ahead"), _of(roles, "control")
    if ahead:
        apart = ", not compared with each other" if len(ahead) > 1 else ""
        return ahead, [f"ahead of random answers{apart}"]
    beaten = _clause(_of(roles, "worse"), "worse than the base")
    if controls and (_of(roles, "behind") or set(controls) & set(helping)):
        others = _clause(_of(roles, "open"), "not shown to be better")
        return controls, [*others, *_clause(_of(roles, "behind"), "behind"), *beaten]
    kept = [name for name, role in roles.items() if role != "worse"]
    chosen = [name for name in kept if name in helping] or kept
    none = "neither is" if len(chosen) == 2 else "none is"
    alike = [f"{none} shown to be better"] if len(chosen) > 1 else []
    unsure = _clause([name for name in kept if name not in chosen], "not shown to help")
    return chosen, [*alike, *unsure, *beaten] or ["nothing else was compared"]


def _of(roles: Mapping[str, Role], wanted: Role) -> list[str]:
    return [name for name, role in roles.items() if role == wanted]


def _clause(names: Sequence[str], what: str) -> list[str]:
    """Return a clause about some arms; nothing about none."""
    return [f"{_are(names)} {what}"] if names else []


def _are(names: Sequence[str]) -> str:
    """Return the beginning of a clause about some arms; of many, only how many there are.

    >>> _are(["a"]), _are(["a", "b"]), _are(["a", "b", "c", "d"])
    ('a is', 'a and b are', '4 arms are')
    """
    if len(names) > MOST_NAMED:
        return f"{len(names)} arms are"
    return f"{_listed(names, 'and')} {'is' if len(names) == 1 else 'are'}"


def _listed(names: Sequence[str], last: str) -> str:
    """Return some names as a list; of many, the first and how many more there are.

    >>> _listed(["a", "b", "c"], "or"), _listed(["a", "b", "c", "d", "e"], "or")
    ('a, b or c', 'a, b, c or 2 more')
    """
    more = len(names) - MOST_NAMED
    shown = [*names[:MOST_NAMED], f"{more} more"] if more > 1 else [*names]
    return f" {last} ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
