"""What to do next: one sentence, and a command to paste where the report knows all of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from prodigy_al.comparison.arms import CONTROLS
from prodigy_al.comparison.whole_dev import NOT_F1
from prodigy_al.diagnosis.trained_ledger import WORSE
from prodigy_al.evaluation.estimators import MIN_GROUPS, Unavailable
from prodigy_al.evaluation.planning import Size
from prodigy_al.report.against import against_base, against_control
from prodigy_al.report.commands import annotate, new_name, simulate, with_option, without_option
from prodigy_al.report.findings import FEWEST_REPLICATES
from prodigy_al.report.folding import answered_policy, fold
from prodigy_al.report.numbers import counted
from prodigy_al.report.schema import Report
from prodigy_al.report.seconds import at_seconds
from prodigy_al.report.why_lines import closed

ENOUGH_SEEDS = 5
PRACTICAL = 0.02  # a difference of F1 to plan for where nobody named another
_RECIPES = {
    "random": ["al.random"],
    "random-binary": ["al.random", "--binary"],
    "ranked": ["al.manual-ranked"],
}


@dataclass(frozen=True)
class NextStep:
    """What to do next. `command` is empty where there is none to paste; words in capitals stand in
    it for what the report does not know.
    """

    sentence: str
    command: str = ""

    def __str__(self) -> str:
        return f"{self.sentence} {self.command}".strip()


def _step(sentence: str, command: str = "") -> NextStep:
    """Return a step whose sentence leads to its command, if it has one."""
    return NextStep(f"{sentence}{':' if command else '.'}", command)


def next_step(report: Report) -> NextStep:
    """Return what would settle most, the cheapest first."""
    if found := _mend_gold(report):
        return found
    policy = answered_policy(report)
    if policy is None:
        return _missing(report) or _train(report)
    return (
        _larger_test(report, policy)
        or _missing(report)
        or _more_seeds(report)
        or _train_robustly(report, policy)
        or _more_answers(report, policy)
        or _plan(report, policy)
        or _rank(report)
        or _replicates(report)
    )


def _mend_gold(report: Report) -> NextStep | None:
    """Return that the gold is to be mended, where much of it is unusable."""
    if not report.test.is_broken:
        return None
    unusable = report.test.unusable_spans
    everything = unusable + report.test.gold_spans
    return _step(
        f"Mend the gold of {report.test.name}, of which {unusable:,} of {everything:,} spans are "
        "unusable, and compare again"
    )


def _train(report: Report) -> NextStep:
    """Return how to go on from a look half-way."""
    command = without_option(report.command, "--quick", switch=True) if report.command else ""
    if report.test.name is None and command:
        command = with_option(command, "--test", "GOLD")
    test = "" if report.test.name else " and with --test"
    return _step(f"To learn what the answers bring, run al.compare without --quick{test}", command)


def _larger_test(report: Report, policy: str) -> NextStep | None:
    """Return which test set it takes where none of its differences has an interval."""
    if not all(arm.runs[policy].vs_base.no_interval for arm in report.arms.values()):
        return None
    enough = f", at least {MIN_GROUPS}" if report.test.groups < MIN_GROUPS else " that hold spans"
    return _step(
        f"Nothing can be decided without intervals: use a test set of more documents{enough}"
    )


def _missing(report: Report) -> NextStep | None:
    """Return which answers a comparison misses, and how to get them; None if none."""
    if found := _whole_segments(report):
        return found
    recorded = [name for name, arm in report.arms.items() if arm.strategy != "unknown"]
    if not recorded:
        return _step(
            "Nothing is recorded of how these answers were drawn, so that random ones cannot be "
            "their control. Draw new answers with al.manual-ranked or al.teach, and a control",
            annotate(report, None, ["al.random"], "NAME"),
        )
    if not any(name in CONTROLS for name in report.strategies):
        return _step(
            "To tell selection from training, annotate a random control",
            _random(report, recorded[0]),
        )
    policy = answered_policy(report)
    timed = at_seconds(report, policy) if policy else ()
    # answers without records have no control, whatever is annotated
    for name, arm in report.arms.items():
        if arm.no_control and arm.fold_salt and name not in timed:
            return _step(
                f"To compare {name} with random answers, annotate about as many of them",
                _random(report, name),
            )
    return None


def _random(report: Report, like: str) -> str:
    return annotate(report, like, ["al.random"], new_name(report, like, "random"))


def _whole_segments(report: Report) -> NextStep | None:
    """Return what to annotate where nothing measures a binary arm's F1; None without such."""
    for dataset, arm in report.arms.items():
        weighted = report.base.dev[dataset].weighted
        unmeasured = isinstance(weighted, Unavailable) and weighted.reason.startswith(NOT_F1)
        if unmeasured and arm.fold_salt is not None:
            return _step(
                f"To measure F1 on the dev fold of {dataset}, annotate random whole segments of "
                "its source and compare the two together",
                _random(report, dataset),
            )
    return None


