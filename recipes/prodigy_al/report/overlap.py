"""The check that arms and test set are separate texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.testset import TestSet

OVERLAP_LIMIT = 0.2
"""Share of texts in common from which arms and test set are no longer taken for separate."""


def check_overlap(arms: Sequence[Arm], test: TestSet) -> dict[str, Any]:
    """Return a check of `health`: few texts of an arm stand in the test set, and vice versa.

    Its number is the largest share. Short texts coincide by chance and are not counted as shared.
    """
    long_texts = {key for i, key in enumerate(test.hashes) if not test.short(i)}
    asked = frozenset[int]().union(*(arm.hashes for arm in arms))
    in_arms = sum(key in asked for key in test.hashes if key in long_texts)
    shares = [
        (in_arms, len(test.hashes), f"the texts of test {test.name} were also asked about"),
        *(
            (
                len(arm.hashes & long_texts),
                len(arm.hashes),
                f"the texts of {arm.dataset} stand in test {test.name} too",
            )
            for arm in arms
        ),
    ]
    largest = max(shared / total for shared, total, _ in shares)
    found = [
        f"{shared / total:.0%} ({shared:,} of {total:,}) of {what}"
        for shared, total, what in shares
        if shared / total > OVERLAP_LIMIT
    ]
    separate = f"at most {largest:.1%} of the texts of an arm or the test set stand in the other"
    overlapping = f"{'; '.join(found)}: F1 on test says little about new text, use another test set"
    why = overlapping if found else separate
    return {"id": "overlap", "ok": not found, "number": largest, "why": why}
