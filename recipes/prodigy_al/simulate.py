"""`al.simulate`: the arms with gold answers, through the same recipes and the same controller."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Optional

from prodigy_al.exits import handle_interrupts, report_errors
from prodigy_al.manual_ranked import manual_ranked
from prodigy_al.options import (
    ACQUISITION_OF_ARMS,
    ASKING,
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
    budget=Arg("--budget", "-n", help="Answers per arm"),
    arms=Arg(
        "--arms",
        help="Arms, comma-separated; teach,ranked,random if not given",
        converter=split_string,
    ),
    seeds=Arg("--seeds", help="Number of replicates (0..N-1), or their seeds, comma-separated"),
    start_share=Arg(
        "--start-share", help="Share of --budget that goes to whole segments first, of mixed arms"
    ),
    fold_salt=Arg("--fold-salt", help="Salt of the dev fold; replicate S uses SALT-S"),
    by=ACQUISITION_OF_ARMS,
    explore=EXPLORE_OF_ARMS,
    within_kinds=WITHIN_KINDS,
    error_rate=Arg("--error-rate", help="Share of answers that are wrong"),
    gpu_id=ASKING["gpu_id"],
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
    arms: Optional[list[str]] = None,
    seeds: str = "1",
    start_share: float = 1 / 3,
    fold_salt: str = "prodigy-al",
    by: Optional[str] = None,
    explore: Optional[float] = None,
    within_kinds: bool = False,
    error_rate: float = 0.0,
    gpu_id: int = -1,
) -> None:
    """Answer every arm's questions from gold and write ordinary datasets."""
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.inputs.sources import read_gold_source
    from prodigy_al.simulation.annotator import GoldAnnotator
    from prodigy_al.simulation.arms import plan_runs

    active = given(by=by, explore=explore, within_kinds=within_kinds)
    with naming_options():
        _check(prefix, error_rate=error_rate, dev_share=dev_share, **active)
        runs = plan_runs(
            prefix,
            arms=arms,
            seeds=parse_seeds(seeds),
            budget=budget,
            fold_salt=fold_salt,
            active=active,
            start_share=start_share,
        )
    _require_recipes(runs)
    _require_starts(runs)
    shared: dict[str, Any] = {
        "label": label,
        "loader": loader,
        "skip_bad": skip_bad,
        "unsegmented": unsegmented,
        "dev_share": dev_share,
        "group_by": group_by,
        "gpu_id": gpu_id,
    }
    labels, answers = read_gold_source(
        gold, model, label, loader=loader, unsegmented=unsegmented, skip_bad=skip_bad
    )
    _warn(answers.remarks())
    for run in runs:
        annotator = GoldAnnotator(answers, labels, error_rate=error_rate, seed=run.seed)
        stored = _simulate(run, gold, model, annotator=annotator, options=shared)
        _say_written(run, stored)
    _say_joined(runs, model)


def _check(prefix: str, *, error_rate: float, by: Optional[str] = None, **design: Any) -> None:
    """Check what the arms' own designs check too, but only when the arms before are done."""
    from prodigy_al.inputs.choices import check_acquisition
    from prodigy_al.inputs.datasets import check_name
    from prodigy_al.sampling.design import SamplingDesign
    from prodigy_al.simulation.annotator import check_error_rate

    if by is not None:
        check_acquisition(by)
    check_name(prefix)
    SamplingDesign(strategy="any", unit="segment", **design)
    check_error_rate(error_rate)


def _require_recipes(runs: "Sequence[SimulatedRun]") -> None:
    """Raise `OptionError` where a built-in recipe is not there, before any arm is answered."""
    if any(run.arm.built_in for run in runs):
        from prodigy_al.inputs.built_in import find_ner_teach

        find_ner_teach()


def _require_starts(runs: "Sequence[SimulatedRun]") -> None:
    """Raise `OptionError` where a run that has begun would begin from other answers now."""
    from prodigy_al.errors import OptionError
    from prodigy_al.inputs.datasets import stored_examples

    for run in runs:
        if run.start is None or not stored_examples(run.dataset):
            continue
        began = len(stored_examples(run.start.dataset))
        if began != run.start.budget:
            raise OptionError(
                "--budget",
                run.start.budget + run.budget,
                f"dataset {run.dataset} was begun after {began:,} whole segments, and with "
                f"--start-share it would be after {run.start.budget:,}: give the budget and share "
                "as they were, or another PREFIX",
            )


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


def _say_written(run: "SimulatedRun", stored: int) -> None:
    from prodigy.util import msg

    wrote = f"dataset {run.dataset}: {stored:,} answers"
    if stored < run.budget:
        msg.warn(f"{wrote}, then nothing was left to ask (--budget {run.budget})")
    else:
        msg.good(wrote)


def _simulate(
    run: "SimulatedRun",
    gold: str,
    model: str,
    *,
    annotator: "GoldAnnotator",
    options: dict[str, Any],
) -> int:
    """Answer one arm's questions up to the budget; return how many answers are stored then."""
    from prodigy.core import Controller
    from tqdm import tqdm

    from prodigy_al.inputs.datasets import stored_examples
    from prodigy_al.simulation.costs import CostModel
    from prodigy_al.simulation.session import annotate

    stored = stored_examples(run.dataset)
    done = len(stored)
    with tqdm(
        total=run.budget, initial=done, desc=run.dataset, unit=" answers", disable=None
    ) as bar:
        if done >= run.budget:
            return done
        asking = _open_arm(
            run, gold, model, labels=annotator.labels, options=options, resumed=bool(stored)
        )
        if not isinstance(asking, Controller):
            asking = Controller.from_components(run.arm.recipe, asking)
        for answered in annotate(
            asking,
            annotator,
            CostModel(),
            budget=run.budget - done,
            binary=run.arm.binary,
            # the clock goes on where it stopped: effort counts no pause and no overlap
            start=max((a.get("_timestamp") or 0 for a in stored), default=0) or int(time.time()),
        ):
            bar.update(answered)
            done += answered
    return done


def _open_arm(
    run: "SimulatedRun",
    gold: str,
    model: str,
    *,
    labels: Sequence[str],
    options: dict[str, Any],
    resumed: bool,
) -> Any:
    """Return what the arm's recipe returns: its components, or a controller."""
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
        label=labels,
        loader=options["loader"],
        skip_bad=options["skip_bad"],
        unsegmented=options["unsegmented"],
        gpu_id=options["gpu_id"],
        seed=run.seed,
    )
