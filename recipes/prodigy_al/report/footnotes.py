"""What stands below the tables of the terminal: reasons, and how numbers are to be read."""

from __future__ import annotations

from prodigy_al.comparison.retention import FEWEST_SPANS
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.schema import Arm, Report


def footnotes(report: Report) -> str:
    """Return the lines below the tables."""
    test = report.test
    lines = [
        f"Test {test.name}: {test.segments:,} segments from {test.groups:,} groups, "
        f"{test.gold_spans:,} gold spans. {test.overlap.segments} of the segments were also "
        f"asked about ({test.overlap.short} are short); training answers removed for it: "
        f"{sum(test.overlap.trained_on_removed.values())}."
    ]
    for dataset, arm in report.arms.items():
        weighted = report.base.dev[dataset].weighted
        if isinstance(weighted, Unavailable):
            lines.append(f"{dataset}: dev weighted is unavailable: {weighted.reason}.")
        usual = report.base.dev[dataset].usual
        if usual.no_interval and not arm.shares_documents:  # that is said below
            lines.append(f"{dataset}: dev has no interval: {usual.no_interval}.")
        if arm.no_control:
            lines.append(f"{dataset}: not compared with random answers: {arm.no_control}.")
        if arm.shares_documents:
            lines.append(
                f"{dataset}: train and dev share documents, since the source has too few for "
                "folds of whole ones; so its dev numbers have no interval for new text."
            )
        if met := _reading(arm):
            lines.append(f"{dataset}: {met}.")
    for name, by_policy in report.strategies.items():
        found = by_policy[report.policies[0]]  # which datasets count is the same under all
        lines += [f"{dataset}: no replicate: {why}." for dataset, why in found.left_out.items()]
        if found.no_comparison and len(found.datasets) > 1 and not name.startswith("random"):
            lines.append(f"{name}: not compared with random as a strategy: {found.no_comparison}.")
    if any(dev.ignored for dev in report.base.dev.values()):
        lines.append(
            "Ignored: predictions on binary dev answers that the usual F1 counts neither as right "
            "nor as wrong, because nobody said anything about one of their tokens. Within the "
            "candidates: only spans that the base proposed could be asked about; outside are the "
            "tuned model's other predictions."
        )
    if any(arm.seconds_simulated for arm in report.arms.values()):
        lines.append("Simulated seconds come from a cost model; nobody was timed.")
    lines.append(
        "Other labels: F1 of what was not asked for, with the base's own spans (n) as truth; the "
        f"worst is of those with at least {FEWEST_SPANS} spans."
    )
    resampled = "groups and training seeds" if len(report.seeds) > 1 else "groups alone"
    lines.append(
        f"[low, high] are 95 % intervals, on test by resampling {resampled}. "
        "A weighted dev F1 has two: for new text (to compare with test) and for this pool. "
        "It, its change and the parts of the difference between dev and test are of these trained "
        "models: how much other training seeds would change is not in their intervals. "
        "Answers are worth as many uniform answers as would say as much about this pool."
    )
    return "\n".join(lines)


def _reading(arm: Arm) -> str:
    """Return what reading the dataset met and what was made of it; empty where all was plain."""
    reading = arm.reading
    found = (
        ("contradictory answers", arm.contradictions, " (the latest counts)"),
        ("answers that repeat another", reading.repeats, " (merged)"),
        ("spans off token borders", reading.off_tokens, " (left out)"),
        ("spans of labels not asked for", reading.unasked, " (left out)"),
        (
            "texts answered by several annotators",
            reading.several_annotators,
            " (trained on the latest answer, measured by the mean of theirs)",
        ),
        ("answers copied from another arm or dataset", reading.copied, ""),
    )
    return "; ".join(f"{what}: {count:,}{then}" for what, count, then in found if count)
