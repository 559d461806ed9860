"""Leak: do dev answers share documents or nearly the same texts with the train fold?"""

from __future__ import annotations

from prodigy_al.diagnosis.evidence import Evidence, Reply
from prodigy_al.diagnosis.shingles import cluster_texts
from prodigy_al.diagnosis.verdict import Verdict, conclude_share, unknown

ID = "leak"
NEGLIGIBLE = 0.05


def judge_leak(evidence: Evidence) -> Verdict:
    """Return the share of dev answers whose document, or a near-duplicate, is in the train fold.

    Tested is whether it is above 5 %. Documents are the pool's where it names them.
    """
    dev = [reply for reply in evidence.replies if reply.is_dev]
    train = [reply for reply in evidence.replies if not reply.is_dev]
    if not dev or not train:
        return unknown(ID, evidence.arm, "one of its folds has no answer", n=len(dev))
    clusters = cluster_texts([_text(reply) for reply in (*dev, *train)])
    of_train = set(clusters[len(dev) :].tolist())
    documents = {_document(evidence, reply) for reply in train}
    shared = [_document(evidence, reply) in documents for reply in dev]
    repeated = [cluster in of_train for cluster in clusters[: len(dev)].tolist()]
    leaks, n = sum(a or b for a, b in zip(shared, repeated, strict=True)), len(dev)
    return conclude_share(
        ID,
        evidence.arm,
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


def _text(reply: Reply) -> str:
    return " ".join(reply.answer.words)


def _document(evidence: Evidence, reply: Reply) -> str:
    return reply.group if reply.at is None else evidence.pool.groups[reply.at]
