"""Scheme: does the annotators' label mean something else than the base's?

A base that finds what is annotated, and draws its borders or names it differently, follows other
rules; one that misses it, or sees what is not there, has not learned enough. Asked is in how many
of the entities that it finds, not of its errors: one with few errors would be accused by a handful
of names that it confuses.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from prodigy_al.diagnosis.evidence import Evidence, Reply
from prodigy_al.diagnosis.verdict import Verdict, conclude_share, unknown
from prodigy_al.training.truths import TokenSpan

ID = "scheme"
KINDS = ("boundary", "type", "spurious", "missed")
A_QUARTER = 0.25
FEWEST = 20
SHOWN = 5


def judge_scheme(evidence: Evidence) -> Verdict:
    """Return in which share of the entities that the base finds it has other borders or names.

    Tested is whether it is above a quarter. An accepted entity is found where a prediction of any
    label overlaps it. Errors are those on whole segments: *boundary*, an asked label on other
    tokens that overlap; *type*, another label there; *spurious*, nothing is there; *missed*,
    nothing was found. What is dropped, added or renamed most often is named.
    """
    if evidence.form != "full":
        why = "single spans do not tell what the base missed, nor where it should end"
        return unknown(ID, evidence.arm, why, "annotate whole segments: al.random")
    return conclude_scheme(evidence.arm, evidence.replies, evidence.labels)


def conclude_scheme(
    arm: str, replies: Sequence[Reply], labels: Sequence[str], where: str = ""
) -> Verdict:
    """Return the verdict on what the base predicts in whole segments, and `where` these are."""
    errors = [error for reply in replies for error in find_errors(reply, labels)]
    kinds = Counter(kind for kind, _ in errors)
    disputed = kinds["boundary"] + kinds["type"]
    n = sum(len(reply.answer.accepted) for reply in replies) - kinds["missed"]
    if n < FEWEST:
        return unknown(ID, arm, f"the base finds {n} accepted entities{where} only", n=n)
    often = Counter(what for kind, what in errors if kind in ("boundary", "type"))
    top = often.most_common(SHOWN)
    shown = f", most often: {top[0][0]} ({top[0][1]} times)" if top else ""
    return conclude_share(
        ID,
        arm,
        disputed,
        n=n,
        limit=A_QUARTER,
        unit="of the found entities",
        why=(
            f"of {n:,} entities that the base finds{where}, {disputed} have other borders or "
            f"names{shown}"
        ),
        following="write the rule down and train robustly: the base's label means something else",
        details={"errors": {kind: kinds[kind] for kind in KINDS}, "most_often": dict(top)},
    )


def where_errors_were_sought(scheme: Verdict, harm: Verdict) -> Verdict:
    """Return the verdict on the scheme, taken back where questions sought the errors of the base.

    Among texts that were chosen for its errors, a base is at odds with its annotators more often,
    whatever their label means.
    """
    sought = harm.verdict == "supported" and harm.number is not None and harm.number > 0.5
    if scheme.verdict != "supported" or not sought:
        return scheme
    return replace(
        scheme,
        verdict="not identifiable",
        next="annotate random whole segments by the same rules: al.random",
        why=f"{scheme.why}; but errors of the base were sought (harm-direction), which alone "
        "raises that share",
    )


def find_errors(reply: Reply, labels: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the kind of each error of the base, and what it is in words."""
    gold = set(reply.answer.accepted)
    predicted = [span for span in reply.predicted if span not in gold]
    for span in sorted(gold.difference(reply.predicted)):
        near = [other for other in predicted if _overlap(span, other)]
        same = [other for other in near if other[2] == span[2]]
        if same:
            yield "boundary", _borders(reply.answer.words, span, same[0])
        elif near:
            yield "type", f"the base says {near[0][2]} for {span[2]}"
        else:
            yield "missed", ""
    for span in predicted:
        if span[2] in labels and not any(_overlap(span, other) for other in gold):
            yield "spurious", ""


def _overlap(a: TokenSpan, b: TokenSpan) -> bool:
    return a[0] < b[1] and b[0] < a[1]


def _borders(words: Sequence[str], gold: TokenSpan, predicted: TokenSpan) -> str:
    """Return what a predicted span holds besides the accepted one, or leaves out."""
    own, other = set(range(*gold[:2])), set(range(*predicted[:2]))
    more, less = ((sorted(a - b)) for a, b in ((other, own), (own, other)))
    parts = []
    for name, tokens in (("adds", more), ("leaves out", less)):
        if tokens:
            # names differ everywhere; only words that recur tell a rule
            said = " ".join(words[i].lower() for i in tokens)
            plain = not any(words[i][:1].isupper() for i in tokens) or len(tokens) == 1
            shown = f"'{said}'" if plain else "several words"
            parts.append(f"{name} {shown}")
    return "the base " + " and ".join(parts)