def _more_seeds(report: Report) -> NextStep | None:
    if len(report.seeds) >= 2:
        return None
    return _step(
        f"Train each arm {ENOUGH_SEEDS} times, since one training may be lucky",
        with_option(report.command, "--seeds", str(ENOUGH_SEEDS)),
    )


def _train_robustly(report: Report, policy: str) -> NextStep | None:
    """Return the training that keeps what the base knows, where an arm lost by another."""
    harmed = [name for name, one in against_base(report, policy).items() if one.word == "harms"]
    if policy == "robust" or not harmed:
        return None
    return _step(
        f"Training '{policy}' made {harmed[0]} worse than its base; {_default(report, harmed[0])}",
        with_option(report.command, "--training", "robust"),
    )


def _default(report: Report, arm: str) -> str:
    """Return that the default training is to be tried, or what it brought where --why did."""
    tried = [
        one
        for complaint in (report.why.ledger if report.why else ())
        if complaint.arm == arm and complaint.id == WORSE
        for one in complaint.remedies
        if one.against == "forgetting"
    ]
    return (
        f"'robust' gains {closed(tried[0])} from the same answers" if tried else "try the default"
    )


def _more_answers(report: Report, policy: str) -> NextStep | None:
    """Return the arm that the fewest more answers may show to be better than its base.

    None where that takes more than twice those there are, and of replicates.
    """
    found = []
    for name, arm in report.arms.items():
        guard = arm.runs[policy].guard
        on = report.arms.get(guard.on) if guard and guard.on else None
        if guard and guard.on and on and isinstance(guard.needed, Size):
            more = _answers_for(guard.needed, on.train + on.dev_answers, on.dev_answers)
            if more <= 2 * sum(on.answers.values()):
                found.append((more, name, guard.on))
    if not found or len(fold(report, policy)) < len(report.arms):
        return None
    more, name, dataset = min(found)
    on = report.arms[dataset]
    sentence = (
        f"About {counted(more, 'more answer')} in {dataset} would show whether {name} is better "
        "than its base on dev"
    )
    if on.seconds_simulated:
        return _step(sentence, simulate(report, more=more))
    recipe = _RECIPES.get(on.strategy)
    if recipe is None or "/" in dataset:
        return _step(f"{sentence}; go on as it was begun")
    return _step(sentence, annotate(report, dataset, recipe, dataset))


def _answers_for(needed: Size, answers: int, dev_answers: int) -> int:
    """Return how many answers bring the dev answers that are needed."""
    return ceil(max(needed.needed - needed.now, 1) * answers / max(dev_answers, 1))


def _plan(report: Report, policy: str) -> NextStep | None:
    """Return how to learn what would decide, where something is not decided yet."""
    found = [*against_base(report, policy).values(), *against_control(report, policy).values()]
    # what has no interval is not a matter of size, or of more replicates
    open_ = [one for one in found if one.word == "not decided" and one.low is not None]
    if not open_ or report.plan:
        return None
    return _step(
        f"Ask how many test segments or seeds would find a difference of {PRACTICAL:g}",
        with_option(report.command, "--plan", f"{PRACTICAL:g}"),
    )


def _rank(report: Report) -> NextStep | None:
    """Return what to draw beside random answers alone."""
    recorded = [name for name, arm in report.arms.items() if arm.strategy != "unknown"]
    if not all(report.arms[name].strategy in CONTROLS for name in recorded):
        return None
    name = new_name(report, recorded[0], "ranked")
    return _step(
        "To compare ways to annotate, draw as many answers from the same source by the model",
        annotate(report, recorded[0], ["al.manual-ranked"], name),
    )


def _replicates(report: Report) -> NextStep:
    """Return what a claim about strategies would take, or that there is enough for one."""
    few = [
        name
        for name, by_policy in report.strategies.items()
        for found in [next(iter(by_policy.values()))]
        if name not in ("unknown", *CONTROLS) and found.compared < FEWEST_REPLICATES
    ]
    if not few:
        return _step(
            "Nothing more is needed: what is said holds for these ways to annotate in general"
        )
    ways = " or ".join(few) if len(few) <= 3 else "these ways to annotate"
    command = simulate(report, seeds=FEWEST_REPLICATES)
    # a simulation sees to that itself
    own = "" if command else ", each with a --seed, a --fold-salt and random answers of its own"
    return _step(
        f"This holds for these answers. To speak of {ways} in general, repeat the "
        f"annotation {FEWEST_REPLICATES} times{own}",
        command,
    )
