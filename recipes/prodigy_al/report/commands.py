"""Commands to paste, from what a report knows."""

from __future__ import annotations

import shlex

from prodigy_al.comparison.arms import FOREIGN_SALT
from prodigy_al.report.schema import Report

_STRATEGIES = ("random-binary", "random", "ranked", "teach")


def with_option(command: str, option: str, value: str = "") -> str:
    """Return a command with an option set to a value, or switched on; empty for no command.

    >>> with_option("prodigy al.compare news base --seeds 1 -o out", "--seeds", "5")
    'prodigy al.compare news base -o out --seeds 5'
    """
    if not command:
        return ""
    return f"{without_option(command, option)} {option} {value}".rstrip()


def without_option(command: str, option: str, *, switch: bool = False) -> str:
    """Return a command without an option and its value; a `switch` has none.

    >>> without_option("prodigy al.compare news base --quick -l ORG", "--quick", switch=True)
    'prodigy al.compare news base -l ORG'
    """
    words = shlex.split(command)
    if option in words:
        at = words.index(option)
        del words[at : at + (1 if switch else 2)]
    return join(words)


def join(words: list[str]) -> str:
    """Return a command line; what a shell would change is quoted.

    >>> join(["prodigy", "al.compare", "a,b", "a model"])
    "prodigy al.compare a,b 'a model'"
    """
    return shlex.join(words)


def annotate(report: Report, like: str | None, recipe: list[str], name: str) -> str:
    """Return the command that draws answers as those of the dataset `like` were drawn.

    The same source, label and dev fold; SOURCE stands where the source is not known.
    """
    arm = report.arms[like] if like else None
    source = (arm and arm.source) or "SOURCE"
    words = ["prodigy", recipe[0], name, report.model["name"], source, *recipe[1:]]
    words += ["--label", ",".join(report.labels)]
    if arm and arm.fold_salt not in (None, FOREIGN_SALT):
        words += ["--fold-salt", str(arm.fold_salt)]
    return join(words)


def new_name(report: Report, like: str, strategy: str) -> str:
    """Return a name for a dataset to be drawn beside another, by another strategy."""
    name = next(iter(report.arms[like].parts), like).split("/")[0]
    old = report.arms[like].strategy
    for word in (old, *_STRATEGIES):
        if name.count(word) == 1 and name.replace(word, strategy) not in report.arms:
            return name.replace(word, strategy)
    return f"{name}-{strategy}"
