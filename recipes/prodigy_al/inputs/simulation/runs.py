"""The runs of a simulation: the questions of a recipe, answered from gold up to a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from prodigy.core import Controller
from tqdm import tqdm

from prodigy_al.errors import OptionError
from prodigy_al.inputs.datasets import stored_examples
from prodigy_al.inputs.remarks import warn
from prodigy_al.inputs.simulation.built_in import open_ner_teach
from prodigy_al.inputs.simulation.oracle import open_oracle
from prodigy_al.inputs.simulation.ranks import rank_texts
from prodigy_al.inputs.simulation.settings import Conditions, check_cold_start
from prodigy_al.inputs.simulation.teams import TeamRun, close, unused_name
from prodigy_al.inputs.sources import read_gold_source
from prodigy_al.sampling.drawing import FOLDS
from prodigy_al.simulation.annotator import GoldAnnotator, GoldSpans
from prodigy_al.simulation.arms import SimulatedRun
from prodigy_al.simulation.mistakes import ErrorModel
from prodigy_al.simulation.session import FIRST_SECOND, AnnotatorSession, annotate

Answer = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """A run, the number of answers in its dataset, and what they took off its budget."""

    run: SimulatedRun
    answers: int
    spent: float


@dataclass(frozen=True)
class Simulation:
    """What the runs of a simulation share; another process can be sent it.

    errors: of each annotator
    recipes: what asks the questions, by name
    cut: options by which the source is cut into segments, as every arm and the gold need them
    options: all other options that every recipe of this package takes
    """

    gold: str
    model: str
    labels: Sequence[str]
    spans: GoldSpans
    errors: Sequence[ErrorModel]
    conditions: Conditions
    recipes: Mapping[str, Callable[..., Any]]
    cut: Mapping[str, Any]
    options: Mapping[str, Any]

    def is_whole(self, run: SimulatedRun) -> bool:
        """Return whether the budget of a run is spent."""
        return self.look_up(run).spent >= run.budget

    def look_up(self, run: SimulatedRun) -> Answered:
        """Return how far a run is."""
        return self._answered(run, stored_examples(run.dataset))

    def answer(self, run: SimulatedRun) -> Answered:
        """Answer a run's questions until its budget is spent; answers are stored batch by batch."""
        stored, meter = stored_examples(run.dataset), self.conditions.meter(run)
        spent = meter.spent(stored)
        with tqdm(
            total=run.budget,
            initial=round(spent),
            desc=run.dataset,
            unit=f" {run.unit}",
            disable=None,
        ) as bar:
            if spent >= run.budget:
                return self._answered(run, stored)
            several = self.conditions.team.size > 1
            for answers in (self._together if several else self._alone)(run, tuple(stored)):
                bar.update(meter.spent(answers))
                stored += answers
        return self._answered(run, stored)

    def _alone(self, run: SimulatedRun, stored: Sequence[Answer]) -> Iterator[Sequence[Answer]]:
        """Go on with the answers of one annotator; yield the new ones as they are stored."""
        meter = self.conditions.meter(run)
        components = self._open(run, run.dataset, resumed=bool(stored))
        asking = components
        if not isinstance(asking, Controller):
            asking = Controller.from_components(run.arm.recipe, components)
        session = self._open_session(run)
        session.go_on(stored, meter)
        yield from annotate(
            asking,
            session,
            meter,
            budget=run.budget,
            spent=meter.spent(stored),
            settings=self.conditions.to_record(),
        )
        if asking is not components:
            close(components, asking)

    def _together(self, run: SimulatedRun, stored: Sequence[Answer]) -> Iterator[Sequence[Answer]]:
        """Repeat the answers of several annotators and go on; yield the new ones as stored.

        The recipe is opened under a name that holds nothing, so that it asks from the beginning.
        """
        if stored and not run.arm.built_in:  # another source or design is refused, as of one
            close(self._open(run, run.dataset, resumed=True))
        team = TeamRun(
            dataset=run.dataset,
            recipe=run.arm.recipe,
            team=self.conditions.team,
            sessions=[self._open_session(run, number) for number in range(len(self.errors))],
            meter=self.conditions.meter(run),
            settings=self.conditions.to_record(),
            seed=run.seed,
        )
        components = self._open(run, unused_name(run.dataset), resumed=False)
        yield from team.answer(components, stored, budget=run.budget)

    def answers(self, run: SimulatedRun) -> list[Answer]:
        """Answer a run's questions until its budget is spent; return all that are stored then."""
        self.answer(run)
        return stored_examples(run.dataset)

    def _answered(self, run: SimulatedRun, stored: Sequence[Answer]) -> Answered:
        return Answered(run, len(stored), self.conditions.meter(run).spent(stored))

    def _open_session(self, run: SimulatedRun, number: int = 0) -> AnnotatorSession:
        """Return an annotator of a run, who has answered nothing.

        Who goes on with another run's answers begins when that one ended.
        """
        start = FIRST_SECOND
        if run.start is not None and (before := stored_examples(run.start.dataset)):
            start = before[-1].get("_timestamp", start)
        annotator = GoldAnnotator(
            self.spans, self.labels, self.errors[number], seed=run.seed, number=number
        )
        # a session with a name: the id of one without is the time on the wall
        return AnnotatorSession(f"{run.dataset}-annotator-{number + 1}", annotator, start=start)

    def _open(self, run: SimulatedRun, dataset: str, *, resumed: bool) -> Any:
        """Return what the arm's recipe returns: its components, or a controller."""
        if run.start is not None and not resumed:
            _require_both_folds(run.start, run)
        if run.arm.sees_gold:
            return open_oracle(
                dataset,
                self.model,
                self.gold,
                self.spans,
                **self.cut,
                **self.options,
                **run.options,
            )
        if not run.arm.built_in:
            recipe = self.recipes[run.arm.recipe]
            return recipe(dataset, self.model, self.gold, **self.cut, **self.options, **run.options)
        if resumed:
            warn(
                f"dataset {run.dataset}: {run.arm.recipe} keeps what its model learns in memory "
                f"only, so it goes on with {self.model} as it was"
            )
        return open_ner_teach(
            dataset,
            self.model,
            self.gold,
            label=self.labels,
            gpu_id=self.options["gpu_id"],
            seed=run.seed,
            **self.cut,
        )


