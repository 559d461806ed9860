"""`al.simulate`: the arms with gold answers, through the same recipes and the same controller."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from prodigy_al.exits import handle_interrupts, report_errors
from prodigy_al.manual_ranked import manual_ranked
from prodigy_al.options import (
    ACQUISITION_OF_ARMS,
    ASKING,
    ENGINE,
    EVALUATING,
    EXPLORE_OF_ARMS,
    WITHIN_KINDS,
    WORKERS,
    Arg,
    given,
    parse_rates,
    parse_seeds,
    recipe,
    split_string,
)
from prodigy_al.random_order import random_order
from prodigy_al.teach import teach

if TYPE_CHECKING:
    from prodigy_al.inputs.simulation.runs import Answered
    from prodigy_al.simulation.arms import SimulatedRun

RECIPES: Mapping[str, Callable[..., Any]] = {
    "al.teach": teach,
    "al.manual-ranked": manual_ranked,
    "al.random": random_order,
}
_ASKING = {
    name: ASKING[name] for name in ("label", "loader", "skip_bad", "unsegmented", "dev_share")
}


@recipe(
    "al.simulate",
    gold=Arg(help="Source with gold `spans`: the pool that questions are drawn from"),
    model=ASKING["model"],
    prefix=Arg(help="Datasets are called PREFIX-ARM-SEED"),
    **_ASKING,
    group_by=ASKING["group_by"],
    budget=Arg("--budget", "-n", help="What each arm may spend, in the unit of --budget-in"),
    budget_in=Arg(
        "--budget-in", help="Unit of --budget: answers, tokens that are read, or simulated seconds"
    ),
    arms=Arg(
        "--arms",
        help="Arms, comma-separated; teach,ranked,random if not given. One that ranks may name the "
        "score of --by that it ranks by: ranked-by-mnlp",
        converter=split_string,
    ),
    seeds=Arg(
        "--seeds",
        help="Number of replicates (0..N-1), or their seeds, comma-separated; 1 if not given, "
        "with --protocol 5",
    ),
    start_share=Arg(
        "--start-share", help="Share of --budget that goes to whole segments first, of mixed arms"
    ),
    fold_salt=Arg("--fold-salt", help="Salt of the dev fold; replicate S uses SALT-S"),
    by=ACQUISITION_OF_ARMS,
    explore=EXPLORE_OF_ARMS,
    within_kinds=WITHIN_KINDS,
    errors=Arg(
        "--errors",
        help="Kind of wrong answers: random; boundary (a border off by one token); anchored (what "
        "the model suggests is kept where it is wrong)",
    ),
    error_rate=Arg(
        "--error-rate",
        help="Share of wrong answers, of those that such an error fits: one number, or one for "
        "each of --annotators, comma-separated",
    ),
    errors_by_score=Arg(
        "--errors-by-score",
        help="Let --error-rate rise with the score of MODEL: from 0 to twice itself over the pool",
    ),
    annotators=Arg(
        "--annotators",
        help="Number of annotators, each with a clock and errors of their own; they share the "
        "questions and the budget",
    ),
    overlap=Arg("--overlap", help="Share of the segments that two of --annotators answer"),
    costs=Arg(
        "--costs", help="Dataset of people's answers, whose times tell what answers cost in seconds"
    ),
    seconds_per_answer=Arg("--seconds-per-answer", help="Fixed cost; 1.5 if not given"),
    seconds_per_token=Arg("--seconds-per-token", help="Cost of reading; 0.25 if not given"),
    seconds_per_span=Arg(
        "--seconds-per-span", help="Cost of a span of a whole segment; 2 if not given"
    ),
    chosen_speed=Arg(
        "--chosen-speed",
        help="Speed of reading what a model chose, 1 for that of random text; 0.79 where people "
        "were timed",
    ),
    gpu_id=ASKING["gpu_id"],
    workers=WORKERS,
    engine=ENGINE,
    **EVALUATING,
)
@report_errors
@handle_interrupts
def simulate(
    gold: str,
    model: str,
    prefix: str,
    label: Optional[list[str]] = None,
    loader: Optional[str] = None,
    skip_bad: bool = False,
    unsegmented: bool = False,
    dev_share: float = 0.25,
    group_by: Optional[str] = None,
    budget: int = 1000,
    budget_in: str = "answers",
    arms: Optional[list[str]] = None,
    seeds: Optional[str] = None,
    start_share: float = 1 / 3,
    fold_salt: str = "prodigy-al",
    by: Optional[str] = None,
    explore: Optional[float] = None,
    within_kinds: bool = False,
    errors: str = "random",
    error_rate: str = "0",
    errors_by_score: bool = False,
    annotators: int = 1,
    overlap: float = 0.0,
    costs: Optional[str] = None,
    seconds_per_answer: Optional[float] = None,
    seconds_per_token: Optional[float] = None,
    seconds_per_span: Optional[float] = None,
    chosen_speed: float = 1.0,
    gpu_id: int = -1,
    workers: int = 1,
    engine: Optional[str] = None,
    protocol: bool = False,
    test: Optional[str] = None,
    only: Optional[list[str]] = None,
    training: Optional[list[str]] = None,
    successor: Optional[str] = None,
    starts: Optional[list[str]] = None,
    wanted: Optional[float] = None,
    output: Optional[Path] = None,
) -> None:
    """Answer every arm's questions from gold and write ordinary datasets."""
    from prodigy_al.inputs.choices import choose_machines
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.remarks import say
    from prodigy_al.inputs.simulation import settings
    from prodigy_al.inputs.simulation.costs import PARTS, read_costs
    from prodigy_al.inputs.simulation.jobs import answer_runs
    from prodigy_al.inputs.simulation.protocol import ProtocolOptions, planned_arms, run_and_print
    from prodigy_al.inputs.simulation.runs import open_simulation
    from prodigy_al.simulation.arms import DEFAULT_ARMS, plan_runs

    evaluated = ProtocolOptions(
        protocol=protocol, test=test, parts=only, training=training, successor=successor,
        starts=starts, wanted=wanted, output=output,
    )  # fmt: skip
    active = given(by=by, explore=explore, within_kinds=within_kinds)
    parts = {"per_decision": seconds_per_answer, "per_token": seconds_per_token}
    of_runs: dict[str, Any] = {
        "arms": planned_arms(evaluated, arms), "active": active, "start_share": start_share,
        "seeds": parse_seeds(seeds or ("5" if protocol else "1")), "fold_salt": fold_salt,
        "budget": budget, "unit": budget_in,
    }  # fmt: skip
    with naming_options(**PARTS):
        settings.check_design(prefix, dev_share=dev_share, **active)
        runs = plan_runs(prefix, **of_runs)
        machines = choose_machines(workers, engine)
        priced, remarks = read_costs(costs, given(**parts, per_span=seconds_per_span))
        team, rates = settings.choose_team(annotators, overlap), parse_rates(str(error_rate))
        conditions = settings.Conditions(priced, chosen_speed, errors, rates, errors_by_score, team)
    settings.check_runs(runs, conditions, started=not protocol)
    simulation = open_simulation(
        gold, model, label, arms=of_runs["arms"] or DEFAULT_ARMS, conditions=conditions,
        recipes=RECIPES, cut={"loader": loader, "skip_bad": skip_bad, "unsegmented": unsegmented},
        options={"dev_share": dev_share, "group_by": group_by, "gpu_id": gpu_id},
    )  # fmt: skip
    for remark in remarks:
        say(remark)
    if protocol:
        run_and_print(evaluated, simulation, prefix=prefix, costs_from=costs, **of_runs, **machines)
    else:
        _say_written(answer_runs(simulation, runs, **machines), runs, model)


def _say_written(done: "Iterable[Answered]", runs: "Sequence[SimulatedRun]", model: str) -> None:
    """Say of each run, as it is done, how many answers were given at what cost.

    In the end, say how to compare runs that are one arm in two datasets.
    """
    from prodigy.util import msg

    for answered in done:
        run, spent = answered.run, answered.spent
        wrote = f"dataset {run.dataset}: {answered.answers:,} answers"
        if run.unit != "answers":
            wrote = f"{wrote}, {spent:,.0f} {run.unit}"
        if spent < run.budget:
            msg.warn(f"{wrote}, then nothing was left to ask (--budget {run.budget})")
        else:
            msg.good(wrote)
    joined = [f"{run.start.dataset}+{run.dataset}" for run in runs if run.start is not None]
    if joined:
        started = {run.start.dataset for run in runs if run.start is not None}
        own = [run.dataset for run in runs if run.start is None and run.dataset not in started]
        msg.info(f"one arm in two datasets: al.compare '{','.join([*joined, *own])}' {model}")
