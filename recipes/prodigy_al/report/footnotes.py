"""What stands below the tables of the terminal: reasons, and how numbers are to be read."""

from __future__ import annotations

from collections.abc import Iterator

from prodigy_al.comparison.arms import CONTROLS
from prodigy_al.comparison.retention import FEWEST_SPANS
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.agreement import agreement_in_words
from prodigy_al.report.guard import says_not_to_ship
from prodigy_al.report.joined import joined_lines
from prodigy_al.report.numbers import counted, size_of_test
from prodigy_al.report.schema import Arm, Report, Run

_IGNORED = (
    "Ignored: predictions on binary dev answers that the usual F1 counts neither as right nor as "
    "wrong, because nobody said anything about one of their tokens. Within the candidates: only "
    "spans that the base proposed could be asked about"
)
_OUTSIDE = "; outside are the tuned model's other predictions."
_OF_THESE_MODELS = (
    "It, its change and the parts of the difference between dev and test are of these trained "
    "models: how much other training seeds would change is not in their intervals. "
)
_SHIPPING = (
    "Do not ship: by the change of the weighted dev F1 alone, each arm by its own interval. Test "
    "is not looked at for it, so that it can still measure what was chosen."
)
_WHEN_TO_STOP = (
    "Settle beforehand how many answers to give: who stops where these numbers look good will find "
    "the later dev numbers too good as well."
)


def footnotes(report: Report) -> str:
    """Return the lines below the tables."""
    test = report.test
    trained, lines = bool(report.policies), []
    if test.name is not None:
        removed = "removed" if trained else "that will be removed"
        lines.append(
            f"Test {test.name}: {size_of_test(test.segments, test.groups)}, "
            f"{counted(test.gold_spans, 'gold span')}. Segments that were also asked about: "
            f"{test.overlap.segments:,} (short: {test.overlap.short:,}); training answers "
            f"{removed} for it: {sum(test.overlap.trained_on_removed.values()):,}."
        )
    for dataset in report.arms:
        lines += _of_arm(dataset, report)
    lines += _left_out(report) if trained else []
    if any(dev.ignored for dev in report.base.dev.values()):
        lines.append(_IGNORED + (_OUTSIDE if trained else "."))
    if any(arm.seconds_simulated for arm in report.arms.values()):
        lines.append(
            "Simulated seconds come from a cost model; nobody was timed. In it a single span takes "
            "reading its whole text, so long texts cost much in either form."
        )
    if trained:
        lines.append(
            "Other labels: F1 of what was not asked for, with the base's own spans (n) as truth; "
            f"the worst is of those with at least {FEWEST_SPANS} spans."
        )
    if any(map(says_not_to_ship, _runs(report))):
        lines.append(_SHIPPING)
    lines.append(_intervals(report))
    if not trained:
        lines.append(_WHEN_TO_STOP)
    return "\n".join(lines)


def _of_arm(dataset: str, report: Report) -> Iterator[str]:
    """Yield what is to be said of one arm under all policies."""
    arm, dev = report.arms[dataset], report.base.dev[dataset]
    if isinstance(dev.weighted, Unavailable):
        yield f"{dataset}: dev weighted is unavailable: {dev.weighted.reason}."
    if dev.usual.no_interval and not arm.shares_documents:  # that is said below
        yield f"{dataset}: dev has no interval: {dev.usual.no_interval}."
    if arm.no_control:
        compared = "not compared" if report.policies else "cannot be compared"
        yield f"{dataset}: {compared} with random answers: {arm.no_control}."
    yield from _without_seconds(dataset, arm)
    if arm.shares_documents:
        yield (
            f"{dataset}: train and dev share documents, since the source has too few for "
            "folds of whole ones; so its dev numbers have no interval for new text."
        )
    yield from joined_lines(dataset, arm)
    if met := _reading(arm):
        yield f"{dataset}: {met}."


def _without_seconds(dataset: str, arm: Arm) -> Iterator[str]:
    """Yield why an arm is not compared at equal seconds, once for all policies."""
    found = (run.vs_random_seconds for run in arm.runs.values())
    for reason in dict.fromkeys(one.reason for one in found if isinstance(one, Unavailable)):
        yield f"{dataset}: not compared with random answers at equal seconds: {reason}."


def _left_out(report: Report) -> Iterator[str]:
    """Yield which datasets are no replicates, and why a strategy is not compared with random."""
    for name, by_policy in report.strategies.items():
        found = by_policy[report.policies[0]]  # which datasets count is the same under all
        if len(found.datasets) == 1:
            continue
        for dataset, why in found.left_out.items():
            yield f"{dataset}: no replicate: {why}."
        if found.no_comparison and found.replicates and name not in CONTROLS:
            yield f"{name}: not compared with random as a strategy: {found.no_comparison}."


def _intervals(report: Report) -> str:
    """Return what the intervals are and hold for."""
    resampled = "documents and training seeds" if len(report.seeds) > 1 else "documents alone"
    tests = (report.base.test, *(run.test for run in _runs(report)))
    made = any(test.low is not None for test in tests)
    on_test = f", on test by resampling {resampled}" if made else ""
    with_test = " (to compare with test)" if made else ""
    return (
        f"[low, high] are 95 % intervals{on_test}. "
        f"A weighted dev F1 has two: for new text{with_test} and for this pool. "
        f"{_OF_THESE_MODELS if report.policies else ''}"
        "Answers are worth as many uniform answers as would say as much about this pool."
    )


def _runs(report: Report) -> list[Run]:
    return [run for arm in report.arms.values() for run in arm.runs.values()]


def _reading(arm: Arm) -> str:
    """Return what reading the dataset met and what was made of it; empty where all was plain."""
    reading = arm.reading
    words = agreement_in_words(reading.agreement)
    agreed = f"; {words}" if words else ""
    found = (
        ("contradictory answers", arm.contradictions, " (the latest counts)"),
        ("answers that repeat another", reading.repeats, " (merged)"),
        ("spans off token borders", reading.off_tokens, " (left out)"),
        ("spans of labels not asked for", reading.unasked, " (left out)"),
        (
            "texts answered by several annotators",
            reading.several_annotators,
            f" (trained on the latest answer, measured by the mean of theirs{agreed})",
        ),
        ("answers copied from another arm or dataset", reading.copied, ""),
        ("texts in both forms", reading.in_both, " (the whole segment counts)"),
    )
    return "; ".join(f"{what}: {count:,}{then}" for what, count, then in found if count)
