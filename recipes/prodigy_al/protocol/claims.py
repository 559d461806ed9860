"""What may be claimed of a protocol, and what may not: sentences by fixed rules.

Each rule reads numbers and gives one sentence per arm, on the one side or the other
(docs/protocol.md lists them). Words are those of `report.findings`. A claim about an arm takes
`FEWEST_REPLICATES` redraws, an interval for new text without 0, and Holm's p over all arms under
.05. Claims that lean on another one (under other training, for another pipeline) are made only
where that one is.
"""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size, ends
from prodigy_al.evaluation.wins import Wins
from prodigy_al.protocol.general_claims import in_general, of_oracle, of_starts
from prodigy_al.protocol.plan import ANSWERS, SECONDS
from prodigy_al.protocol.result import Change, Claims, Compared, Ends, Result
from prodigy_al.protocol.sentences import Said, ahead_or_behind, decided, described, may, may_not
from prodigy_al.report.findings import FEWEST_REPLICATES
from prodigy_al.report.numbers import counted, interval, number

EVEN = 0.5


def find_claims(result: Result) -> Claims:
    """Return what may be claimed of a result, and what may not: rule by rule, arm by arm."""
    arms = [arm for arm, kind in result.kinds.items() if kind == "arm"]
    rules = (_at_seconds, _at_answers, _settings, _successor, _wins, _gap, _lookup, _budget)
    said = [one for rule in rules for arm in arms for one in rule(result, arm)]
    said += [*of_oracle(result), *of_starts(result), *in_general(result, arms)]
    return Claims(
        may=[one.sentence for one in said if one.may],
        may_not=[one.sentence for one in said if not one.may],
    )


def _at_seconds(result: Result, arm: str) -> Iterator[Said]:
    yield _difference(arm, SECONDS, result.arms[arm][SECONDS], result.wanted)


def _at_answers(result: Result, arm: str) -> Iterator[Said]:
    yield _difference(arm, ANSWERS, result.arms[arm][ANSWERS], result.wanted)


def _main(result: Result, arm: str) -> Change | None:
    """Return the difference that all others of an arm lean on: at equal seconds."""
    return result.arms[arm][SECONDS].against_random


def _difference(arm: str, equal: str, found: Compared, wanted: float) -> Said:
    """Ahead or behind where it is shown; no difference where it is small; else nothing."""
    change = found.against_random
    if change is None:
        return may_not("difference", arm, f"anything of {arm} at equal {equal}: it is random order")
    redraws = counted(change.n, "redraw")
    if decided(change):
        told = f"{described(change)} at equal {equal}, on this test set and for new text"
        return may("difference", arm, f"{arm} is {ahead_or_behind(change)} by {told} ({redraws})")
    if change.n >= FEWEST_REPLICATES and change.word == "no difference found":
        return may(
            "difference",
            arm,
            f"no difference found between {arm} and random at equal {equal}: {described(change)} "
            f"for new text ({redraws})",
        )
    why = change.why
    if change.n < FEWEST_REPLICATES:
        why = (
            f"a claim about a strategy takes {FEWEST_REPLICATES} redraws, and there are {change.n}"
        )
    return may_not(
        "difference",
        arm,
        f"that {arm} is ahead of or behind random at equal {equal}: {described(change)}, {why}"
        f"{_planned(found, wanted)}",
    )


def _planned(found: Compared, wanted: float) -> str:
    """Return how many redraws it takes to find the wanted difference."""
    needed = found.redraws_needed
    if isinstance(needed, Size):
        return (
            f"; to detect {number(wanted)} with 80 % power it takes "
            f"{counted(needed.needed, 'redraw')} ({ends(needed.low, needed.high)})"
        )
    if isinstance(needed, Unavailable):
        # `redraws_needed` of the result tells the numbers behind it
        return f"; {number(wanted)} cannot be planned: {needed.reason.partition(':')[0]}"
    return ""


def _wins(result: Result, arm: str) -> Iterator[Said]:
    """More often than not, where the exact interval of the share says so; or less often."""
    wins = result.arms[arm][SECONDS].wins
    if not isinstance(wins, Wins):
        return
    share = (
        f"it did in {wins.won} of {counted(wins.n, 'redraw')} at equal seconds, so that the chance "
        f"is in {interval(wins.share.low, wins.share.high)} on this test set"
    )
    beats = f"one annotation by {arm} beats a random one"
    if wins.share.low > EVEN:
        yield may("wins", arm, f"{beats} more often than not: {share}")
    elif wins.share.high < EVEN:
        yield may("wins", arm, f"{beats} less often than not: {share}")
    else:
        yield may_not("wins", arm, f"that {beats} more often than not: {share}")


