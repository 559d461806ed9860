"""The answers of a design: simulated once, and cut to as many seconds as random ones take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from cost_models import ANNOTATORS, USUAL, Annotator
from real_corpora import BASE, BUDGET, DATA, Corpus, prodigy

from prodigy_al.simulation.costs import CostModel

SECONDS, ANSWERS = "seconds", "answers"
# Random segments are trained from in part too, for the slope of their learning curve.
PART, PART_SHARE = "part", 2 / 3
# Arms whose answers are quicker than random's need more of them for as many seconds.
SPARE = 1.1


@dataclass(frozen=True)
class Design:
    """An arm of `al.simulate`, and its options."""

    arm: str = "ranked"
    by: str = "expected-errors"
    explore: float = 0.3
    within_kinds: bool = False

    @property
    def options(self) -> list[object]:
        """Return the options as they are typed."""
        kinds = ["--within-kinds"] if self.within_kinds else []
        return ["--arms", self.arm, "--by", self.by, "--explore", self.explore, *kinds]


RANDOM, STRICT, OLD, CHOSEN = "random", "strict", "errors-.3", "root-.1"
DESIGNS: Mapping[str, Design] = {
    RANDOM: Design("random"),
    OLD: Design(),
    CHOSEN: Design(by="errors-per-root-token", explore=0.1),
    "squared-kinds-.1": Design(by="squared-errors", explore=0.1, within_kinds=True),
    "root-kinds-.1": Design(by="errors-per-root-token", explore=0.1, within_kinds=True),
    STRICT: Design("ranked-strict"),
}


@dataclass(frozen=True)
class Drawn:
    """One design on one corpus with one seed."""

    corpus: Corpus
    design: str
    seed: int

    def answers(self, count: int) -> list[dict[str, Any]]:
        """Return at least `count` answers, simulating what is missing; fewer at the pool's end."""
        from prodigy_al.inputs.datasets import stored_examples  # not before PRODIGY_HOME is set

        design, prefix = DESIGNS[self.design], f"{self.corpus.name}-{self.design}"
        dataset = f"{prefix}-{design.arm}-{self.seed}"
        if len(stored_examples(dataset)) < count:
            prodigy(
                "al.simulate", DATA / self.corpus.pool, BASE, prefix, "--label", "ORG",
                "--budget", count, "--seeds", f"{self.seed},", *design.options,
            )  # fmt: skip
        return stored_examples(dataset)

    def cut(self, equal: str) -> str:
        """Write the first answers, equal to random in seconds or answers; return the dataset."""
        if equal == SECONDS and self.design != RANDOM:
            answers = self.as_long_as_random(ANNOTATORS[USUAL])
        else:
            answers = self.answers(BUDGET)[:BUDGET]
        if equal == PART:
            answers = answers[: round(PART_SHARE * BUDGET)]
        dataset = f"{self.corpus.name}-{self.design}-{self.seed}-{equal}"
        write_dataset(dataset, answers)
        return dataset

    def as_long_as_random(self, annotator: Annotator) -> list[dict[str, Any]]:
        """Return the answers that take this annotator as long as random's take."""
        random = Drawn(self.corpus, RANDOM, self.seed).answers(BUDGET)[:BUDGET]
        seconds = sum(seconds_of(random, annotator.random))
        return answers_within(
            seconds, self.answers, annotator.chosen, expected=round(BUDGET * SPARE)
        )

    def effort(self) -> dict[str, float]:
        """Return the seconds of as many answers as random has, and how many equal seconds buy.

        The latter for every annotator, by name; random is what others are compared with.
        """
        seconds = sum(seconds_of(self.answers(BUDGET)[:BUDGET], ANNOTATORS[USUAL].chosen))
        others = {} if self.design == RANDOM else ANNOTATORS
        bought = {name: len(self.as_long_as_random(one)) for name, one in others.items()}
        return {SECONDS: seconds, **bought}


def answers_within(
    seconds: float,
    ask: Callable[[int], list[dict[str, Any]]],
    costs: CostModel,
    *,
    expected: int,
) -> list[dict[str, Any]]:
    """Return the first answers that take so many seconds, or all there are.

    `ask` returns the first answers, at least as many as it is asked for unless there are fewer;
    `expected` is how many it is asked for first.
    """
    count = expected
    while True:
        answers = ask(count)
        spent = list(accumulate(seconds_of(answers, costs)))
        if spent[-1] >= seconds or len(answers) < count:
            return [a for a, end in zip(answers, spent, strict=True) if end <= seconds]
        count = round(count * SPARE)


def seconds_of(answers: Iterable[Mapping[str, Any]], costs: CostModel) -> list[float]:
    """Return the seconds of each answer."""
    return [costs.seconds(answer, binary=False) for answer in answers]


def write_dataset(name: str, answers: Sequence[dict[str, Any]]) -> None:
    """Write a dataset of just these answers, unless it is there already."""
    from prodigy.components.db import connect

    from prodigy_al.inputs.datasets import stored_examples

    there = stored_examples(name)
    if [one["_task_hash"] for one in there] == [one["_task_hash"] for one in answers]:
        return
    database = connect()
    if name in database:  # it was stopped while writing
        database.drop_dataset(name)
    database.add_dataset(name)
    database.add_examples(list(answers), datasets=[name])
