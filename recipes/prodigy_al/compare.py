"""`al.compare`: retrain from each dataset; dev and held-out test F1 side by side."""

import sys
from pathlib import Path
from typing import Optional

from prodigy_al.exits import handle_interrupts, report_errors
from prodigy_al.options import (
    ASKING,
    ENGINE,
    WORKERS,
    Arg,
    parse_seeds,
    recipe,
    split_string,
)


@recipe(
    "al.compare",
    datasets=Arg(
        help="Datasets or shell-style patterns, comma-separated; A+B: one arm of both",
        converter=split_string,
    ),
    model=Arg(help="Base pipeline that every arm is fine-tuned from: a package name or a path"),
    test=Arg(
        "--test",
        "-t",
        help="Held-out test set: a dataset or a source with gold `spans`; required but for --quick",
    ),
    label=Arg(
        "--label",
        "-l",
        help="Labels to compare, comma-separated; if not given, all that answers have spans of",
        converter=split_string,
    ),
    loader=ASKING["loader"],
    skip_bad=ASKING["skip_bad"],
    group_by=Arg(
        "--group-by",
        help="Key in meta that names a text's document: in the test set, and without records",
    ),
    pool=Arg("--pool", help="The arms' source: surer weighted dev F1, or an estimated one"),
    training=Arg(
        "--training",
        help="Policies, comma-separated: usual, usual-outside, scratch, robust (the default); all",
        converter=split_string,
    ),
    curves=Arg(
        "--curves",
        help="Train on a quarter, half and three quarters too: 3 more runs per arm and policy",
    ),
    equal=Arg(
        "--equal",
        help="seconds: where one took longer than the other, train it on what it held then too; "
        "answers: compare at equal answers alone",
    ),
    why=Arg(
        "--why",
        help="Train more, to tell why arms differ: the same answers as single spans, without their "
        "selection, and by the robust policy",
    ),
    quick=Arg("--quick", help="Train nothing: the base on the dev answers so far; needs no --test"),
    wanted=Arg(
        "--plan",
        help="Difference of F1, such as 0.02: say how much of everything it takes to find it",
    ),
    seeds=Arg("--seeds", help="Number of training seeds (0..N-1), or the seeds with commas"),
    workers=WORKERS,
    engine=ENGINE,
    full=Arg("--full", help="Print every table too, below the screen that answers"),
    output=Arg(
        "--output",
        "-o",
        help="Folder for report.json, report.html, each arm's files and finished runs",
    ),
)
@report_errors
@handle_interrupts
def compare(
    datasets: list[str],
    model: str,
    test: Optional[str] = None,
    label: Optional[list[str]] = None,
    loader: Optional[str] = None,
    skip_bad: bool = False,
    group_by: Optional[str] = None,
    pool: Optional[str] = None,
    training: Optional[list[str]] = None,
    curves: bool = False,
    equal: str = "seconds",
    why: bool = False,
    quick: bool = False,
    wanted: Optional[float] = None,
    seeds: str = "5",
    workers: int = 0,
    engine: Optional[str] = None,
    full: bool = False,
    output: Path = Path("al-compare"),
) -> None:
    """Retrain from each dataset and report dev and held-out test F1 side by side."""
    from prodigy.util import msg

    from prodigy_al.inputs.comparison import open_comparison
    from prodigy_al.inputs.naming import naming_options
    from prodigy_al.report.build import compare as compare_arms
    from prodigy_al.report.commands import split_typed
    from prodigy_al.report.files import describe_places, write_files
    from prodigy_al.report.terminal import printed_parts

    typed, elsewhere = split_typed(sys.argv)
    plan = open_comparison(
        datasets,
        model,
        test,
        label=label,
        loader=loader,
        skip_bad=skip_bad,
        group_by=group_by,
        policies=training,
        curves=curves,
        equal=equal,
        why=why,
        seeds=parse_seeds(seeds),
        workers=workers,
        engine=engine,
        output=output,
        pool=pool,
        quick=quick,
        wanted=wanted,
        command=typed,
    )
    with naming_options():
        report = compare_arms(plan, say=msg.info, warn=msg.warn)
        places = describe_places(report, output)
        try:
            for part in printed_parts(report, places, again=elsewhere, full=full):
                msg.text(part)
        finally:  # nobody may read what is printed any more
            if missing := write_files(report, output):
                msg.warn(missing)
