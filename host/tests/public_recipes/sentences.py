"""Every way in which wrappers are put around a stream, from texts to deduplicated sentences."""

from typing import Optional

import prodigy
from prodigy.components.decorators import support_both_streams
from prodigy.components.filters import filter_duplicates, filter_inputs, filter_tasks
from prodigy.components.preprocess import add_tokens, split_sentences
from prodigy.components.stream import Stream, get_stream
from prodigy.core import Arg
from spacy.language import Language


@support_both_streams(stream_arg="stream")
def with_rank(stream, *, start: int = 0):
    for rank, task in enumerate(stream, start):
        yield {**task, "meta": {**task.get("meta", {}), "rank": rank}}


def longer_than(length: int, stream):
    return (task for task in stream if len(task["text"]) > length)


def only_with(stream, letter: str = "e", upper: bool = False):
    wanted = letter.upper() if upper else letter
    return (task for task in stream if wanted in task["text"])


@prodigy.recipe(
    "sentences.ask",
    dataset=Arg(help="Dataset"),
    nlp=Arg(help="Pipeline, or blank:en"),
    source=Arg(help="Source"),
    min_length=Arg("--min-length", "-m", help="Texts shorter than this stay whole"),
)
def sentences_ask(dataset: str, nlp: Language, source: str, min_length: Optional[int] = None):
    """Ask about sentences, each once."""
    stream = get_stream(source, loader="jsonl", rehash=True, dedup=False)
    stream.apply(split_sentences, nlp=nlp, stream=stream, min_length=min_length)
    stream.apply(filter_duplicates, by_input=True, by_task=True)
    stream.apply(lambda tasks: (task for task in tasks if task["text"].strip()))
    stream.apply(longer_than, 3, stream=stream)
    stream.apply(only_with, letter="a")
    stream.apply(only_with, stream, letter="A", upper=True)
    stream.apply(filter_inputs, hashes={1, 2})
    stream.apply(filter_tasks, stream=stream, hashes=set())
    stream = stream.apply(add_tokens, nlp=nlp, stream=stream)
    stream = with_rank(stream, start=1)
    assert isinstance(stream, Stream)
    return {"dataset": dataset, "view_id": "text", "stream": stream}
