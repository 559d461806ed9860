"""The checks that arms and test set are separate texts, of separate documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.documents import shared_documents
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.comparison.testset import TestSet
from prodigy_al.report.numbers import counted

OVERLAP_LIMIT = 0.2
"""Share of texts in common from which arms and test set are no longer taken for separate."""


def check_overlap(arms: Sequence[Arm], test: TestSet, removed: Mapping[str, int]) -> dict[str, Any]:
    """Return a check of `health`: few texts of an arm stand in the test set, and vice versa.

    Its number is the largest share. Short texts coincide by chance and are not counted as shared.
    `removed` are the training answers that were left out for it, by dataset.
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
    left_out = [f"{counted(n, 'answer')} of {dataset}" for dataset, n in removed.items() if n]
    overlapping = (
        f"{'; '.join(found)}: F1 on test says little about new text, use another test set; "
        f"left out of training: {', '.join(left_out) or 'none'}"
    )
    why = overlapping if found else separate
    brief = f"up to {largest:.0%} of texts are in an arm and in test: test F1 flatters"
    return {
        "id": "overlap",
        "ok": not found,
        "number": largest,
        "why": why,
        "brief": brief if found else "",
    }


def check_documents(measured: Measurements) -> dict[str, Any]:
    """Return a check of `health`: no test segment is from a document that was trained on.

    Its number is the largest share of test segments, over the arms.
    """
    test = measured.plan.test
    shared = {
        arm.dataset: shared_documents(arm, measured.trains[arm.dataset], test)
        for arm in measured.plan.arms
    }
    found = [
        f"{own.segments:,} are from {counted(own.documents, 'document')} with training answers in "
        f"{dataset}"
        for dataset, own in shared.items()
        if own.segments
    ]
    why = (
        f"of the {counted(len(test.groups), 'segment')} of test {test.name}, {', '.join(found)}: "
        "F1 on test says less about new documents, use a test set of others"
    )
    largest = max(own.segments for own in shared.values()) / len(test.groups)
    return {
        "id": "shared-documents",
        "ok": not found,
        "number": largest,
        "why": why if found else "",
        "brief": (
            f"up to {largest:.1%} of test from documents trained on: test F1 flatters"
            if found
            else ""
        ),
    }
