"""Checks of what a comparison can tell at all, made before its numbers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prodigy_al.comparison.plan import Plan
from prodigy_al.evaluation.bootstrap import few_groups


def check_health(plan: Plan) -> list[Mapping[str, Any]]:
    """Return `health` of report.json: id, whether it is ok, its number, and why it is not."""
    groups = len(set(plan.test.groups))
    few = few_groups(groups)
    why = f"no interval on test {plan.test.name}: {few.reason}" if few else ""
    return [{"id": "test-groups", "ok": not few, "number": groups, "why": why}]
