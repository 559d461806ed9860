"""`al.diagnose`: how a dataset's questions differ from the pool they were asked of."""

from pathlib import Path
from typing import Optional

from prodigy_al.exits import handle_interrupts, report_errors
from prodigy_al.options import ASKING, Arg, recipe, split_string


@recipe(
    "al.diagnose",
    datasets=Arg(
        help="Datasets or shell-style patterns, comma-separated; also ones of other recipes",
        converter=split_string,
    ),
    model=Arg(help="Pipeline that scores the pool, the base: a package name or a path"),
    pool=Arg("--pool", help="The source that the datasets were asked of; required"),
    label=Arg(
        "--label",
        "-l",
        help="Labels to look at, comma-separated; if not given, all that answers have spans of",
        converter=split_string,
    ),
    loader=ASKING["loader"],
    skip_bad=ASKING["skip_bad"],
    group_by=Arg(
        "--group-by", help="Key in meta that names a text's document, of datasets without records"
    ),
    seed=Arg("--seed", help="Seed of every draw"),
    full=Arg("--full", help="Show all verdicts and what they rest on, not one screen"),
    output=Arg("--output", "-o", help="Folder for diagnosis.json"),
)
@report_errors
@handle_interrupts
def diagnose(
    datasets: list[str],
    model: str,
    pool: Optional[str] = None,
    label: Optional[list[str]] = None,
    loader: Optional[str] = None,
    skip_bad: bool = False,
    group_by: Optional[str] = None,
    seed: int = 0,
    full: bool = False,
    output: Path = Path("al-diagnose"),
) -> None:
    """Say how a dataset's questions differ from their pool; nothing is trained."""
    from prodigy.util import msg

    from prodigy_al.diagnosis.two_sample import MISSING, available
    from prodigy_al.inputs.diagnosis import open_diagnosis
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.report.diagnosis import build_diagnosis
    from prodigy_al.report.diagnosis_terminal import render_diagnosis
    from prodigy_al.report.files import write_json

    if not available():
        msg.warn(f"No test for selection: {MISSING}")
    found = open_diagnosis(
        datasets,
        model,
        pool,
        label=label,
        loader=loader,
        skip_bad=skip_bad,
        group_by=group_by,
        seed=seed,
    )
    with naming_options():
        diagnosis = build_diagnosis(
            found.evidence, labels=found.labels, model=found.model, pool=found.pool, seed=seed
        )
        msg.text(render_diagnosis(diagnosis, full=full))
        msg.good(f"Everything: {write_json(diagnosis, output / 'diagnosis.json')}")
