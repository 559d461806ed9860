"""`al.simulate`: the arms with gold answers, through the same recipes and the same controller."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from prodigy_al.exits import handle_interrupts, report_errors
from prodigy_al.manual_ranked import manual_ranked
from prodigy_al.options import (
    ACQUISITION_OF_ARMS,
    ASKING,
    EVALUATING,
    EXPLORE_OF_ARMS,
    WITHIN_KINDS,
    Arg,
    given,
    parse_seeds,
    recipe,
    split_string,
)
from prodigy_al.random_order import random_order
from prodigy_al.teach import teach

if TYPE_CHECKING:
    from prodigy_al.inputs.simulating import Conditions
    from prodigy_al.simulation.annotator import GoldAnnotator
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
    error_rate=Arg("--error-rate", help="Share of wrong answers, of those that such an error fits"),
    errors_by_score=Arg(
        "--errors-by-score",
        help="Let --error-rate rise with the score of MODEL: from 0 to twice itself over the pool",
    ),
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
    error_rate: float = 0.0,
    errors_by_score: bool = False,
    costs: Optional[str] = None,
    seconds_per_answer: Optional[float] = None,
    seconds_per_token: Optional[float] = None,
    seconds_per_span: Optional[float] = None,
    chosen_speed: float = 1.0,
    gpu_id: int = -1,
    protocol: bool = False,
    test: Optional[str] = None,
    only: Optional[list[str]] = None,
    training: Optional[list[str]] = None,
    successor: Optional[str] = None,
    starts: Optional[list[str]] = None,
    wanted: Optional[float] = None,
    workers: int = 0,
    engine: Optional[str] = None,
    output: Optional[Path] = None,
) -> None:
    """Answer every arm's questions from gold and write ordinary datasets."""
    from prodigy_al.inputs.costs import PARTS, read_costs
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.protocol import ProtocolOptions, planned_arms, run_and_print
    from prodigy_al.inputs.remarks import say
    from prodigy_al.inputs.simulating import Conditions, check_design, check_runs
    from prodigy_al.simulation.arms import plan_runs

    evaluated = ProtocolOptions(
        protocol=protocol, test=test, parts=only, training=training, successor=successor,
        starts=starts, wanted=wanted, workers=workers, engine=engine, output=output,
    )  # fmt: skip
    active = given(by=by, explore=explore, within_kinds=within_kinds)
    parts = given(
        per_decision=seconds_per_answer, per_token=seconds_per_token, per_span=seconds_per_span
    )
    replicates = {"seeds": parse_seeds(seeds or ("5" if protocol else "1")), "fold_salt": fold_salt}
    spent = {"budget": budget, "unit": budget_in, "start_share": start_share, "active": active}
    of_all: dict[str, Any] = {"arms": planned_arms(evaluated, arms), **replicates, **spent}
    with naming_options(**PARTS):
        check_design(prefix, dev_share=dev_share, **active)
        runs = plan_runs(prefix, **of_all)
        priced, remarks = read_costs(costs, parts)
        conditions = Conditions(priced, chosen_speed, errors, error_rate, errors_by_score)
    check_runs(runs, conditions, started=not protocol)
    cut = {"loader": loader, "skip_bad": skip_bad, "unsegmented": unsegmented}
    shared = {**cut, "label": label, "dev_share": dev_share, "group_by": group_by, "gpu_id": gpu_id}
    annotator_of = _make_annotators(gold, model, label, conditions=conditions, gpu_id=gpu_id, **cut)
    for remark in remarks:
        say(remark)

    def answer(run: "SimulatedRun") -> list[dict[str, Any]]:
        return _simulate(run, gold, model, annotator_of(run), conditions=conditions, options=shared)

    if protocol:
        of_all |= {"model": model, "prefix": prefix, "conditions": conditions, "costs_from": costs}
        run_and_print(evaluated, annotator_of(runs[0]), answer, shared=shared, **of_all)
        return
    for run in runs:
        _say_written(run, answer(run), conditions)
    _say_joined(runs, model)


