"""Options whose values must be among what there is, checked before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joblib import cpu_count

from prodigy_al.errors import OptionError
from prodigy_al.inputs.naming import naming_options
from prodigy_al.jobs.run import check_cluster
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.scoring.registry import find_acquisition
from prodigy_al.training.policies import POLICIES, ROBUST

ALL = "all"
SECONDS, ANSWERS = "seconds", "answers"
"""The name that stands for every policy."""


def check_acquisition(name: str) -> None:
    """Raise `OptionError` for a score that does not exist, or that cannot be loaded."""
    with naming_options():
        find_acquisition(name)


def check_budget(budget: int | None) -> None:
    """Raise `OptionError` for a number of answers that cannot be aimed for."""
    if budget is not None and budget < 1:
        raise OptionError("--budget", budget, "give a number of answers of at least 1")


def check_waiting(waits: bool, design: SamplingDesign) -> None:
    """Raise `OptionError` where answering is to wait for a model, and none is refitted."""
    if waits and design.learn_every is None:
        raise OptionError(
            "--wait",
            waits,
            "there is no model to wait for, since none learns here; add --update-every (al.teach) "
            "or --rerank-every (al.manual-ranked), or leave it out",
        )


def check_reuse(datasets: Sequence[str] | None, design: SamplingDesign) -> None:
    """Raise `OptionError` where answers of other datasets are to be used and cannot be."""
    if not datasets:
        return
    if design.unit == "candidate":
        raise OptionError(
            "--reuse", datasets, "only answers about whole segments are reused; leave it out"
        )
    if design.learn_every is not None:
        raise OptionError(
            "--reuse", datasets, "a model that learns sees no copied answers; leave out one of both"
        )


def check_start(start: str | None, source: object, design: SamplingDesign) -> None:
    """Raise `OptionError` where questions cannot begin from whole segments of another dataset."""
    if start is None:
        return
    if design.learn_every is not None:
        raise OptionError(
            "--start",
            start,
            "its questions are ranked by a reranker that learns without a model being trained; "
            "leave out --update-every",
        )
    if str(source) == "-":
        raise OptionError(
            "SOURCE", source, "a stream has no texts that --start answered; give the file"
        )


def check_source(source: object, *, whole: bool, learning: bool = False) -> None:
    """Raise `OptionError` for standard input where a recipe cannot ask about what comes in.

    `whole`: it needs the whole source before the first question; `learning`: it learns meanwhile.
    """
    if str(source) != "-":
        return
    if whole:
        raise OptionError(
            "SOURCE",
            source,
            "only al.teach asks about a stream as it comes, the whole source is needed here; "
            "write it to a file, and add --pool-size where it is huge",
        )
    if learning:
        raise OptionError(
            "SOURCE",
            source,
            "a model that learns ranks again what is left, and a stream has no end; give a file, "
            "or leave out --update-every",
        )


def check_order(model: str, source: object) -> None:
    """Raise `OptionError` where model and source are exchanged, as far as the two names tell."""
    if Path(model).is_file():
        raise OptionError(
            "MODEL",
            model,
            "this is a file, and a pipeline is a package or a folder; the source comes after it",
        )
    if (Path(str(source)) / "config.cfg").is_file():
        raise OptionError(
            "SOURCE", source, "this is the folder of a pipeline; the model comes before the source"
        )


def describe_unknown(label: str, known: Sequence[str], model: str) -> str:
    """Return what to say of a label that the pipeline does not know, with the nearest it does.

    >>> describe_unknown("org", ["ORG", "PERSON"], "base")
    "base knows no label 'org', so it proposes no span of it and ranks nothing; is it 'ORG'?"
    """
    spelt = {name.casefold(): name for name in known}
    near = get_close_matches(label.casefold(), spelt, n=1)
    guess = f"; is it '{spelt[near[0]]}'?" if near else ""
    return (
        f"{model} knows no label '{label}', so it proposes no span of it and ranks nothing{guess}"
    )


def match_datasets(patterns: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the datasets that names or shell-style patterns name, each once, in their order.

    Raises `OptionError` for a pattern that names none.

    >>> match_datasets(["news-*-0", "old"], ["news-teach-0", "old", "news-random-1"])
    ['news-teach-0', 'old']
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        matching = [name for name in there if fnmatchcase(name, pattern)]
        if not matching:
            raise OptionError(
                "DATASETS",
                pattern,
                f"there is no such dataset; there are: {', '.join(there) or 'none'}",
            )
        found.update(dict.fromkeys(matching))
    return list(found)


def choose_labels(
    asked: Sequence[str] | None, examples: Iterable[Mapping[str, Any]]
) -> Sequence[str]:
    """Return the labels asked for, or without any all that the answers have spans of, sorted.

    Raises `OptionError` for a label that no answer has a span of, and where there is no span at
    all: no model could be trained on it.
    """
    there = sorted({span["label"] for e in examples for span in e.get("spans") or []})
    if not there:
        raise OptionError(
            "DATASETS",
            None,
            "no answer in them holds a span, so there is nothing to learn from; "
            "name datasets with spans",
        )
    for label in asked or ():
        if label not in there:
            raise OptionError(
                "--label",
                label,
                f"no answer in the datasets has a span of it; there are: {', '.join(there)}",
            )
    return list(asked or there)


def check_quick(
    quick: bool,
    *,
    test: str | None,
    policies: Sequence[str] | None,
    curves: bool,
    why: bool = False,
) -> None:
    """Raise `OptionError` where nothing is to be trained, yet an option is about training.

    And where there is to be training, but no test set to measure it on.
    """
    if not quick and test is None:
        raise OptionError(
            "--test",
            test,
            "give a held-out test set, a dataset or a source with gold spans; only --quick, which "
            "trains nothing, goes without",
        )
    if quick and policies:
        raise OptionError("--training", policies, "nothing is trained with --quick: leave out one")
    for option, asked in (("--curves", curves), ("--why", why)):
        if quick and asked:
            raise OptionError(option, asked, "nothing is trained with --quick: leave out one")


def check_wanted(wanted: float | None) -> None:
    """Raise `OptionError` for a wanted difference of F1 that cannot be one."""
    if wanted is not None and not 0 < wanted < 1:
        raise OptionError("--plan", wanted, "give a difference of F1 between 0 and 1, such as 0.02")


def choose_policies(asked: Sequence[str] | None) -> Sequence[str]:
    """Return the training policies asked for, each once; *robust* where none is.

    Raises `OptionError` for a policy that does not exist.

    >>> choose_policies(["usual", "robust", "usual"]), choose_policies(["all"])
    (['usual', 'robust'], ['usual', 'usual-outside', 'scratch', 'robust'])
    """
    chosen = list(dict.fromkeys(asked or [ROBUST.name]))
    if chosen == [ALL]:
        return list(POLICIES)
    for name in chosen:
        if name not in POLICIES:
            raise OptionError(
                "--training",
                name,
                f"there is no such policy; there are {', '.join(POLICIES)}, "
                f"and {ALL} for every one",
            )
    return chosen


def check_equal(equal: str) -> None:
    """Raise `OptionError` for anything that arms and their controls cannot be compared at."""
    if equal not in (SECONDS, ANSWERS):
        raise OptionError("--equal", equal, f"give {SECONDS}, or {ANSWERS} for equal answers alone")


def choose_workers(asked: int, cores: int) -> int:
    """Return the number of worker processes, all `cores` for 0.

    Raises `OptionError` for a negative number.

    >>> choose_workers(0, cores=8), choose_workers(3, cores=8)
    (8, 3)
    """
    if asked < 0:
        raise OptionError("--workers", asked, "give a number of processes, or 0 for one per core")
    return asked or cores


def choose_machines(workers: int, engine: str | None) -> dict[str, Any]:
    """Return `workers` and `cluster` as `jobs.run.run_jobs` takes them, where 1 is the default.

    Raises `OptionError` for values that cannot be, and `ParameterError` where no cluster answers.
    """
    processes = choose_workers(workers, cpu_count())
    cluster = choose_cluster(engine, 0 if workers == 1 else workers)
    if cluster is not None:
        check_cluster(cluster)
    return {"workers": processes, "cluster": cluster}


def choose_cluster(engine: str | None, workers: int) -> str | None:
    """Return the address of the Dask scheduler that ``--engine`` names; None for this machine.

    Raises `OptionError` for anything but ``dask://HOST:PORT``, and where processes of this machine
    are asked for as well.

    >>> choose_cluster("dask://10.0.0.7:8786", workers=0)
    'tcp://10.0.0.7:8786'
    """
    if engine is None:
        return None
    if not _names_cluster(engine):
        raise OptionError(
            "--engine",
            engine,
            "give a Dask scheduler as dask://HOST:PORT, such as dask://127.0.0.1:8786, "
            "or leave the option out to work on this machine",
        )
    if workers:
        raise OptionError(
            "--workers",
            workers,
            "it counts processes of this machine; leave it out with --engine: "
            "a cluster has the workers that were started for it",
        )
    return engine.replace("dask://", "tcp://")


def _names_cluster(engine: str) -> bool:
    """Return whether this is ``dask://HOST:PORT``, with nothing before, between or behind."""
    try:
        parts = urlsplit(engine)
        named = bool(parts.hostname and parts.port)
    except ValueError:  # a port that is not a number
        return False
    return named and "@" not in engine and engine == f"dask://{parts.netloc}"
