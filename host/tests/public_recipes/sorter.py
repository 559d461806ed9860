"""A scorer in the loop and a sorter of one's own over (score, task) pairs."""

from typing import Dict, List

import prodigy
from prodigy.core import Arg
from prodigy.types import ScoredStreamType, StreamType, TaskType


class WordCounter:
    """Scores a text by the share of accepted answers among earlier texts that share a word."""

    def __init__(self) -> None:
        self.seen: Dict[str, List[int]] = {}

    def __call__(self, stream: StreamType) -> ScoredStreamType:
        for task in stream:
            known = [hit for word in task["text"].split() for hit in self.seen.get(word, [])]
            score = sum(known) / len(known) if known else 0.5
            yield score, {**task, "meta": {"score": round(score, 2)}}

    def update(self, answers: List[TaskType]) -> float:
        for eg in answers:
            for word in eg["text"].split():
                self.seen.setdefault(word, []).append(int(eg["answer"] == "accept"))
        return float(len(self.seen))


def prefer_unsure(scored: ScoredStreamType, wait: int = 4) -> StreamType:
    """Hold back a few tasks and let the least certain of them through."""
    held: list = []
    for count, (score, task) in enumerate(scored):
        held.append((abs(score - 0.5), count, task))
        if len(held) > wait:
            held.sort(key=lambda item: item[:2])
            yield held.pop(0)[-1]
    yield from (task for *_, task in sorted(held, key=lambda item: item[:2]))


@prodigy.recipe(
    "words.teach",
    dataset=Arg(help="Dataset"),
    source=Arg(help="Source"),
    wait=Arg("--wait", help="Tasks held back"),
)
def words_teach(dataset: str, source: str, wait: int = 4):
    """Ask about texts that the counter is unsure of."""
    model = WordCounter()
    stream = prodigy.get_stream(source, rehash=True, dedup=True)
    return {
        "dataset": dataset,
        "view_id": "classification",
        "stream": prefer_unsure(model(stream), wait),
        "update": model.update,
        "progress": lambda ctrl, update_return_value: update_return_value and 0.5,
        "config": {"batch_size": 2, "auto_count_stream": False},
    }
