"""Leak: do dev answers share documents or nearly the same texts with the train fold?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from prodigy_al.diagnosis.evidence import Evidence, Reply
from prodigy_al.diagnosis.shingles import cluster_texts
from prodigy_al.diagnosis.verdict import Verdict, conclude_share, unknown

ID = "leak"
NEGLIGIBLE = 0.05


Text: TypeAlias = tuple[str, str]
"""The name of its document, and the text."""


def judge_leak(evidence: Evidence) -> Verdict:
    """Return the share of dev answers whose document, or a near-duplicate, is in the train fold.

    Documents are the pool's where it names them.
    """
    folds: tuple[list[Text], list[Text]] = ([], [])
    for reply in evidence.replies:
        text = " ".join(reply.answer.words)
        folds[reply.is_dev].append((_document(evidence, reply), text))
    train, dev = folds
    return conclude_leak(evidence.arm, dev, train)


def conclude_leak(arm: str, dev: Sequence[Text], train: Sequence[Text]) -> Verdict:
    """Return the verdict on the texts of both folds: is the share that leaks above 5 %?"""
    if not dev or not train:
        return unknown(ID, arm, "one of its folds has no answer", n=len(dev))
    clusters = cluster_texts([text for _, text in (*dev, *train)])
    of_train = set(clusters[len(dev) :].tolist())
    documents = {document for document, _ in train}
    shared = [document in documents for document, _ in dev]
    repeated = [cluster in of_train for cluster in clusters[: len(dev)].tolist()]
    leaks, n = sum(a or b for a, b in zip(shared, repeated, strict=True)), len(dev)
    return conclude_share(
        ID,
        arm,
        leaks,
        n=n,
        limit=NEGLIGIBLE,
        unit="of the dev answers",
        why=(
            f"{leaks} of {n} dev answers share a document ({sum(shared)}) or nearly their text "
            f"({sum(repeated)}) with training answers"
        ),
        following="name documents (--group-by) so that folds keep them together",
        details={"documents": sum(shared), "near_duplicates": sum(repeated)},
    )


def _document(evidence: Evidence, reply: Reply) -> str:
    return reply.group if reply.at is None else evidence.pool.groups[reply.at]
