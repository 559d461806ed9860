"""The arguments that recipes share, and their converters."""

from __future__ import annotations

from typing import Any

from prodigy_al.errors import OptionError

try:
    from prodigy.core import Arg, recipe
    from prodigy.errors import RecipeError
    from prodigy.util import split_string
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "the al.* recipes run on Prodigy, or without a licence on recipe-host: "
        "install one of them beside prodigy-al"
    ) from error

__all__ = [
    "ACQUISITION",
    "ACQUISITION_OF_ARMS",
    "ASKING",
    "BLOCK",
    "BUDGET",
    "ENGINE",
    "EVALUATING",
    "EXPLORE",
    "EXPLORE_OF_ARMS",
    "POOL_SIZE",
    "RATE",
    "REUSE",
    "STRICT",
    "WAIT",
    "WITHIN_KINDS",
    "WORKERS",
    "Arg",
    "RecipeError",
    "given",
    "parse_rates",
    "parse_seeds",
    "recipe",
    "split_string",
]

LARGEST_SEED = 2**32 - 1  # of numpy's generator, which spaCy seeds

ASKING: dict[str, Any] = {
    "dataset": Arg(help="Dataset to save the answers to"),
    "model": Arg(help="Pipeline with a `ner` component: a package name, a path or blank:xx"),
    "source": Arg(
        help="Source: .jsonl, .json, .csv, .txt (recipe-host: each also .gz), - or dataset:NAME"
    ),
    "label": Arg(
        "--label",
        "-l",
        help="Labels to ask for, comma-separated; if not given, all that the pipeline knows",
        converter=split_string,
    ),
    "loader": Arg("--loader", "-lo", help="Loader, where the file's name does not tell"),
    "skip_bad": Arg(
        "--skip-bad",
        help="Skip broken lines of JSONL, unusable records and gold spans; say how many",
    ),
    "exclude": Arg(
        "--exclude",
        "-e",
        help="Datasets whose texts are left out before anything is counted, comma-separated",
        converter=split_string,
    ),
    "unsegmented": Arg("--unsegmented", "-U", help="Do not split texts into sentences"),
    "seed": Arg("--seed", help="Seed of every draw"),
    "fold_salt": Arg("--fold-salt", help="Salt of the dev fold; arms to compare share it"),
    "dev_share": Arg("--dev-share", help="Share of the segments set aside for the dev fold"),
    "group_by": Arg(
        "--group-by",
        help="Key in meta that keeps texts together in one fold; if not given, doc where nearly "
        "all records have it",
    ),
    "gpu_id": Arg("--gpu-id", "-g", help="GPU to score on, -1 for the CPU"),
}
EVALUATING: dict[str, Any] = {
    "protocol": Arg(
        "--protocol",
        help="Hold arms against random order on a test set, over redraws, budgets and trainings, "
        "and say what may be claimed",
    ),
    "test": Arg("--test", "-t", help="Held-out test set: a dataset or a source with gold `spans`"),
    "only": Arg(
        "--parts",
        help="Parts of a protocol, comma-separated: budgets, bounds, settings, successor, starts; "
        "all if not given",
        converter=split_string,
    ),
    "training": Arg(
        "--training",
        help="Training settings of a protocol, comma-separated; usual,robust,scratch if not given",
        converter=split_string,
    ),
    "successor": Arg(
        "--successor",
        help="Another pipeline that a protocol trains from the same answers: do they serve it too?",
    ),
    "starts": Arg(
        "--starts",
        help="Shares of the budget for whole segments first, of arms with single spans in a "
        "protocol; 1/6,1/3,2/3 if not given",
        converter=split_string,
    ),
    "wanted": Arg(
        "--plan", help="Difference of F1 that a protocol plans its redraws for; 0.02 if not given"
    ),
    "output": Arg(
        "--output",
        "-o",
        help="Folder for protocol.json and finished trainings; al-protocol if not given",
    ),
}
"""Of `al.simulate --protocol`."""
BUDGET = Arg(
    "--budget",
    "-n",
    help="Answers to aim for: progress is their share; questions go on when they are there",
)
ACQUISITION = Arg(
    "--by",
    help="Score that ranks the train fold: expected-errors, errors-per-root-token, "
    "diverse-errors, ..., or one of another package; a name that is none lists all",
)
ACQUISITION_OF_ARMS = Arg(
    "--by", help="Score that ranks the train fold of each arm; if not given, as in its own recipe"
)
BLOCK = Arg("--block", help="Segments scored and ranked together")
RATE = Arg("--rate", help="Share of each block that is asked before the next is opened")
EXPLORE = Arg(
    "--explore",
    help="Share ε of the train fold's probability spread evenly; 1: no ranking. The dev fold is "
    "always drawn by expected-errors with ε = 0.3",
)
EXPLORE_OF_ARMS = Arg(
    "--explore",
    help="Share ε of the train fold's probability spread evenly, in each arm that ranks; if not "
    "given, as in its own recipe",
)
WITHIN_KINDS = Arg(
    "--within-kinds",
    help="Rank the train fold within kinds of segments (length × capitals and digits), so that "
    "none is left out",
)
POOL_SIZE = Arg("--pool-size", help="Segments drawn uniformly from a huge source; 0: all of it")
REUSE = Arg(
    "--reuse",
    help="Datasets of whole segments whose answers are copied, not asked again, comma-separated",
    converter=split_string,
)
STRICT = Arg("--strict", help="Most uncertain first, without chance: no probabilities, no weights")

WAIT = Arg(
    "--wait", help="Make answering wait for the learning model, so that a run repeats exactly"
)
ENGINE = Arg("--engine", help="Dask cluster, dask://HOST:PORT; otherwise this machine")
WORKERS = Arg("--workers", "-w", help="Worker processes; 0 takes every core")


def given(**options: Any) -> dict[str, Any]:
    """Return the options that were given, without those that are None.

    >>> given(by=None, explore=0.1)
    {'explore': 0.1}
    """
    return {name: value for name, value in options.items() if value is not None}


def parse_seeds(seeds: str) -> list[int]:
    """Return the seeds that ``--seeds`` names: a number N for 0..N-1, or seeds with commas.

    >>> parse_seeds("3"), parse_seeds("3,5"), parse_seeds("7,")
    ([0, 1, 2], [3, 5], [7])
    """
    try:
        numbers = [int(part) for part in seeds.split(",") if part.strip()]
    except ValueError:
        numbers = []
    if "," not in seeds:
        numbers = list(range(numbers[0])) if numbers else []
    if not numbers or min(numbers) < 0 or max(numbers) > LARGEST_SEED:
        raise OptionError(
            "--seeds", seeds, "give a number of seeds such as 5, or seeds such as 0,1,2"
        )
    return list(dict.fromkeys(numbers))


def parse_rates(rates: str) -> list[float]:
    """Return the error rates that ``--error-rate`` names: a number, or several with commas.

    >>> parse_rates("0.1"), parse_rates("0,0.1,.3")
    ([0.1], [0.0, 0.1, 0.3])
    """
    try:
        return [float(part) for part in rates.split(",")]
    except ValueError:
        raise OptionError(
            "--error-rate",
            rates,
            "give a number from 0 to 1, or one for each of --annotators such as 0,0.1,0.3",
        ) from None
