"""What may be claimed of no arm alone: of the oracle order, of starts, of what was left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.protocol.plan import ORACLE, SECONDS
from prodigy_al.protocol.result import Change, Compared, Result
from prodigy_al.protocol.sentences import Said, ahead_or_behind, decided, described, may, may_not


def of_oracle(result: Result) -> Iterator[Said]:
    """What ranking by the true errors brings, which nobody can have."""
    oracle = result.arms.get(ORACLE)
    change = None if oracle is None else oracle[SECONDS].against_random
    if change is None:
        return
    told = f"{described(change)} at equal seconds"
    if decided(change):
        yield may(
            "oracle",
            None,
            f"ranking by the model's true errors, which nobody knows beforehand, is "
            f"{ahead_or_behind(change)}: {told}",
        )
    else:
        yield may_not(
            "oracle",
            None,
            f"that a better guess of the model's errors would bring more: ranking by the true ones "
            f"gives {told}",
        )


def of_starts(result: Result) -> Iterator[Said]:
    """Whether another share of whole segments first puts single spans ahead of random."""
    by_arm: dict[str, list[tuple[float, Change]]] = {}
    for start in result.starts.values():
        if start.compared.against_random is not None:
            one = (start.share, start.compared.against_random)
            by_arm.setdefault(start.arm, []).append(one)
    for arm, found in by_arm.items():
        told = ", ".join(f"{share:.0%} {described(change)}" for share, change in found)
        good = [share for share, change in found if decided(change) and change.word == "ahead"]
        if good:
            shares = " and ".join(f"{share:.0%}" for share in good)
            yield may(
                "starts", arm, f"{arm} is ahead of random with a start of {shares} whole: {told}"
            )
        else:
            yield may_not(
                "starts", arm, f"that {arm} is ahead of random with another start: whole {told}"
            )


def in_general(result: Result, arms: Sequence[str]) -> Iterator[Said]:
    """What no protocol shows, and what this one leaves out."""
    label = "label" if len(result.labels) == 1 else "labels"
    yield may_not(
        "scope",
        None,
        f"anything about other labels than {', '.join(result.labels)}, other text than this pool "
        f"and {result.test.name}, or another pipeline to choose by than {result.model['name']} "
        f"(one corpus, {len(result.labels)} {label}, one pipeline)",
    )
    yield may_not("people", None, f"anything about people: {_annotator(result.simulated)}")
    if any(_without_new_text(result.arms[arm][SECONDS]) for arm in arms):
        yield may_not("new-text", None, "anything about other documents than those of the test set")


def _annotator(simulated: Mapping[str, Any]) -> str:
    who, errs, makes, own = "the annotator is", "errs", "makes", "its"
    if (size := simulated.get("annotators", 1)) > 1:
        who, errs, makes, own = f"the {size} annotators are", "err", "make", "their"
    rate = simulated.get("error_rate")
    rates = ", ".join(f"{one:.0%}" for one in (rate if isinstance(rate, list) else [rate or 0]))
    errors = f"{errs} in {rates} of {own} answers" if rate else f"{makes} no errors"
    costs = simulated.get("costs_from")
    seconds = f"are those of {costs}" if costs else "are assumed"
    return f"{who} simulated and {errors}; {own} seconds {seconds}"


def _without_new_text(found: Compared) -> bool:
    change = found.against_random
    return change is not None and change.n > 1 and isinstance(change.new_text, Unavailable)
