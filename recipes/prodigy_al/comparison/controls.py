"""Which random dataset an arm is compared with, if any is comparable.

A control differs from the arm in how its questions were chosen and in nothing else that is known:
the same source, dev fold and labels, and about as many training answers.
"""

from __future__ import annotations

from collections.abc import Sequence

from prodigy_al.comparison.arms import Arm

SIZE_SHARE = 0.8  # of the larger one's training answers that the smaller one has at least


def find_control(arm: Arm, arms: Sequence[Arm], *, any_size: bool = False) -> Arm | None:
    """Return the comparable random arm of the same form whose seed is nearest, if there is one.

    Binary arms without a binary control are compared with whole random segments: both took the
    same number of answers, or with `any_size` they are cut to the same effort.
    """
    differs = _what_differs if any_size else why_not_comparable
    comparable = [a for a in _random_arms(arm, arms) if differs(arm, a) is None]
    return min(comparable, key=lambda a: _remoteness(arm, a), default=None)


def find_whole_control(arm: Arm, arms: Sequence[Arm], *, any_size: bool = True) -> Arm | None:
    """Return the random arm of whole segments that single spans are held against."""
    differs = _what_differs if any_size else why_not_comparable
    whole = [a for a in arms if a.is_random and a.train.form == "full"]
    comparable = [a for a in whole if differs(arm, a) is None]
    return min(comparable, key=lambda a: _remoteness(arm, a), default=None)


def why_no_control(arm: Arm, arms: Sequence[Arm]) -> str | None:
    """Return why an arm has no control, dataset by dataset; None where it has or is one."""
    if arm.is_random or find_control(arm, arms):
        return None
    reasons = [why_not_comparable(arm, a) for a in _random_arms(arm, arms)]
    return "; ".join(filter(None, reasons)) or "there is no random dataset to compare it with"


def why_not_comparable(arm: Arm, control: Arm) -> str | None:
    """Return what differs between an arm and a random one besides the questions; None if nothing.

    What neither records is taken as equal; an arm without any record has no control.
    """
    if differs := _what_differs(arm, control):
        return differs
    size, other_size = len(arm.train), len(control.train)
    if min(size, other_size) < SIZE_SHARE * max(size, other_size):
        return (
            f"{control.dataset} has {other_size:,} training answers and {arm.dataset} {size:,}: "
            f"{SIZE_SHARE * size:,.0f} to {size / SIZE_SHARE:,.0f} would be comparable"
        )
    return None


def _what_differs(arm: Arm, control: Arm) -> str | None:
    """Return what differs besides the questions and their number."""
    ours, theirs = arm.dataset, control.dataset
    if arm.train.form != "binary" and control.train.form == "binary":
        return f"{theirs} holds single spans and {ours} whole segments"
    if theirs in (part.dataset for part in arm.parts):
        return f"{theirs} is a part of {ours}"
    if arm.fold_salt is None:
        return f"nothing is recorded of how {ours} was drawn, so {theirs} may differ in all"
    return differs_in_source(arm, control)


def differs_in_source(arm: Arm, control: Arm) -> str | None:
    """Return what differs of the text that was asked about: dev fold, source or labels."""
    ours, theirs = arm.dataset, control.dataset
    if arm.fold_salt != control.fold_salt:
        return (
            f"{theirs} has another dev fold than {ours} "
            f"(--fold-salt {control.fold_salt}, not {arm.fold_salt})"
        )
    if source_of(arm) != source_of(control):
        return (
            f"{theirs} was drawn from another source than {ours} "
            f"({_describe_source(control)}, not {_describe_source(arm)})"
        )
    if _labels(arm) != _labels(control):
        return (
            f"{theirs} was asked about {', '.join(_labels(control))} "
            f"and {ours} about {', '.join(_labels(arm))}"
        )
    return None


def _random_arms(arm: Arm, arms: Sequence[Arm]) -> list[Arm]:
    """Return the random arms that might be controls of `arm`: none where it is one itself."""
    return [] if arm.is_random else [a for a in arms if a.is_random and a.dataset != arm.dataset]


def _remoteness(arm: Arm, control: Arm) -> tuple[bool, int]:
    return control.train.form != arm.train.form, abs((control.seed or 0) - (arm.seed or 0))


def source_of(arm: Arm) -> str | None:
    """Return the SHA-256 of an arm's source, None where it is not recorded."""
    return arm.source.get("sha256")


def _describe_source(arm: Arm) -> str:
    found = arm.source
    return f"{found['name']}, sha256 {found['sha256'][:8]}" if found else "not recorded"


def _labels(arm: Arm) -> list[str]:
    first = next(iter(arm.records.values()), None)
    return sorted(first.scorer.get("labels", ())) if first else []