def _make_annotators(
    gold: str,
    model: str,
    label: Optional[list[str]],
    *,
    conditions: "Conditions",
    gpu_id: int,
    **cut: Any,
) -> "Callable[[SimulatedRun], GoldAnnotator]":
    """Read the gold; return what makes the annotator of a run, whose seed is the run's."""
    from prodigy_al.inputs.ranks import rank_texts
    from prodigy_al.inputs.sources import read_gold_source
    from prodigy_al.simulation.annotator import GoldAnnotator
    from prodigy_al.simulation.mistakes import ErrorModel

    labels, answers = read_gold_source(gold, model, label, **cut)
    _warn(answers.remarks())
    ranks = None
    if conditions.errors_by_score:
        ranks = rank_texts(gold, model, labels, gpu_id=gpu_id, **cut)
    errors = ErrorModel(conditions.errors, conditions.error_rate, ranks)
    return lambda run: GoldAnnotator(answers, labels, errors, seed=run.seed)


def _say_joined(runs: "Sequence[SimulatedRun]", model: str) -> None:
    """Say how to compare runs that are one arm in two datasets."""
    from prodigy.util import msg

    joined = [f"{run.start.dataset}+{run.dataset}" for run in runs if run.start is not None]
    if joined:
        started = {run.start.dataset for run in runs if run.start is not None}
        own = [run.dataset for run in runs if run.start is None and run.dataset not in started]
        msg.info(f"one arm in two datasets: al.compare '{','.join([*joined, *own])}' {model}")


def _warn(remarks: Iterable[str]) -> None:
    from prodigy.util import msg

    for remark in remarks:
        msg.warn(remark)


def _say_written(
    run: "SimulatedRun", stored: Sequence[Mapping[str, Any]], conditions: "Conditions"
) -> None:
    from prodigy.util import msg

    wrote = f"dataset {run.dataset}: {len(stored):,} answers"
    spent = conditions.meter(run).spent(stored)
    if run.unit != "answers":
        wrote = f"{wrote}, {spent:,.0f} {run.unit}"
    if spent < run.budget:
        msg.warn(f"{wrote}, then nothing was left to ask (--budget {run.budget})")
    else:
        msg.good(wrote)


def _simulate(
    run: "SimulatedRun",
    gold: str,
    model: str,
    annotator: "GoldAnnotator",
    *,
    conditions: "Conditions",
    options: dict[str, Any],
) -> list[dict[str, Any]]:
    """Answer one arm's questions up to the budget; return all answers that are stored then."""
    from prodigy.core import Controller
    from tqdm import tqdm

    from prodigy_al.inputs.datasets import stored_examples
    from prodigy_al.simulation.session import annotate

    stored, meter = stored_examples(run.dataset), conditions.meter(run)
    spent = meter.spent(stored)
    with tqdm(
        total=run.budget, initial=round(spent), desc=run.dataset, unit=f" {run.unit}", disable=None
    ) as bar:
        if spent >= run.budget:
            return stored
        asking = _open_arm(run, gold, model, annotator, options=options, resumed=bool(stored))
        if not isinstance(asking, Controller):
            asking = Controller.from_components(run.arm.recipe, asking)
        for answers in annotate(
            asking,
            annotator,
            meter,
            budget=run.budget,
            spent=spent,
            # the clock goes on where it stopped: effort counts no pause and no overlap
            start=max((a.get("_timestamp") or 0 for a in stored), default=0) or int(time.time()),
            settings=conditions.to_record(),
        ):
            bar.update(meter.spent(answers))
            stored += answers
    return stored


def _open_arm(
    run: "SimulatedRun",
    gold: str,
    model: str,
    annotator: "GoldAnnotator",
    *,
    options: dict[str, Any],
    resumed: bool,
) -> Any:
    """Return what the arm's recipe returns: its components, or a controller."""
    if run.arm.sees_gold:
        from prodigy_al.inputs.oracle import open_oracle

        return open_oracle(run.dataset, model, gold, annotator.gold, **options, **run.options)
    if not run.arm.built_in:
        return RECIPES[run.arm.recipe](run.dataset, model, gold, **options, **run.options)

    from prodigy.util import msg

    from prodigy_al.inputs.built_in import open_ner_teach

    if resumed:
        msg.warn(
            f"dataset {run.dataset}: {run.arm.recipe} keeps what its model learns in memory only, "
            f"so it goes on with {model} as it was"
        )
    return open_ner_teach(
        run.dataset,
        model,
        gold,
        label=annotator.labels,
        loader=options["loader"],
        skip_bad=options["skip_bad"],
        unsegmented=options["unsegmented"],
        gpu_id=options["gpu_id"],
        seed=run.seed,
    )
