"""One redraw's answers: arms simulated, and cut to random's answers and to random's seconds.

Random order comes first: what it holds when its budget is spent says how many answers, and how many
simulated seconds, each other arm gets. An arm is asked until it has both, and is cut to each. Its
dev answers count as effort, since somebody gave them, and are not trained on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import ceil
from typing import Any

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.joined import join_arms
from prodigy_al.comparison.testset import remove_overlap
from prodigy_al.errors import AnswerError
from prodigy_al.protocol.plan import (
    ANSWERS,
    ORACLE,
    POOL,
    RANDOM,
    SECONDS,
    Equal,
    ProtocolPlan,
)
from prodigy_al.simulation import arms as simulated
from prodigy_al.simulation.arms import SimulatedRun, plan_runs
from prodigy_al.simulation.costs import Meter
from prodigy_al.training.answers import Answers

Examples = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class AnsweredPart:
    """The first answers of one dataset that its budget pays for, and the seconds of each.

    `held` is how many answers the dataset holds: more where a larger budget was simulated before.
    """

    run: SimulatedRun
    examples: Examples
    seconds: Sequence[float]
    held: int


@dataclass(frozen=True)
class Annotation:
    """Who answers: `answer` a run up to its budget, going on with what is stored; all answers.

    `meter` measures what the answers of a run cost.
    """

    answer: Callable[[SimulatedRun], Examples]
    meter: Callable[[SimulatedRun], Meter]

    def ask(self, run: SimulatedRun) -> AnsweredPart:
        """Return the answers that the budget of a run pays for, each with its seconds."""
        answers, meter = self.answer(run), self.meter(run)
        spent = [0.0, *accumulate(map(meter.price, answers))]
        # whoever has begun to read a text finishes it
        examples = [one for one, before in zip(answers, spent, strict=False) if before < run.budget]
        seconds = [meter.seconds(one) for one in examples]
        return AnsweredPart(run, examples, seconds, len(answers))


@dataclass(frozen=True)
class Given:
    """What an arm is trained on, and what had been spent by then: answers of both folds, seconds.

    `train` holds no text of the test set; `short` says that the pool ended before that.
    """

    train: Answers
    answers: int
    seconds: float
    short: bool = False


class Redraw:
    """The answers of one redraw, each arm's from when it is first asked for."""

    def __init__(self, plan: ProtocolPlan, seed: int, annotation: Annotation) -> None:
        self._plan, self._seed, self._annotation = plan, seed, annotation
        self._found: dict[tuple[str, Equal], Given] = {}

    def given(self, arm: str, equal: Equal) -> Given:
        """Return what an arm is trained on, simulating what is missing."""
        if (arm, equal) not in self._found:
            self._found |= self._answer(arm)
        return self._found[arm, equal]

    def _answer(self, arm: str) -> dict[tuple[str, Equal], Given]:
        plan, ask = self._plan, self._annotation.ask
        (random,) = _runs(plan, RANDOM, self._seed)
        if arm == RANDOM:
            return {(RANDOM, ANSWERS): _read(plan, [ask(random)])}
        if arm == POOL:
            dataset = f"{plan.name}-{POOL}-{self._seed}"
            whole = replace(random, dataset=dataset, budget=plan.whole_pool, unit=ANSWERS)
            return {(POOL, ANSWERS): _read(plan, [ask(whole)])}
        if arm == ORACLE:
            runs = [_oracle(plan, random)]
        elif arm in plan.swept:
            swept, share = plan.swept[arm]
            runs = _runs(plan, swept, self._seed, share=share, name=arm)
        else:
            runs = _runs(plan, arm, self._seed, share=plan.start_share)
        control = self.given(RANDOM, ANSWERS)
        return _equal(plan, arm, runs, control, self._annotation)


def _oracle(plan: ProtocolPlan, random: SimulatedRun) -> SimulatedRun:
    """Return the run of the order by gold, with the share of chance of the arms that rank."""
    shown = {name: plan.active[name] for name in ("explore", "within_kinds") if name in plan.active}
    return replace(
        random,
        dataset=f"{plan.name}-{ORACLE}-{random.seed}",
        arm=simulated.ORACLE,
        options={**shown, **random.options},
    )


