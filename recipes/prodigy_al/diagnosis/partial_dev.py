"""Partial dev: how much of what a model predicts can binary dev answers not contradict?

spaCy's scorer leaves out a prediction that touches a token without annotation, and a document
without any (`training.scorer`). An accepted span annotates its own tokens, a rejected one none.
"""

from __future__ import annotations

from prodigy_al.diagnosis.evidence import Evidence, Reply
from prodigy_al.diagnosis.verdict import Verdict, conclude, decide, unknown
from prodigy_al.evaluation.shares import chance_of_so_many, share_interval

ID = "partial-dev"
NEGLIGIBLE = 0.1


def judge_partial_dev(evidence: Evidence) -> Verdict:
    """Return the share of the base's predictions on the dev answers that the scorer ignores.

    Tested is whether it is above a tenth. Whole segments annotate every token, and nothing is
    ignored.
    """
    dev = [reply for reply in evidence.replies if reply.is_dev]
    predictions = [
        (reply, span) for reply in dev for span in reply.predicted if span[2] in evidence.labels
    ]
    if not predictions:
        why = f"the base predicts nothing in the {len(dev)} dev answers"
        return unknown(ID, evidence.arm, why, "annotate more", n=0)
    # of whole segments it is known without a test
    whole = evidence.form == "full"
    ignored = 0
    if not whole:
        ignored = sum(not _annotated(reply, start, end) for reply, (start, end, _) in predictions)
    return conclude_ignored(evidence.arm, ignored, n=len(predictions), whole=whole)


def conclude_ignored(arm: str, ignored: int, *, n: int, whole: bool) -> Verdict:
    """Return the verdict on `n` predictions on dev texts, of which the scorer leaves out some."""
    found = share_interval(ignored, n)
    p = 1.0 if whole else chance_of_so_many(ignored, n, NEGLIGIBLE)
    word = decide(p, negligible=whole or found.high < NEGLIGIBLE)
    return conclude(
        ID,
        arm,
        word,
        found,
        n=n,
        p=None if whole else p,
        unit="of the predictions",
        why=(
            f"spaCy's scorer ignores {ignored:,} of {n:,} predictions on its dev answers"
            + (", so most false alarms cannot show" if word == "supported" else "")
        ),
        following="measure on whole segments: al.random on the same source",
        details={"ignored": ignored},
    )


def _annotated(reply: Reply, start: int, end: int) -> bool:
    told = {token for one in reply.answer.accepted for token in range(one[0], one[1])}
    return told.issuperset(range(start, end))
