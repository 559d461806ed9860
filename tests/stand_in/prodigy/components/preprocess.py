from collections.abc import Iterable, Iterator
from typing import Any

from prodigy.util import set_hashes

__all__ = ["add_tokens", "split_sentences"]

Stream = Iterable[dict[str, Any]]


def add_tokens(nlp: Any, stream: Stream, skip: bool = False) -> Iterator[dict[str, Any]]:
    for task in stream:
        tokens = [
            {
                "text": t.text,
                "start": t.idx,
                "end": t.idx + len(t),
                "id": t.i,
                "ws": bool(t.whitespace_),
            }
            for t in nlp.make_doc(task["text"])
        ]
        yield {"tokens": tokens, **task}


def split_sentences(nlp: Any, stream: Stream) -> Iterator[dict[str, Any]]:
    for task in stream:
        for sentence in nlp(task["text"]).sents:
            first, end = sentence.start_char, sentence.end_char
            spans = [
                {**span, "start": span["start"] - first, "end": span["end"] - first}
                for span in task.get("spans", [])
                if first <= span["start"] and span["end"] <= end
            ]
            # nothing else of the task is kept: that it would be is not documented
            yield set_hashes({"text": sentence.text, "spans": spans}, overwrite=True)
