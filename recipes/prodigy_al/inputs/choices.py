"""What a comparison was asked to compare, checked against what there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import urlsplit

from prodigy_al.errors import OptionError
from prodigy_al.training.policies import POLICIES, ROBUST

ALL = "all"
"""What is given for the policies to have every one."""


def match_datasets(patterns: Sequence[str], there: Sequence[str]) -> list[str]:
    """Return the datasets that names or shell-style patterns name, each once, in their order.

    >>> match_datasets(["news-*-0", "old"], ["news-teach-0", "old", "news-random-1"])
    ['news-teach-0', 'old']
    """
    found: dict[str, None] = {}
    for pattern in patterns:
        matching = [name for name in there if fnmatchcase(name, pattern)]
        if not matching:
            raise OptionError(
                f"DATASETS {pattern}: there is no such dataset; there are: "
                f"{', '.join(there) or 'none'}",
                option="DATASETS",
                value=pattern,
            )
        found.update(dict.fromkeys(matching))
    return list(found)


def choose_labels(
    asked: Sequence[str] | None, examples: Iterable[Mapping[str, Any]]
) -> Sequence[str]:
    """Return the labels asked for, or without any all that the answers have spans of, sorted.

    Raises `OptionError` for a label that no answer has a span of: nothing could be learnt of it.
    """
    there = sorted({span["label"] for e in examples for span in e.get("spans") or []})
    if not there:
        raise OptionError(
            "DATASETS: no answer in them holds a span, so there is nothing to learn from; "
            "name datasets with spans",
            option="DATASETS",
        )
    for label in asked or ():
        if label not in there:
            raise OptionError(
                f"--label {label}: no answer in the datasets has a span of it; "
                f"there are: {', '.join(there)}",
                option="--label",
                value=label,
            )
    return list(asked or there)


def choose_policies(asked: Sequence[str] | None) -> Sequence[str]:
    """Return the training policies asked for, each once; *robust* where none is.

    >>> choose_policies(["usual", "robust", "usual"]), choose_policies(["all"])
    (['usual', 'robust'], ['usual', 'usual-outside', 'scratch', 'robust'])
    """
    chosen = list(dict.fromkeys(asked or [ROBUST.name]))
    if chosen == [ALL]:
        return list(POLICIES)
    for name in chosen:
        if name not in POLICIES:
            raise OptionError(
                f"--training {name}: there is no such policy; there are {', '.join(POLICIES)}, "
                f"and {ALL} for every one",
                option="--training",
                value=name,
            )
    return chosen


def choose_workers(asked: int, cores: int) -> int:
    """Return the number of worker processes, all `cores` for 0.

    >>> choose_workers(0, cores=8), choose_workers(3, cores=8)
    (8, 3)
    """
    if asked < 0:
        raise OptionError(
            f"--workers {asked}: give a number of processes, or 0 for one a core",
            option="--workers",
            value=asked,
        )
    return asked or cores


def choose_cluster(engine: str | None, workers: int) -> str | None:
    """Return the address of the Dask scheduler that ``--engine`` names; None for this machine.

    >>> choose_cluster("dask://10.0.0.7:8786", workers=0)
    'tcp://10.0.0.7:8786'
    """
    if engine is None:
        return None
    if not _names_cluster(engine):
        raise OptionError(
            f"--engine {engine}: give a Dask scheduler as dask://HOST:PORT, such as "
            "dask://127.0.0.1:8786, or leave the option out to train on this machine",
            option="--engine",
            value=engine,
        )
    if workers:
        raise OptionError(
            f"--workers {workers} counts processes of this machine; leave it out with --engine: "
            "a cluster has the workers that were started for it",
            option="--workers",
            value=workers,
        )
    return engine.replace("dask://", "tcp://")


def _names_cluster(engine: str) -> bool:
    try:
        parts = urlsplit(engine)
        named = bool(parts.hostname and parts.port)
    except ValueError:  # a port that is none
        return False
    return named and "@" not in engine and engine == f"dask://{parts.netloc}"
