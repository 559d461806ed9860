from collections.abc import Iterable, Iterator
from typing import Any

from prodigy.components.preprocess import split_sentences
from prodigy.core import Arg, recipe
from prodigy.util import set_hashes

__all__ = ["teach"]


@recipe("ner.teach", dataset=Arg(), nlp=Arg(), source=Arg(), label=Arg("--label"))
def teach(
    dataset: str,
    nlp: Any,
    source: Iterable[dict[str, Any]],
    loader: str | None = None,
    label: list[str] | None = None,
    unsegmented: bool = False,
) -> dict[str, Any]:
    """Ask about every word in capitals."""
    seen: list[dict[str, Any]] = []
    return {
        "dataset": dataset,
        "view_id": "ner",
        "stream": ask(source if unsegmented else split_sentences(nlp, source), label or []),
        "update": seen.extend,
        "config": {"lang": nlp.lang},
    }


def ask(tasks: Iterable[dict[str, Any]], labels: list[str]) -> Iterator[dict[str, Any]]:
    for task in tasks:
        start = 0
        for word in task["text"].split(" "):
            span = {"start": start, "end": start + len(word.rstrip(".")), "label": labels[0]}
            start += len(word) + 1
            if word[:1].isupper():
                meta = {**task.get("meta", {}), "score": 0.5}
                yield set_hashes({**task, "spans": [span], "meta": meta}, overwrite=True)
