"""Every line of the answer against the base, and against random answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from prodigy_al.report.findings import (
    FEWEST_REPLICATES,
    OF_BASE,
    OF_RANDOM,
    UNUSABLE_GOLD,
    Decided,
    Finding,
    Form,
    Sizes,
    Word,
    find_words,
)
from prodigy_al.report.folding import fold
from prodigy_al.report.metrics import Comparison, ControlComparison, SecondsComparison
from prodigy_al.report.schema import Report, Strategy
from prodigy_al.report.seconds import at_seconds

BASE_NAME, RANDOM_NAME = "base", "random"


def each_against_base(report: Report, policy: str) -> dict[str, Finding]:
    """Return each dataset against the base."""
    compared = {name: arm.runs[policy].vs_base for name, arm in report.arms.items()}
    words = find_words(compared, _wanted(report))
    found = {
        name: _finding(one, words[name], BASE_NAME, _wanted(report))
        for name, one in compared.items()
    }
    return _read_on(report, found)


def against_base(report: Report, policy: str) -> dict[str, Finding]:
    """Return each line of `fold` against the base."""
    found = each_against_base(report, policy)
    strategies = {
        name: (one.vs_base, one.replicates, "") for name, one in _strategies(report, policy).items()
    }
    return _lines(report, policy, found, strategies, decided=OF_BASE)


def each_against_control(report: Report, policy: str) -> dict[str, Finding]:
    """Return each dataset that has a control against it: at equal seconds where it can be.

    Comparisons at equal seconds are one family of Holm's, those at equal answers another.
    """
    wanted = _wanted(report)
    timed: Mapping[str, ControlComparison] = at_seconds(report, policy)
    answers: dict[str, ControlComparison] = {}
    for name, arm in report.arms.items():
        if one := arm.runs[policy].vs_random:
            answers[name] = one
    words = find_words(answers, wanted, OF_RANDOM) | find_words(timed, wanted, OF_RANDOM)
    found = {
        name: replace(_finding(one, words[name], one.against, wanted), sizes=_sizes(one))
        for name, one in (answers | dict(timed)).items()
    }
    return _read_on(report, found)


def against_control(report: Report, policy: str) -> dict[str, Finding]:
    """Return each line of `fold` that has a control against it, as `each_against_control` does."""
    found, timed = each_against_control(report, policy), at_seconds(report, policy)
    strategies = {
        name: (
            one.vs_random_seconds if _all_timed(one, timed) else one.vs_random,
            one.compared,
            one.no_comparison or "",
        )
        for name, one in _strategies(report, policy).items()
    }
    return _lines(report, policy, found, strategies, decided=OF_RANDOM)


def _lines(
    report: Report,
    policy: str,
    found: Mapping[str, Finding],
    strategies: Mapping[str, tuple[Comparison | None, int, str]],
    *,
    decided: Decided,
) -> dict[str, Finding]:
    """Return the findings by line, those of replicates taken together.

    `strategies` holds the mean difference of each, the number of replicates that it is of, and why
    there is none.
    """
    wanted = _wanted(report)
    enough = {
        name: mean
        for name, (mean, replicates, _) in strategies.items()
        if mean is not None and replicates >= FEWEST_REPLICATES
    }
    words = find_words(enough, wanted, decided)
    lines = {}
    for line, datasets in fold(report, policy).items():
        own = [found[name] for name in datasets if name in found]
        if not own:
            continue
        strategy = report.arms[datasets[0]].strategy
        if len(datasets) == 1:
            lines[line] = own[0]
        elif strategy in enough:
            mean = _finding(enough[strategy], words[strategy], _against(own), wanted)
            lines[line] = replace(mean, sizes=_mean_sizes(own), counts=_counts(own))
        else:
            _, replicates, why = strategies[strategy]
            lines[line] = _undecided(own, replicates, why)
    return _read_on(report, lines)


def _read_on(report: Report, found: Mapping[str, Finding]) -> dict[str, Finding]:
    """Return findings as they are, or undecided and without numbers where the gold is broken.

    What a model finds where gold is unusable counts as wrong: a difference then may be of that, and
    who sees it believes it. The tables of `report.json` keep it.
    """
    if not report.test.is_broken:
        return dict(found)
    return {
        name: replace(
            one,
            word="not decided",
            why=UNUSABLE_GOLD,
            difference=None,
            low=None,
            high=None,
            counts={},
        )
        for name, one in found.items()
    }


def _undecided(own: Sequence[Finding], replicates: int, why: str) -> Finding:
    """Return the mean of replicates that are too few for a claim, or not comparable."""
    known = [one.difference for one in own if one.difference is not None]
    if not why and replicates < FEWEST_REPLICATES:
        why = f"a claim about a strategy takes {FEWEST_REPLICATES} replicates"
    return Finding(
        word="not decided",
        against=_against(own),
        difference=fmean(known) if known else None,
        low=None,
        high=None,
        within=None,
        why=why or "there is no interval",
        sizes=_mean_sizes(own),
        counts=_counts(own),
    )


def _against(own: Sequence[Finding]) -> str:
    return RANDOM_NAME if own[0].sizes else BASE_NAME


def _counts(own: Sequence[Finding]) -> dict[Word, int]:
    return dict(Counter(one.word for one in own))


def _mean_sizes(own: Sequence[Finding]) -> Sizes | None:
    sizes = [one.sizes for one in own if one.sizes]
    if not sizes:
        return None
    seconds = [one.seconds for one in sizes if one.seconds is not None]
    return Sizes(
        answers=round(fmean(one.answers for one in sizes)),
        against_answers=round(fmean(one.against_answers for one in sizes)),
        seconds=fmean(seconds) if len(seconds) == len(sizes) else None,
        simulated=any(one.simulated for one in sizes),
        form=sizes[0].form,
    )


def _finding(
    compared: Comparison, word: tuple[Word, str], against: str, wanted: float | None
) -> Finding:
    return Finding(
        word=word[0],
        why=word[1],
        against=against,
        difference=compared.difference,
        low=compared.low,
        high=compared.high,
        within=None if compared.low is None else wanted or compared.detectable,
    )


def _sizes(found: ControlComparison) -> Sizes:
    form: Form = "mixed" if found.mixed_against_whole else "whole"
    form = "spans" if found.binary_against_whole else form
    if isinstance(found, SecondsComparison):
        ours, theirs = found.answers, found.against_answers
        return Sizes(
            answers=ours,
            against_answers=theirs,
            seconds=found.seconds,
            simulated=found.simulated,
            form=form,
        )
    return Sizes(
        answers=found.train,
        against_answers=found.against_train,
        seconds=None,
        simulated=False,
        form=form,
    )


def _all_timed(strategy: Strategy, timed: Mapping[str, ControlComparison]) -> bool:
    """Return whether each replicate is shown at equal seconds, so that their mean is, too."""
    return all(name in timed for name in strategy.datasets if name not in strategy.left_out)


def _strategies(report: Report, policy: str) -> dict[str, Strategy]:
    return {name: by_policy[policy] for name, by_policy in report.strategies.items()}


def _wanted(report: Report) -> float | None:
    return report.plan.difference if report.plan else None
