"""What may be claimed of a protocol, and what may not: sentences by fixed rules.

Each rule reads numbers and gives one sentence an arm, on the one side or the other
(docs/protocol.md lists them). Words are those of `report.findings`. A claim about an arm takes
`FEWEST_REPLICATES` redraws, an interval for new text without 0, and Holm's p over all arms under
.05. Claims that lean on another one (under other training, for another pipeline) are made only
where that one is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size, ends
from prodigy_al.evaluation.wins import Wins
from prodigy_al.protocol.plan import ANSWERS, ORACLE, SECONDS
from prodigy_al.protocol.result import Change, Claims, Compared, Ends, Result, Sentence
from prodigy_al.report.findings import FEWEST_REPLICATES
from prodigy_al.report.numbers import counted, interval, number, signed

EVEN = 0.5
DECIDED = ("ahead", "behind")


@dataclass(frozen=True)
class _Said:
    """A sentence and its side."""

    may: bool
    sentence: Sentence


def find_claims(result: Result) -> Claims:
    """Return what may be claimed of a result, and what may not, arm by arm and then in general."""
    said: list[_Said] = []
    for arm in _compared(result):
        said += _of_arm(result, arm)
    said += [*_of_oracle(result), *_of_starts(result), *_in_general(result)]
    return Claims(
        may=[one.sentence for one in said if one.may],
        may_not=[one.sentence for one in said if not one.may],
    )


def decided(change: Change | None) -> bool:
    """Return whether a difference is shown, over enough redraws to speak of the arm."""
    return change is not None and change.n >= FEWEST_REPLICATES and change.word in DECIDED


def described(change: Change) -> str:
    """Return a difference with its interval for new text, if it has one."""
    if change.mean is None:
        return "not defined"
    if isinstance(change.new_text, Unavailable):
        return signed(change.mean)
    return f"{signed(change.mean)} [{signed(change.new_text.low)}, {signed(change.new_text.high)}]"


def _compared(result: Result) -> list[str]:
    return [arm for arm, kind in result.kinds.items() if kind == "arm"]


def _of_arm(result: Result, arm: str) -> Iterator[_Said]:
    """Yield every sentence about one arm."""
    found = result.arms[arm]
    for equal in (SECONDS, ANSWERS):
        yield _difference(arm, equal, found[equal], result.wanted)
    main = found[SECONDS]
    if isinstance(main.wins, Wins):
        yield _wins(arm, main.wins)
    if decided(main.against_random):
        yield _settings(arm, result.settings[arm], result.main_setting)
        yield _successor(result, arm, main.against_random)
    if main.share_of_gap is not None:
        yield _gap(arm, main)
    yield _lookup(result, arm)
    if main.short:
        yield _not(
            "budget",
            arm,
            f"that {arm} had its whole budget: the pool ended before in "
            f"{main.short} of {counted(main.f1.n, 'redraw')}",
        )


def _difference(arm: str, equal: str, found: Compared, wanted: float) -> _Said:
    """Ahead or behind where it is shown; no difference where it is small; else nothing."""
    change = found.against_random
    if change is None:
        return _not("difference", arm, f"anything of {arm} at equal {equal}: it is random order")
    redraws = counted(change.n, "redraw")
    if decided(change):
        return _may(
            "difference",
            arm,
            f"{arm} is {change.word} of random by {described(change)} at equal {equal}, on this "
            f"test set and for new text ({redraws})"
            if change.word == "ahead"
            else f"{arm} is behind random by {described(change)} at equal {equal}, on this test "
            f"set and for new text ({redraws})",
        )
    if change.n >= FEWEST_REPLICATES and change.word == "no difference found":
        return _may(
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
    return _not(
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
            f"{needed.needed:,} redraws ({ends(needed.low, needed.high)})"
        )
    if isinstance(needed, Unavailable):
        return f"; redraws to detect {number(wanted)}: {needed.reason}"
    return ""


def _wins(arm: str, wins: Wins) -> _Said:
    """More often than not, where the exact interval of the share says so; or less often."""
    share = (
        f"it was in {wins.won} of {wins.n}, so the chance is in "
        f"{interval(wins.share.low, wins.share.high)} on this test set"
    )
    if wins.share.low > EVEN:
        return _may("wins", arm, f"one annotation by {arm} beats a random one as a rule: {share}")
    if wins.share.high < EVEN:
        return _may(
            "wins", arm, f"one annotation by {arm} loses to a random one as a rule: {share}"
        )
    return _not(
        "wins", arm, f"that one annotation by {arm} beats a random one more often than not: {share}"
    )


def _settings(arm: str, by_policy: Mapping[str, Change], main: str) -> _Said:
    """The sign holds where the mean has it at every setting."""
    means = {policy: change.mean for policy, change in by_policy.items()}
    sign = (means[main] or 0.0) > 0
    same = [policy for policy, mean in means.items() if mean is not None and (mean > 0) == sign]
    shown = sum(_excludes_zero(by_policy[policy]) for policy in same)
    told = ", ".join(f"{policy} {described(change)}" for policy, change in by_policy.items())
    of = f"{len(same)} of {len(means)} training settings"
    if len(means) < 2:
        return _not("settings", arm, f"that {arm} does so under other training: {told} alone")
    if len(same) == len(means):
        return _may(
            "settings", arm, f"{arm}: the sign holds at {of}, each shown alone at {shown}: {told}"
        )
    return _not("settings", arm, f"that {arm} does so however one trains: it holds at {of}: {told}")


def _successor(result: Result, arm: str, main: Change | None) -> _Said:
    """The data travel where the difference is shown after training the other pipeline, too."""
    if result.successor is None or result.successor_model is None:
        return _not(
            "successor",
            arm,
            f"that the answers of {arm} serve another pipeline: none was trained (--successor)",
        )
    name, change = result.successor_model["name"], result.successor[arm]
    if main is not None and decided(change) and change.word == main.word:
        return _may(
            "successor", arm, f"{arm}: so it is where {name} is trained: {described(change)}"
        )
    return _not(
        "successor", arm, f"that {arm} is {_of(main)} where {name} is trained: {described(change)}"
    )


def _of(change: Change | None) -> str:
    return "ahead of random" if change is not None and change.word == "ahead" else "behind random"


def _gap(arm: str, found: Compared) -> _Said:
    """The share of the way to the whole pool, where it has an interval."""
    share = found.share_of_gap
    if share is None or isinstance(share, Unavailable):
        why = "" if share is None else share.reason
        return _not("gap", arm, f"how much of what there is to gain {arm} gains: {why}")
    return _may(
        "gap",
        arm,
        f"{arm} goes {_share(share.value)} [{_share(share.low)}, {_share(share.high)}] of the way "
        "from random to the whole pool answered, at equal seconds",
    )


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _lookup(result: Result, arm: str) -> _Said:
    """Training is worth more than the names that it is trained on, where that is shown."""
    looked = result.lookup[arm][SECONDS]
    change = looked.against_training
    told = f"{number(looked.f1.mean)} of F1 without training, {described(change)} of training"
    if change.n >= FEWEST_REPLICATES and change.word == "behind":
        return _may(
            "lookup", arm, f"{arm}: a list of its accepted names, looked up, reaches {told}"
        )
    return _not(
        "lookup",
        arm,
        f"that training on {arm} beats a list of its accepted names: it reaches {told}",
    )


def _of_oracle(result: Result) -> Iterator[_Said]:
    """What ranking by the true errors brings, which nobody can have."""
    oracle = result.arms.get(ORACLE)
    change = None if oracle is None else oracle[SECONDS].against_random
    if change is None:
        return
    told = f"{described(change)} at equal seconds"
    if decided(change):
        yield _may(
            "oracle",
            None,
            f"ranking by the model's true errors, which nobody knows beforehand, is "
            f"{_of(change)}: {told}",
        )
    else:
        yield _not(
            "oracle",
            None,
            f"that a better guess of the model's errors would bring more: ranking by the true ones "
            f"gives {told}",
        )


def _of_starts(result: Result) -> Iterator[_Said]:
    """Whether another share of whole segments first puts single spans ahead of random."""
    by_arm: dict[str, list[tuple[float, Change]]] = {}
    for start in result.starts.values():
        if start.compared.against_random is not None:
            one = (start.share, start.compared.against_random)
            by_arm.setdefault(start.arm, []).append(one)
    for arm, found in by_arm.items():
        told = ", ".join(f"{share:.0%} {described(change)}" for share, change in found)
        good = [share for share, change in found if decided(change) and change.word == "ahead"]
        if good:
            shares = " and ".join(f"{share:.0%}" for share in good)
            yield _may(
                "starts", arm, f"{arm} is ahead of random with a start of {shares} whole: {told}"
            )
        else:
            yield _not(
                "starts", arm, f"that {arm} is ahead of random with another start: whole {told}"
            )


def _in_general(result: Result) -> Iterator[_Said]:
    """What no protocol shows, and what this one leaves out."""
    label = "label" if len(result.labels) == 1 else "labels"
    yield _not(
        "scope",
        None,
        f"anything about other labels than {', '.join(result.labels)}, other text than this pool "
        f"and {result.test.name}, or another pipeline to choose by than {result.model['name']} "
        f"(one corpus, {len(result.labels)} {label}, one pipeline)",
    )
    yield _not("people", None, f"anything about people: {_annotator(result.simulated)}")
    if any(_without_new_text(result.arms[arm][SECONDS]) for arm in _compared(result)):
        yield _not("new-text", None, "anything about other documents than those of the test set")


def _annotator(simulated: Mapping[str, object]) -> str:
    rate = simulated.get("error_rate")
    errors = (
        f"errs in {rate:.0%} of its answers"
        if isinstance(rate, float) and rate
        else ("makes no errors")
    )
    costs = simulated.get("costs_from")
    seconds = f"are those of {costs}" if costs else "are assumed"
    return f"the annotator is simulated and {errors}; its seconds {seconds}"


def _without_new_text(found: Compared) -> bool:
    change = found.against_random
    return change is not None and change.n > 1 and isinstance(change.new_text, Unavailable)


def _excludes_zero(change: Change) -> bool:
    new = change.new_text
    return isinstance(new, Ends) and (new.low > 0 or new.high < 0)


def _may(id_: str, arm: str | None, text: str) -> _Said:
    return _Said(True, Sentence(id=id_, arm=arm, text=text))


def _not(id_: str, arm: str | None, text: str) -> _Said:
    return _Said(False, Sentence(id=id_, arm=arm, text=text))
