"""Commands to paste, from what a report knows."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from prodigy_al.comparison.arms import FOREIGN_SALT
from prodigy_al.report.schema import Report

_STRATEGIES = ("random-binary", "random", "ranked", "teach")


# where a comparison is written and computed: no part of what it finds
_PLACES = ("--output", "-o", "--workers", "-w", "--engine")


SIMULATED: Mapping[str, tuple[str, Any]] = {
    "per_decision": ("--seconds-per-answer", 1.5),
    "per_token": ("--seconds-per-token", 0.25),
    "per_span": ("--seconds-per-span", 2.0),
    "chosen_speed": ("--chosen-speed", 1.0),
    "errors": ("--errors", "random"),
    "error_rate": ("--error-rate", 0.0),
    "errors_by_score": ("--errors-by-score", False),
    "annotators": ("--annotators", 1),
    "overlap": ("--overlap", 0.0),
}
"""Settings of al.simulate that its answers tell: their options, and what they are if not given."""


def split_typed(argv: Sequence[str]) -> tuple[str, str]:
    """Return what was typed for al.compare, and apart from it where it is written and computed.

    Both are empty where a program calls the recipe.

    >>> split_typed("prodigy al.compare news-* base -o out --quick --full".split())
    ("prodigy al.compare 'news-*' base --quick", '-o out')
    """
    if list(argv[1:2]) != ["al.compare"]:
        return "", ""
    typed, places = ["prodigy"], []
    words = iter(argv[1:])
    for word in words:
        if word.partition("=")[0] in _PLACES:
            places += [word] if "=" in word else [word, next(words, "")]
        elif word != "--full":  # which shows more, and finds the same
            typed.append(word)
    return join(typed), join(places)


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
    words = [word for word in words if not word.startswith(f"{option}=")]
    return join(words)


def join(words: Sequence[str]) -> str:
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


def simulate(report: Report, *, more: int = 0, seeds: int = 0) -> str:
    """Return the al.simulate that goes on with all arms; empty where they are not of one.

    With so many `more` answers per arm, or for the first `seeds` seeds, under the same conditions.
    """
    arms = report.arms
    names = {name.removesuffix(f"-{arm.strategy}-{arm.seed}") for name, arm in arms.items()}
    sources = {arm.source for arm in arms.values()}
    # each seed has a dev fold of its own
    salts = {(arm.fold_salt or "").removesuffix(f"-{arm.seed}") for arm in arms.values()}
    whole = all(arm.seconds_simulated and not arm.parts for arm in arms.values())
    conditions = [arm.conditions for arm in arms.values()]
    alike = all(one == conditions[0] for one in conditions)
    of_one = alike and max(len(names), len(sources), len(salts)) == 1
    if not whole or not of_one or names & set(arms):
        return ""
    budget = max(sum(arm.answers.values()) for arm in arms.values()) + more
    ways = ",".join(dict.fromkeys(arm.strategy for arm in arms.values()))
    (source,), (name,), (salt,) = sources, names, salts
    there = sorted({arm.seed or 0 for arm in arms.values()})
    first = there == list(range(len(there)))
    chosen = str(seeds or len(there)) if first else ",".join([*map(str, there), ""])
    words = ["prodigy", "al.simulate", source or "GOLD", report.model["name"], name]
    words += ["--label", ",".join(report.labels), "--budget", str(budget), "--arms", ways]
    words += ["--seeds", chosen]
    if salt != FOREIGN_SALT:
        words += ["--fold-salt", salt]
    return join([*words, *_under(conditions[0])])


def _under(conditions: Mapping[str, Any]) -> list[str]:
    """Return the options of the settings that are not what they are if not given."""
    words = []
    for name, (option, default) in SIMULATED.items():
        value = conditions.get(name, default)
        if value is True:
            words.append(option)
        elif value != default:
            values = value if isinstance(value, list) else [value]
            words += [option, ",".join(map(_shown, values))]
    return words


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"
