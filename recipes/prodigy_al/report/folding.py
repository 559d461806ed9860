"""Which datasets stand on a line of their own, and which are told together as a strategy."""

from __future__ import annotations

from prodigy_al.report.schema import Report, Strategy


def answered_policy(report: Report) -> str | None:
    """Return the policy that the answer is about; None where nothing was trained."""
    if not report.policies:
        return None
    return "robust" if "robust" in report.policies else report.policies[0]


def fold(report: Report, policy: str | None) -> dict[str, tuple[str, ...]]:
    """Return the datasets of each line, by its name, in the order of the datasets.

    Two or more replicates of a strategy are one line, called by the strategy and their number;
    datasets that do not count as replicates stay by themselves.
    """
    together: dict[str, tuple[str, tuple[str, ...]]] = {}
    for strategy, by_policy in report.strategies.items():
        found = by_policy[policy] if policy else None
        if found is not None and found.replicates > 1:
            own = replicates_of(found)
            together |= dict.fromkeys(own, (f"{strategy} ×{len(own)}", own))
    return dict(together.get(dataset, (dataset, (dataset,))) for dataset in report.arms)


def replicates_of(strategy: Strategy) -> tuple[str, ...]:
    """Return the datasets that are counted as replicates."""
    return tuple(one for one in strategy.datasets if one not in strategy.left_out)