def _runs(
    plan: ProtocolPlan, arm: str, seed: int, *, share: float = 0.5, name: str = ""
) -> list[SimulatedRun]:
    """Return the one or two runs of an arm, as `al.simulate` calls them but for a `name`."""
    runs = plan_runs(
        plan.name,
        arms=[arm],
        seeds=[seed],
        budget=plan.budget,
        unit=plan.unit,
        fold_salt=plan.fold_salt,
        active=plan.active,
        start_share=share,
    )
    if not name:
        return runs
    start, own = runs
    start = replace(start, dataset=f"{plan.name}-{name}-start-{seed}")
    options = {**own.options, "start": start.dataset}
    own = replace(own, dataset=f"{plan.name}-{name}-{seed}", start=start, options=options)
    return [start, own]


def _equal(
    plan: ProtocolPlan,
    arm: str,
    runs: Sequence[SimulatedRun],
    control: Given,
    annotation: Annotation,
) -> dict[tuple[str, Equal], Given]:
    """Return an arm at as many answers and at as many seconds as random has.

    Whole segments first take their share of the answers, in both.
    """
    answers, seconds = control.answers, control.seconds
    *starts, own = runs
    before: list[AnsweredPart] = []
    for start in starts:
        first = ceil(round(start.budget / (start.budget + own.budget) * answers, 9))
        part = annotation.ask(replace(start, budget=first, unit=ANSWERS))
        if part.held > first:
            raise AnswerError(
                f"dataset '{start.dataset}' holds {part.held:,} answers, and its share of --budget "
                f"is {first:,} here, so that {own.dataset} begins from others: give another PREFIX",
                dataset=start.dataset,
            )
        before.append(part)
    begun = sum(len(part.examples) for part in before)
    spent = sum(second for part in before for second in part.seconds)
    own = replace(own, start=before[0].run if before else None)
    last = annotation.ask(replace(own, budget=answers - begun, unit=ANSWERS))
    if spent + sum(last.seconds) < seconds:
        last = annotation.ask(replace(own, budget=ceil(seconds - spent), unit=SECONDS))
    parts = [*before, last]
    each = [second for part in parts for second in part.seconds]
    within = sum(at <= seconds + 1e-6 for at in accumulate(each))
    return {
        (arm, ANSWERS): _read(plan, _first(parts, answers), short=len(each) < answers),
        (arm, SECONDS): _read(plan, _first(parts, within), short=sum(each) < seconds),
    }


def _first(parts: Sequence[AnsweredPart], count: int) -> list[AnsweredPart]:
    """Return the first `count` answers, through the parts in their order."""
    found, left = [], count
    for part in parts:
        size = max(0, min(left, len(part.examples)))
        if size:
            found.append(replace(part, examples=part.examples[:size], seconds=part.seconds[:size]))
        left -= size
    return found


def _read(plan: ProtocolPlan, parts: Sequence[AnsweredPart], *, short: bool = False) -> Given:
    """Return the training answers, without texts of the test set."""
    examples = {part.run.dataset: part.examples for part in parts}
    arms = [
        read_arm(name, own, plan.labels, tokenizer=plan.tokenizer, is_part=True)
        for name, own in examples.items()
    ]
    if not arms or not any(len(one.train) for one in arms):
        name = parts[0].run.dataset if parts else plan.name
        raise AnswerError(
            f"dataset '{name}' has no training answer within --budget: give a larger one",
            dataset=name,
        )
    arm: Arm = join_arms(arms, examples, tokenizer=plan.tokenizer) if len(arms) > 1 else arms[0]
    (train,), _ = remove_overlap([arm], plan.test)
    return Given(
        train,
        answers=sum(len(part.examples) for part in parts),
        seconds=sum(second for part in parts for second in part.seconds),
        short=short,
    )
