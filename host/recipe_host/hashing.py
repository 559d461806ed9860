"""Hashes of tasks: which input is it, and which question about that input.

MurmurHash3 (x86, 32 bit, seed 0, signed) over ``key=JSON`` parts, so that datasets can be exchanged
with Prodigy. Checked against hashes in publicly released datasets.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from murmurhash import mrmr

from recipe_host.constants import (
    IGNORE_HASH_KEYS,
    INPUT_HASH_ATTR,
    INPUT_HASH_KEYS,
    TASK_HASH_ATTR,
    TASK_HASH_KEYS,
)
from recipe_host.types import TaskType

__all__ = ["get_hash", "get_input_hash", "get_task_hash", "set_hashes"]

_IGNORED = frozenset(IGNORE_HASH_KEYS)


def get_hash(
    task: Mapping[str, Any],
    prefix: object = None,
    keys: Sequence[str] | None = None,
    ignore: Sequence[str] = IGNORE_HASH_KEYS,
) -> int:
    """Hash the values of `keys` that are present and not empty, in that order, as a signed int32.

    Keys in `ignore` are left out at every depth. Where no key is left, or none is asked for, the
    whole task counts. `prefix`, if given, goes first.

    >>> get_hash({"text": "My name is Freya."}, keys=("text",))
    896529854
    """
    ignored = _IGNORED if ignore is IGNORE_HASH_KEYS else frozenset(ignore)
    # only what counts is cleared: the tokens of a task, which never do, are most of it
    named = [(key, _without(task[key], ignored)) for key in keys or () if key in task]
    parts = "".join([f"{k}={_json(value)}" for k, value in named if value and k not in ignored])
    start = "" if prefix is None else str(prefix)
    return int(mrmr.hash(start + (parts or _json(_without(task, ignored))), 0))


def set_hashes(
    task: Mapping[str, Any],
    input_keys: Sequence[str] = INPUT_HASH_KEYS,
    task_keys: Sequence[str] = TASK_HASH_KEYS,
    ignore: Sequence[str] = IGNORE_HASH_KEYS,
    overwrite: bool = False,
) -> TaskType:
    """Return a copy of the task that has both hashes; `overwrite` replaces those it has.

    Hash a task when it is complete: what is added later (answers, tokens) does not count.

    >>> set_hashes({"text": "My name is Freya."})["_task_hash"]
    -1486695581
    """
    content = {k: v for k, v in task.items() if k not in (INPUT_HASH_ATTR, TASK_HASH_ATTR)}
    known = {} if overwrite else task
    input_hash = known.get(INPUT_HASH_ATTR)
    if input_hash is None:
        input_hash = get_hash(content, keys=input_keys, ignore=ignore)
    task_hash = known.get(TASK_HASH_ATTR)
    if task_hash is None:
        hashed = {**content, INPUT_HASH_ATTR: input_hash}
        task_hash = get_hash(hashed, prefix=input_hash, keys=task_keys, ignore=ignore)
    return {**task, INPUT_HASH_ATTR: input_hash, TASK_HASH_ATTR: task_hash}


def get_input_hash(task: Mapping[str, Any]) -> int:
    """Return the task's input hash, computed where it has none."""
    return int(set_hashes(task)[INPUT_HASH_ATTR])


def get_task_hash(task: Mapping[str, Any]) -> int:
    """Return the task's task hash, computed where it has none."""
    return int(set_hashes(task)[TASK_HASH_ATTR])


def _without(value: Any, ignore: frozenset[str]) -> Any:
    if isinstance(value, str):  # what nearly all are
        return value
    if isinstance(value, Mapping):
        return {k: _without(v, ignore) for k, v in value.items() if k not in ignore}
    if isinstance(value, list | tuple):
        return [_without(item, ignore) for item in value]
    return value


# made once: `json.dumps` would make one for each value
_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
