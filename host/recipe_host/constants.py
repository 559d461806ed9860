"""Names of task attributes and the keys that hashes are made of."""

from __future__ import annotations

from typing import Final

INPUT_HASH_ATTR: Final = "_input_hash"
TASK_HASH_ATTR: Final = "_task_hash"
SESSION_ID_ATTR: Final = "_session_id"
ANNOTATOR_ID_ATTR: Final = "_annotator_id"
VIEW_ID_ATTR: Final = "_view_id"
TIMESTAMP_ATTR: Final = "_timestamp"
BINARY_ATTR: Final = "_is_binary"
ANSWERS: Final = ("accept", "reject", "ignore")

INPUT_HASH_KEYS: Final = ("text", "image", "html", "input")
TASK_HASH_KEYS: Final = ("spans", "label", "options", "arcs")
IGNORE_HASH_KEYS: Final = (
    "score",
    "rank",
    "model",
    "source",
    "pattern",
    "priority",
    "path",
    VIEW_ID_ATTR,
    SESSION_ID_ATTR,
    ANNOTATOR_ID_ATTR,
    "answer",
)

EVAL_PREFIX: Final = "eval:"
NER_DEFAULT_INCORRECT_KEY: Final = "incorrect_spans"
SPANCAT_DEFAULT_KEY: Final = "sc"
