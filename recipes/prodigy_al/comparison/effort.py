"""How much was annotated, and in what time: all of a dataset, and the first of its answers.

Seconds are those of people. An answer takes the time since the one before it of the same person,
breaks cut; where several answer at the same time, theirs add up, and the clock on the wall tells
less. Nobody saw how long somebody's first answer took: it counts as a typical one of the dataset.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from prodigy_al.errors import AnswerError
from prodigy_al.records import SIMULATED
from prodigy_al.training.answers import Answers, read_answers

if TYPE_CHECKING:
    from spacy.tokens import Doc

Example: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

# A longer gap between two answers is a break, of which this much counts as work.
BREAK_SECONDS = 120.0
SHARES = (0.25, 0.5, 0.75)
"""Shares of its training answers that a dataset is also trained on, for a learning curve."""


@dataclass(frozen=True)
class Effort:
    """What was read and annotated. Seconds are None where answers carry no time stamps; with
    `simulated` they come, at least in part, from the cost model of al.simulate, whose settings are
    `conditions` by name.
    """

    segments: int
    tokens: int
    entities: int
    seconds: float | None
    seconds_per_answer: float | None
    simulated: bool = False
    conditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FirstAnswers:
    """The first `count` answers of a dataset, of both folds, and what they took."""

    count: int
    answers: Answers
    effort: Effort


def on_own_clocks(examples: Sequence[Example], arms: Sequence[str]) -> list[Example]:
    """Return the examples with the time stamps that they had if only their own arm were answered.

    `arms` names each example's arm. An answer takes the seconds since its annotator's one before
    it, of whichever arm. A copied answer takes what its original took, for that is what the arm
    would have cost alone, and a typical answer's where the original is not here. Examples stay as
    they are where nobody has two with a time stamp.
    """
    gaps = _gaps(examples)
    if not gaps:
        return list(examples)
    typical = float(median(gaps))
    took = {_question(example): seconds for example, seconds in _durations(examples, typical)}
    clocks: defaultdict[tuple[str, str], float] = defaultdict(float)
    stamped: list[Example] = []
    for example, arm in zip(examples, arms, strict=True):
        own = arm, _who(example)
        clocks[own] += took.get(_question(example), typical)
        stamped.append({**example, "_timestamp": clocks[own]})
    return stamped


def add_efforts(efforts: Sequence[Effort], examples: Sequence[Sequence[Example]]) -> Effort:
    """Return the sum over datasets; seconds per answer are those of a typical one among all.

    `examples` are theirs. Seconds are None where they are for one of the datasets.
    """
    gaps = [gap for own in examples for gap in _gaps(own)]
    seconds = [one.seconds for one in efforts if one.seconds is not None]
    return Effort(
        segments=sum(one.segments for one in efforts),
        tokens=sum(one.tokens for one in efforts),
        entities=sum(one.entities for one in efforts),
        seconds=sum(seconds) if len(seconds) == len(efforts) else None,
        seconds_per_answer=float(median(gaps)) if gaps else None,
        simulated=any(one.simulated for one in efforts),
    )


def _gaps(examples: Sequence[Example]) -> list[float]:
    """Return the seconds from each answer with a time stamp to its annotator's next, breaks cut."""
    return [gap for _, gap in _durations(examples, first=None) if gap is not None]


def _durations(examples: Sequence[Example], first: T) -> Iterator[tuple[Example, float | T]]:
    """Yield each answer with a time stamp, in the order of time, and the seconds that it took.

    `first` stands for those of everybody's first answer.
    """
    last: dict[str, float] = {}
    timed = (example for example in examples if "_timestamp" in example)
    for example in sorted(timed, key=lambda one: float(one["_timestamp"])):
        who, now = _who(example), example["_timestamp"]
        yield example, min(now - last[who], BREAK_SECONDS) if who in last else first
        last[who] = now


def _who(example: Example) -> str:
    return str(example.get("_annotator_id") or example.get("_session_id") or "")


def _question(example: Example) -> tuple[object, object]:
    return example["_task_hash"], example.get("_annotator_id")


def cut_to_seconds(examples: Sequence[Example], seconds: float) -> list[Example]:
    """Return the examples that had been answered after so many seconds, in their order.

    Seconds are those of `measure_effort`, of all people together. All examples need a time stamp.
    """
    gaps = _gaps(examples)
    if not gaps:
        return list(examples)
    timed = list(_durations(examples, float(median(gaps))))
    spent = accumulate(took for _, took in timed)
    within = {id(one) for (one, _), at in zip(timed, spent, strict=True) if at <= seconds}
    return [example for example in examples if id(example) in within]


def measure_effort(answers: Answers, examples: Sequence[Mapping[str, Any]]) -> Effort:
    """Return how much the answers of a dataset took, breaks cut at `BREAK_SECONDS`."""
    gaps = _gaps(examples)
    typical = float(median(gaps)) if gaps else None
    simulated = [example[SIMULATED] for example in examples if example.get(SIMULATED)]
    told = simulated[0] if simulated and isinstance(simulated[0], Mapping) else {}
    took = (seconds for _, seconds in _durations(examples, typical or 0.0))
    return Effort(
        segments=len(answers),
        tokens=sum(len(item.words) for item in answers.items),
        entities=sum(len(item.accepted) for item in answers.items),
        seconds=None if typical is None else float(sum(took)),
        seconds_per_answer=typical,
        simulated=bool(simulated),
        conditions={name: value for name, value in told.items() if name != "error"},
    )


def read_first_answers(
    examples: Sequence[Mapping[str, Any]], train: Answers, *, tokenizer: Callable[[str], Doc]
) -> Iterator[FirstAnswers]:
    """Yield a dataset as it was when each of `SHARES` of its training answers had been given.

    Answers count in the order in which they stand in the dataset, and dev answers that were given
    in between count as effort. A share without any usable answer is left out.
    """
    for count in count_at_shares(examples, train):
        with suppress(AnswerError):
            yield read_first(examples[:count], train, tokenizer=tokenizer)


def count_at_shares(examples: Sequence[Example], train: Answers) -> list[int]:
    """Return the number of answers by which each of `SHARES` of those in `train` had been given."""
    hashes = {item.input_hash for item in train.items}
    places = [i for i, example in enumerate(examples) if example["_input_hash"] in hashes]
    return [places[n - 1] + 1 for n in sorted({ceil(share * len(places)) for share in SHARES})]


def read_first(
    examples: Sequence[Example], train: Answers, *, tokenizer: Callable[[str], Doc]
) -> FirstAnswers:
    """Read the first answers of a dataset whose training answers are `train`.

    Raises `AnswerError` where none of them is usable.
    """
    answers = read_answers(
        examples,
        train.labels,
        dataset=train.dataset,
        tokenizer=tokenizer,
        # the first answers alone may not tell it
        form=None if train.form == "mixed" else train.form,
    )
    return FirstAnswers(len(examples), answers, measure_effort(answers, examples))
