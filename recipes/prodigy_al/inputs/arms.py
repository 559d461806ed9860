"""DATASETS of al.compare: names, patterns and joined ones -> the arms to compare."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from prodigy.components.db import connect

from prodigy_al.comparison.arms import Arm, read_arm, split_arms
from prodigy_al.comparison.joined import JOIN, join_arms
from prodigy_al.errors import OptionError
from prodigy_al.inputs.choices import match_datasets

if TYPE_CHECKING:
    from spacy.tokens import Doc

OPTION = "DATASETS"
_WILDCARDS = re.compile(r"(\*|\?|\[.[^]]*\])")  # as fnmatch has them


@dataclass(frozen=True)
class Stored:
    """What is stored for some arms: the datasets that each is made of, in the order of time.

    `answers` are by dataset, or by arm of a dataset that holds a trial.
    """

    arms: Sequence[tuple[str, ...]]
    answers: Mapping[str, Sequence[Mapping[str, Any]]]


def read_stored(patterns: Sequence[str]) -> Stored:
    """Return what the database holds for names, patterns and joined ones.

    Raises `OptionError` for what names no dataset or cannot be joined.
    """
    database = connect()
    arms: list[tuple[str, ...]] = []
    answers: dict[str, Sequence[Mapping[str, Any]]] = {}
    for names in name_arms(patterns, database.datasets):
        split = [split_arms(name, list(database.get_dataset_examples(name))) for name in names]
        for own in split:
            answers.update(own)
            if len(names) > 1 and len(own) > 1:
                raise OptionError(
                    OPTION,
                    JOIN.join(names),
                    f"a joined arm is made of datasets of one arm, and a trial holds "
                    f"{', '.join(own)}; leave it out",
                )
        arms += [(name,) for name in split[0]] if len(names) == 1 else [tuple(map(_only, split))]
    return Stored(arms, answers)


def read_arms(
    stored: Stored,
    labels: Sequence[str],
    *,
    tokenizer: Callable[[str], Doc],
    curves: bool,
    group_by: str | None,
) -> list[Arm]:
    """Read arms and check that each can be trained and measured, those of several datasets joined.

    Options and errors as in `read_arm` and `join_arms`.
    """
    arms = []
    for names in stored.arms:
        if len(names) == 1:
            (name,) = names
            arm = read_arm(
                name,
                stored.answers[name],
                labels,
                tokenizer=tokenizer,
                curves=curves,
                group_by=group_by,
            )
        else:
            parts = [
                read_arm(name, stored.answers[name], labels, tokenizer=tokenizer, is_part=True)
                for name in names
            ]
            arm = join_arms(parts, stored.answers, tokenizer=tokenizer, curves=curves)
        arms.append(arm)
    return arms


def name_arms(patterns: Sequence[str], there: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the datasets of each arm that names or shell-style patterns name, each arm once.

    With `+` between them, datasets are joined, in this order; of patterns those for which `*` and
    the like stand for the same. A dataset with a `+` in its own name is named as it is.

    Raises `OptionError` for a pattern that names none, for a dataset that is joined with itself or
    with nothing, and for datasets that are joined twice.

    >>> there = ["a-0", "a-1", "start-a-0", "start-a-1"]
    >>> name_arms(["a-0", "start-a-*+a-*"], there)
    [('a-0',), ('start-a-0', 'a-0'), ('start-a-1', 'a-1')]
    """
    found: dict[frozenset[str], tuple[str, ...]] = {}
    for pattern in patterns:
        if JOIN not in pattern or any(fnmatchcase(name, pattern) for name in there):
            found.update({frozenset({one}): (one,) for one in match_datasets([pattern], there)})
            continue
        for names in _join(pattern, there):
            if same := found.get(frozenset(names)):
                raise OptionError(
                    OPTION,
                    JOIN.join(names),
                    f"{JOIN.join(same)} joins the same datasets already; give them once, in the "
                    "order of time",
                )
            found[frozenset(names)] = names
    return list(found.values())


def _join(pattern: str, there: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield the datasets of each arm that is joined by a pattern."""
    parts = [part.strip() for part in pattern.split(JOIN)]
    if not all(parts):
        raise OptionError(
            OPTION, pattern, f"there is no name on one side of {JOIN}; give DATASET{JOIN}DATASET"
        )
    matched: list[Mapping[tuple[str, ...], str]] = []
    taken = set[str]()
    for part in parts:
        there_are = match_datasets([part], there)
        left = {_stands_for(part, name): name for name in there_are if name not in taken}
        if not left:
            raise OptionError(OPTION, pattern, f"{there_are[0]} cannot be joined with itself")
        taken.update(left.values())
        matched.append(left)
    # a name goes with all that the patterns beside it name
    keys = dict.fromkeys(key for own in matched for key in own if key) or {(): None}
    for key in keys:
        names = [own.get(key, own.get(())) for own in matched]
        found = [name for name in names if name is not None]
        if len(found) < len(names):
            raise OptionError(
                OPTION,
                pattern,
                f"{found[0]} has no counterpart named {parts[names.index(None)]}: what * stands "
                "for has to be the same in all parts",
            )
        yield tuple(found)


def _stands_for(pattern: str, name: str) -> tuple[str, ...]:
    """Return what each wildcard of a pattern stands for in a name that it matches."""
    literals = _WILDCARDS.split(pattern)
    groups = [
        ("(.*)" if part == "*" else "(.)") if i % 2 else re.escape(part)
        for i, part in enumerate(literals)
    ]
    found = re.fullmatch("".join(groups), name, re.DOTALL)
    return found.groups() if found else ()


def _only(own: Mapping[str, object]) -> str:
    """Return the one arm that a dataset holds."""
    (name,) = own
    return name