def _settings(result: Result, arm: str) -> Iterator[Said]:
    """The sign holds where the mean has it at every setting."""
    if not decided(_main(result, arm)):
        return
    by_policy = result.settings[arm]
    told = ", ".join(f"{policy} {described(change)}" for policy, change in by_policy.items())
    if len(by_policy) < 2:
        yield may_not(
            "settings", arm, f"that {arm} does so however one trains: {told} alone is known"
        )
        return
    means = {policy: change.mean for policy, change in by_policy.items()}
    sign = (means[result.main_setting] or 0.0) > 0
    same = [policy for policy, mean in means.items() if mean is not None and (mean > 0) == sign]
    shown = sum(_excludes_zero(by_policy[policy]) for policy in same)
    of = f"{len(same)} of {len(means)} training settings"
    if len(same) == len(means):
        yield may(
            "settings", arm, f"{arm}: the sign holds at {of}, each alone shown at {shown}: {told}"
        )
    else:
        yield may_not("settings", arm, f"that {arm} does so however one trains: {of} do: {told}")


def _successor(result: Result, arm: str) -> Iterator[Said]:
    """The data travel where the difference is shown after training the other pipeline, too."""
    main = _main(result, arm)
    if main is None or not decided(main):
        return
    if result.successor is None or result.successor_model is None:
        why = (
            "none was trained (--successor)"
            if result.successor_model is None
            else (f"{result.successor_model['name']} is not trained yet (--parts successor)")
        )
        yield may_not("successor", arm, f"that the answers of {arm} serve another pipeline: {why}")
        return
    name, change = result.successor_model["name"], result.successor[arm]
    if decided(change) and change.word == main.word:
        yield may(
            "successor",
            arm,
            f"{arm} is {ahead_or_behind(main)} where {name} is trained: {described(change)}",
        )
    else:
        yield may_not(
            "successor",
            arm,
            f"that {arm} is {ahead_or_behind(main)} where {name} is trained: {described(change)}",
        )


def _gap(result: Result, arm: str) -> Iterator[Said]:
    """The share of the way to the whole pool, where its interval does not hold 0."""
    share = result.arms[arm][SECONDS].share_of_gap
    if isinstance(share, Unavailable):
        yield may_not("gap", arm, f"how much of what there is to gain {arm} gains: {share.reason}")
    elif share is not None and share.low is not None and share.high is not None:
        told = f"{_share(share.value)} [{_share(share.low)}, {_share(share.high)}]"
        way = "of the way from random to the whole pool answered"
        if share.low > 0 or share.high < 0:
            yield may("gap", arm, f"{arm} goes {told} {way}, at equal seconds")
        else:
            yield may_not("gap", arm, f"that {arm} goes any {way}, at equal seconds: {told}")


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _lookup(result: Result, arm: str) -> Iterator[Said]:
    """Training is worth more than the names that it is trained on, where that is shown."""
    looked = result.lookup[arm][SECONDS]
    change = looked.against_training
    told = f"{number(looked.f1.mean)} of F1 without training, {described(change)} to training"
    if change.n >= FEWEST_REPLICATES and change.word == "behind":
        yield may("lookup", arm, f"{arm}: a list of its accepted names, looked up, reaches {told}")
    else:
        yield may_not(
            "lookup",
            arm,
            f"that training on {arm} beats a list of its accepted names: it reaches {told}",
        )


def _budget(result: Result, arm: str) -> Iterator[Said]:
    """Whether the pool held as much as the budget pays for."""
    found = result.arms[arm][SECONDS]
    if found.short:
        redraws = f"{found.short} of {counted(found.f1.n, 'redraw')}"
        yield may_not(
            "budget", arm, f"that {arm} had its whole budget: the pool ended in {redraws}"
        )


def _excludes_zero(change: Change) -> bool:
    new = change.new_text
    return isinstance(new, Ends) and (new.low > 0 or new.high < 0)