def _require_both_folds(start: SimulatedRun, run: SimulatedRun) -> None:
    """Raise `OptionError` where a small budget leaves a fold of a mixed arm's start empty.

    The recipe would refuse it too, by an option that whoever simulates does not give.
    """
    found = {example["al"]["fold"] for example in stored_examples(start.dataset)}
    for fold in FOLDS:
        if fold not in found:
            raise OptionError(
                "--budget",
                f"{run.budget + start.budget:g}",
                f"the whole segments that {run.dataset} begins with (dataset {start.dataset}) have "
                f"none in the {fold} fold; give more {run.unit}, or a larger --start-share",
            )


def open_simulation(
    gold: str,
    model: str,
    label: list[str] | None,
    *,
    arms: Sequence[str],
    conditions: Conditions,
    recipes: Mapping[str, Callable[..., Any]],
    cut: Mapping[str, Any],
    options: Mapping[str, Any],
) -> Simulation:
    """Read the gold, check that arms of these names can begin, and warn of unusable spans.

    Texts are ranked where errors need it. Raises `OptionError`, `SourceError` or `ModelError`.
    """
    check = partial(check_cold_start, arms=arms, model=model)
    labels, spans = read_gold_source(gold, model, label, check=check, **cut)
    for remark in spans.remarks():
        warn(remark)
    ranks = None
    if conditions.errors_by_score:
        ranks = rank_texts(gold, model, labels, gpu_id=options["gpu_id"], **cut)
    rates = conditions.team.rates(conditions.error_rates)
    errors = [ErrorModel(conditions.errors, rate, ranks) for rate in rates]
    return Simulation(
        gold=gold,
        model=model,
        labels=labels,
        spans=spans,
        errors=errors,
        conditions=conditions,
        recipes=recipes,
        cut=cut,
        options={**options, "label": label},
    )
