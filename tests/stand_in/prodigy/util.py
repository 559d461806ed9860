import json
import sys
from typing import Any
from zlib import crc32

from wasabi import Printer

__all__ = ["log", "msg", "set_hashes", "split_string"]

IGNORED = ("score", "rank", "model", "source", "answer")
msg = Printer(pretty=sys.stdout.isatty())


def log(message: str, details: Any = None) -> None:
    """Logging is off."""


def split_string(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def set_hashes(task: dict[str, Any], overwrite: bool = False) -> dict[str, Any]:
    spans = [{k: v for k, v in span.items() if k not in IGNORED} for span in task.get("spans", ())]
    fresh = {
        "_input_hash": crc32(task["text"].encode()),
        "_task_hash": crc32(json.dumps([task["text"], spans], sort_keys=True).encode()),
    }
    return {**task, **fresh} if overwrite else {**fresh, **task}
