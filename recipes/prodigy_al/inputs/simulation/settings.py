"""How a simulation is set, and the checks before any arm is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from prodigy_al.errors import AnswerError, OptionError, ParameterError
from prodigy_al.inputs.choices import check_acquisition
from prodigy_al.inputs.datasets import check_name, stored_examples
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.remarks import say
from prodigy_al.inputs.resuming import GO_ON
from prodigy_al.inputs.simulation.built_in import find_ner_teach
from prodigy_al.inputs.simulation.costs import PARTS
from prodigy_al.inputs.simulation.remote import read_settings
from prodigy_al.records import SIMULATED
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.scoring.registry import find_acquisition
from prodigy_al.simulation.arms import LEARN_EVERY, SimulatedRun, find_arm
from prodigy_al.simulation.costs import CostModel, Meter
from prodigy_al.simulation.mistakes import KINDS, check_errors
from prodigy_al.simulation.team import Team

ALONE = Team()
_EXACT = 6  # decimals that every database gives back


@dataclass(frozen=True)
class Conditions:
    """How the simulated annotators work: at which costs, with which errors, and how many they are.

    `chosen_speed`: of reading text that a model chose, as a share of that of other text;
    `error_rates`: one for all, or one for each. Raises `ParameterError` for numbers out of range,
    and for kinds of errors that are never made.
    """

    costs: CostModel
    chosen_speed: float
    errors: str
    error_rates: Sequence[float]
    errors_by_score: bool
    team: Team = ALONE

    def __post_init__(self) -> None:
        self.costs.on_chosen_text(self.chosen_speed)
        for rate in self.team.rates(self.error_rates):
            check_errors(self.errors, rate, by_score=self.errors_by_score)
        if not any(self.error_rates) and (self.errors != KINDS[0] or self.errors_by_score):
            raise ParameterError(
                "error_rate",
                0,
                "then no answer is wrong; give the share that is to be, such as 0.1",
            )

    def meter(self, run: SimulatedRun) -> Meter:
        """Return what measures the budget of a run."""
        arm = run.arm
        costs = self.costs.on_chosen_text(self.chosen_speed) if arm.chosen else self.costs
        return Meter(costs, arm.binary, run.unit)

    def to_record(self) -> dict[str, Any]:
        """Return what answers say of it: one number, word or flag per option.

        Of error rates that differ the list of all, of one annotator nothing more than of old.
        """
        rates = [float(rate) for rate in self.team.rates(self.error_rates)]
        return asdict(self.costs) | {
            "chosen_speed": self.chosen_speed,
            "errors": self.errors,
            "error_rate": rates[0] if len({*rates}) == 1 else rates,
            "errors_by_score": self.errors_by_score,
            **(_of_team(self.team) if self.team.size > 1 else {}),
        }


def _of_team(team: Team) -> dict[str, Any]:
    return {"annotators": team.size, "overlap": team.overlap}


def choose_team(annotators: int, overlap: float) -> Team:
    """Return who annotates.

    Raises `ParameterError` for numbers out of range, and `OptionError` where Prodigy's settings
    give a question to several sessions by themselves.
    """
    team = Team(annotators, overlap)
    settings = read_settings() if team.size > 1 else {}
    for name in ("feed_overlap", "annotations_per_task"):
        value = settings.get(name)
        if value is True or (isinstance(value, int | float) and value > 1):
            raise OptionError(
                "--annotators",
                team.size,
                f"Prodigy's settings have {name}, which gives a question to several by itself; "
                "leave it out, and say with --overlap how many get a second answer",
            )
    return team


def check_design(prefix: str, *, by: str | None = None, **design: Any) -> None:
    """Check what the arms' own designs check too, but only when the arms before are done."""
    if by is not None:
        check_acquisition(by)
    check_name(prefix)
    SamplingDesign(strategy="any", unit="segment", **design)


def check_cold_start(
    labels: Sequence[str], known: Sequence[str], *, arms: Sequence[str], model: str
) -> None:
    """Refuse arms that have nothing to ask where the pipeline knows none of the labels.

    Those of whole segments can begin; what order they ask in is said. Raises `OptionError`.
    """
    if set(labels) & set(known):
        return
    unknown = f"{model} knows no label {', '.join(labels)}"
    chosen = {name: find_arm(name) for name in arms}
    for name, arm in chosen.items():
        if arm.binary:
            raise OptionError(
                "--arms",
                name,
                f"{unknown}, so it proposes no span to accept or reject; take an arm of whole "
                "segments: random, or ranked-learning, which ranks once it has learned",
            )
    learning = {name for name, arm in chosen.items() if "rerank_every" in arm.options}
    never = [name for name, arm in chosen.items() if arm.active and name not in learning]
    until = f"until {LEARN_EVERY} answers of the train fold are learned from"
    orders = {"throughout": never, until: sorted(learning)}
    said = [f"{how}: {', '.join(names)}" for how, names in orders.items() if names]
    if said:
        say(f"{unknown}, so nothing is ranked by it; in random order {'; '.join(said)}")


def check_runs(
    runs: Sequence[SimulatedRun], conditions: Conditions, *, started: bool = True
) -> None:
    """Raise where a run cannot begin, or would go on otherwise than it began.

    Without `started`, how much a run begins from is not looked at. `OptionError` where a built-in
    recipe or the score of an arm is not there, or a run would begin from other answers now;
    `AnswerError` where the annotator or the costs were others.
    """
    for by in dict.fromkeys(run.arm.options.get("by") for run in runs):
        if by is not None:
            with naming_options(acquisition="--arms"):
                find_acquisition(by)
    if any(run.arm.built_in for run in runs):
        find_ner_teach()
    for run in runs:
        stored = stored_examples(run.dataset)
        if stored and started and run.start is not None:
            _require_start(run, run.start, conditions.meter(run.start))
        if stored:
            _require_settings(run.dataset, stored[0], conditions)


def _require_start(run: SimulatedRun, start: SimulatedRun, meter: Meter) -> None:
    began = stored_examples(start.dataset)
    # the last answer may go beyond the budget, and no other
    if not meter.spent(began[:-1]) < start.budget <= meter.spent(began):
        of = "" if run.unit == "answers" else f"{run.unit} of "
        raise OptionError(
            "--budget",
            start.budget + run.budget,
            f"dataset {run.dataset} was begun after {meter.spent(began):,.0f} {of}whole "
            f"segments, and with --start-share it would be after {start.budget:,}: give the budget "
            "and share as they were, or another PREFIX",
        )


def _require_settings(dataset: str, first: Mapping[str, Any], conditions: Conditions) -> None:
    told = first.get(SIMULATED)
    if not isinstance(told, Mapping):  # answers of earlier releases do not tell
        return
    # those of one annotator do not tell that
    before = {**_of_team(ALONE), **told}
    for name, now in (_of_team(conditions.team) | conditions.to_record()).items():
        then = before.get(name)
        if _comparable(then) != _comparable(now):
            option = PARTS.get(name, f"--{name.replace('_', '-')}")
            raise AnswerError(
                f"dataset '{dataset}' was started with {option} {_shown(then)}, now it is "
                f"{_shown(now)}: {GO_ON}",
                dataset=dataset,
            )


def _comparable(value: object) -> object:
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    return round(value, _EXACT) if isinstance(value, float) else value


def _shown(value: object) -> object:
    return ",".join(f"{one:g}" for one in value) if isinstance(value, list) else value
