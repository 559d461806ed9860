from recipe_host.batches import combine_models
from recipe_host.constants import (
    ANNOTATOR_ID_ATTR,
    BINARY_ATTR,
    EVAL_PREFIX,
    IGNORE_HASH_KEYS,
    INPUT_HASH_ATTR,
    INPUT_HASH_KEYS,
    NER_DEFAULT_INCORRECT_KEY,
    SESSION_ID_ATTR,
    SPANCAT_DEFAULT_KEY,
    TASK_HASH_ATTR,
    TASK_HASH_KEYS,
    TIMESTAMP_ATTR,
    VIEW_ID_ATTR,
)
from recipe_host.hashing import get_hash, set_hashes
from recipe_host.loaders import read_jsonl, write_jsonl
from recipe_host.messages import log, msg
from recipe_host.strings import (
    ensure_path,
    get_labels,
    get_timestamp_session_id,
    split_string,
)
from recipe_host.tokens import copy_nlp
from recipe_host.uncovered_names import module_names

__all__ = [
    "ANNOTATOR_ID_ATTR",
    "BINARY_ATTR",
    "EVAL_PREFIX",
    "IGNORE_HASH_KEYS",
    "INPUT_HASH_ATTR",
    "INPUT_HASH_KEYS",
    "NER_DEFAULT_INCORRECT_KEY",
    "SESSION_ID_ATTR",
    "SPANCAT_DEFAULT_KEY",
    "TASK_HASH_ATTR",
    "TASK_HASH_KEYS",
    "TIMESTAMP_ATTR",
    "VIEW_ID_ATTR",
    "combine_models",
    "copy_nlp",
    "ensure_path",
    "get_hash",
    "get_labels",
    "get_timestamp_session_id",
    "log",
    "msg",
    "read_jsonl",
    "set_hashes",
    "split_string",
    "write_jsonl",
]

__getattr__ = module_names(__name__)
