"""The sentence that answers the question, and the one that says what to do next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from prodigy_al.comparison.arms import CONTROLS
from prodigy_al.comparison.whole_dev import NOT_F1
from prodigy_al.evaluation.bootstrap import LEVEL, holm
from prodigy_al.evaluation.estimators import MIN_GROUPS, Unavailable
from prodigy_al.report.differences import differing_forms
from prodigy_al.report.metrics import Comparison, ControlComparison
from prodigy_al.report.numbers import number, signed, size_of_test
from prodigy_al.report.schema import Report
from prodigy_al.report.seconds import at_seconds, sizes_at_seconds

FEWEST_REPLICATES = 5


def answer_sentence(report: Report) -> str:
    """Return what these answers show on the test set, arm by arm, and strategies where they do.

    Trained robustly if they were, else under the first policy. Comparisons with the base are one
    family, those with a control at equal seconds and at equal answers another each: Holm's p over
    the whole family chooses the words.
    """
    policy = answered_policy(report)
    runs = {dataset: arm.runs[policy] for dataset, arm in report.arms.items()}
    found = _against_controls(report, policy)
    base = {dataset: run.vs_base for dataset, run in runs.items()}
    found.append(f"Against the model as it was, {_listed(verdicts(base))}.")
    # said once: what keeps one comparison from an interval mostly keeps all
    reasons = dict.fromkeys(one.no_interval for one in base.values() if one.no_interval)
    found += [f"This cannot be decided: on this test set {reason}." for reason in reasons]
    found += _strategies(report, policy)
    once = ", one training seed" if len(report.seeds) == 1 else ""
    size = size_of_test(report.test.segments, report.test.groups)
    return f"F1 on test ({size}), training '{policy}'{once}. " + " ".join(found)


def answered_policy(report: Report) -> str:
    """Return the policy that the answer is about."""
    return "robust" if "robust" in report.policies else report.policies[0]


def _against_controls(report: Report, policy: str) -> list[str]:
    """Return a sentence per control, at equal seconds and at equal answers, and who has none."""
    timed = at_seconds(report, policy)
    compared = {}
    for dataset, arm in report.arms.items():
        against = arm.runs[policy].vs_random
        if against:
            compared[dataset] = against
    # where neither took longer, one number serves for both
    both = {name for name in compared if name in timed and timed[name].cut is None}
    sizes = {
        name: sizes_at_seconds(found) + ("; at equal answers too" if name in both else "")
        for name, found in timed.items()
    }
    said = [
        f"At equal seconds against {name}, {_listed(arms)}."
        for name, arms in _by_control(timed, sizes).items()
    ]
    sizes = {name: f"{found.train:,}{differing_forms(found)}" for name, found in compared.items()}
    start = "At equal answers against" if timed else "Against"
    said += [
        f"{start} {name} ({report.arms[name].train:,} training answers), {_listed(arms)}."
        for name, arms in _by_control(compared, sizes, without=both).items()
    ]
    if alone := [name for name, arm in report.arms.items() if arm.no_control and name not in timed]:
        said.append(f"Without a comparable random dataset: {', '.join(alone)}.")
    return said


def _by_control(
    compared: Mapping[str, ControlComparison],
    sizes: Mapping[str, str],
    without: Collection[str] = (),
) -> dict[str, dict[str, str]]:
    """Return by control what is said of each arm, with its sizes; all arms are one family."""
    by_control: dict[str, dict[str, str]] = defaultdict(dict)
    for dataset, verdict in verdicts(compared).items():
        if dataset not in without:
            named = f"{dataset} ({sizes[dataset]})"
            by_control[compared[dataset].against][named] = verdict
    return by_control


def _strategies(report: Report, policy: str) -> list[str]:
    """Return what holds for strategies: nothing with fewer than five replicates."""
    enough: dict[str, Comparison] = {}
    timed: dict[str, Comparison] = {}
    for name, by_policy in report.strategies.items():
        found = by_policy[policy]
        named = f"{name}, {found.compared} replicates with a control each,"
        if found.compared >= FEWEST_REPLICATES:
            enough |= {named: found.vs_random} if found.vs_random else {}
            timed |= {named: found.vs_random_seconds} if found.vs_random_seconds else {}
    said = {"against random": enough}
    if timed:
        said = {"against random at equal seconds": timed, "against random at equal answers": enough}
    return [
        f"As strategies on new text, {how}: {_listed(verdicts(found))}."
        for how, found in said.items()
        if found
    ]


def verdicts(comparisons: Mapping[str, Comparison]) -> dict[str, str]:
    """Return what may be said of each of one family of comparisons, by name.

    A difference is said to be one where Holm's p over the family is below .05. Intervals are those
    of each comparison alone, so that one may exclude 0 where nothing is decided.
    """
    known = {name: found.p for name, found in comparisons.items() if found.p is not None}
    adjusted = dict(zip(known, holm(list(known.values())).tolist(), strict=True))
    return {
        name: _verdict(found, adjusted.get(name, 1.0), family=len(known))
        for name, found in comparisons.items()
    }


def _verdict(found: Comparison, p: float, *, family: int) -> str:
    value, low, high = found.difference, found.low, found.high
    if value is None:
        return "cannot be compared"
    if low is None or high is None:
        return f"{signed(value)} without an interval"
    interval = f"[{signed(low)}, {signed(high)}]"
    if low <= 0 <= high:
        return (
            f"shows no difference: {signed(value)} {interval}, "
            f"{number(found.detectable)} would have been detectable"
        )
    # alone, p and interval agree but for the last digit
    if p >= LEVEL and family > 1:
        return (
            f"is not decided when all {family} comparisons are counted: {signed(value)} {interval}"
        )
    return f"is {'better' if value > 0 else 'worse'} by {number(abs(value))} {interval}"


def _listed(said: Mapping[str, str]) -> str:
    return "; ".join(f"{name} {verdict}" for name, verdict in said.items())


def next_sentence(report: Report) -> str:
    """Return what would settle more."""
    missing = missing_sentence(report)
    if undecided := _without_intervals(report):
        return " ".join(filter(None, (undecided, missing)))
    if missing:
        return missing
    strategies = {
        name: next(iter(by_policy.values()))
        for name, by_policy in report.strategies.items()
        if name != "unknown"
    }
    if all(name in CONTROLS for name in strategies):
        salt = next(arm.fold_salt for arm in report.arms.values() if arm.fold_salt)
        return (
            "This holds for these answers; to compare ways to annotate, draw as many from the same "
            f"source with al.manual-ranked or al.teach, --fold-salt {salt}."
        )
    few = [
        name
        for name, found in strategies.items()
        if (found.replicates if name in CONTROLS else found.compared) < FEWEST_REPLICATES
    ]
    if few:
        return (
            "This holds for these answers; for a claim about "
            f"{' or '.join(few)} as a strategy, annotate or simulate "
            f"{FEWEST_REPLICATES} replicates, each with a seed, a --fold-salt and a random control "
            "of its own."
        )
    return "Each strategy has replicates enough: read `strategies` for claims about them."


def _without_intervals(report: Report) -> str:
    """Return which test set it takes where none of its differences has an interval; else empty."""
    policy = answered_policy(report)
    if not all(arm.runs[policy].vs_base.no_interval for arm in report.arms.values()):
        return ""
    enough = f", at least {MIN_GROUPS}" if report.test.groups < MIN_GROUPS else " that hold spans"
    return (
        f"Nothing can be decided without intervals: first use a test set of more documents{enough}."
    )


def missing_sentence(report: Report) -> str:
    """Return which answers are missing for a comparison, and how to get them; empty if none."""
    if unmeasured := _without_whole_segments(report):
        return unmeasured
    if not set(report.strategies) - {"unknown"}:
        return (
            "Nothing is recorded of how these answers were drawn, so no random answers can be "
            "their control: to compare ways to annotate, draw new answers with al.manual-ranked or "
            "al.teach and a control with al.random."
        )
    if not any(name in CONTROLS for name in report.strategies):
        return "To tell selection from training, annotate a random control with al.random."
    timed = at_seconds(report, answered_policy(report)) if report.policies else ()
    # answers without records have no control, whatever is annotated
    if alone := [
        name
        for name, arm in report.arms.items()
        if arm.no_control and arm.fold_salt and name not in timed
    ]:
        return (
            f"To compare {', '.join(alone)} with random answers, annotate with al.random: the same "
            "source, label and --fold-salt, and about as many answers."
        )
    return ""


def _without_whole_segments(report: Report) -> str:
    """Return what to annotate where nothing measures a binary arm's F1; empty without such."""
    for dataset, arm in report.arms.items():
        weighted = report.base.dev[dataset].weighted
        unmeasured = isinstance(weighted, Unavailable) and weighted.reason.startswith(NOT_F1)
        if unmeasured and arm.fold_salt is not None:
            return (
                f"To measure F1 on the dev fold of {dataset}, annotate whole segments of the same "
                f"source with al.random (--fold-salt {arm.fold_salt}) and compare the two together."
            )
    return ""
