"""Questions about spans: tasks read as docs, and docs' spans written into tasks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from recipe_host.constants import TASK_HASH_ATTR, TASK_HASH_KEYS
from recipe_host.errors import RecipeError
from recipe_host.hashing import set_hashes
from recipe_host.tokens import tokens_of
from recipe_host.types import TaskType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["asking_about", "doc_of", "span_of"]


def doc_of(nlp: Language, task: TaskType) -> Doc:
    """Return the task's text as a doc: of the task's tokens where a doc can hold them."""
    from spacy.tokens import Doc

    text, tokens = task["text"], task.get("tokens") or ()
    if tokens:
        gaps = [after["start"] > before["end"] for before, after in pairwise(tokens)]
        words = [token["text"] for token in tokens]
        doc = Doc(nlp.vocab, words=words, spaces=[*gaps, tokens[-1]["end"] < len(text)])
        if doc.text == text:
            return doc
    return nlp.make_doc(text)


def span_of(doc: Doc, start: int, end: int, label: str, **others: Any) -> dict[str, Any]:
    """Return tokens `start` to `end` (exclusive) of a doc as a span of a task."""
    found = doc[start:end]
    return {
        "start": found.start_char,
        "end": found.end_char,
        "token_start": start,
        "token_end": end - 1,
        "text": found.text,
        "label": label,
        **others,
    }


def asking_about(
    task: TaskType,
    doc: Doc,
    spans: Sequence[dict[str, Any]],
    *,
    task_keys: Sequence[str] = TASK_HASH_KEYS,
    **others: Any,
) -> TaskType:
    """Return the task with `spans` in place of its own, the doc's tokens, and a new task hash.

    `others`: more keys; those of `meta` are added to the task's own. Raises `RecipeError` for a
    task whose `meta` is no object.
    """
    meta = task.get("meta") or {}
    if not isinstance(meta, dict):
        raise RecipeError(f"a task has 'meta' {meta!r}; it must be an object, such as {{}}")
    bare = {key: value for key, value in task.items() if key not in ("tokens", TASK_HASH_ATTR)}
    asked = {**bare, "spans": list(spans), **others, "meta": {**meta, **others.get("meta", {})}}
    own = task.get("tokens") or []
    kept = [token["start"] for token in own] == [token.idx for token in doc]
    # hashed without the tokens, which say nothing about the question and are many
    return {
        **set_hashes(asked, task_keys=task_keys),
        "tokens": own if kept else tokens_of(doc),
    }
