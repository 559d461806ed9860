"""Preprocessors that need a tokenizer: tokens on tasks, sentences instead of documents."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recipe_host.constants import INPUT_HASH_ATTR, TASK_HASH_ATTR
from recipe_host.hashing import set_hashes
from recipe_host.types import TaskType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["TOKEN_KEYS", "add_tokens", "copy_nlp", "split_sentences", "tokens_of"]

# Components that can set sentence borders, and those whose vectors these may listen to.
SEGMENTERS = frozenset({"parser", "senter", "sentencizer"})
EMBEDDERS = frozenset({"tok2vec", "transformer", "curated_transformer"})
TOKEN_KEYS = ("token_start", "token_end")


def add_tokens(
    nlp: Language, stream: Iterable[TaskType], skip: bool = False, use_chars: bool = False
) -> Iterator[TaskType]:
    """Give each task `tokens`, and its spans `token_start` and `token_end` (inclusive).

    Tokens that a task has are kept as they are. `use_chars` makes every character a token. `skip`
    leaves out tasks with a span that does not begin and end with a token.

    Raises `ValueError` where such a span is not skipped.
    """
    for task in stream:
        tokens = task.get("tokens") or _tokens(nlp, task["text"], use_chars)
        try:
            spans = _aligned(task.get("spans") or (), tokens, task["text"])
        except ValueError:
            if skip:
                continue
            raise
        with_tokens = {**task, "tokens": tokens}
        yield {**with_tokens, "spans": spans} if "spans" in task else with_tokens


def _tokens(nlp: Language, text: str, use_chars: bool) -> list[dict[str, Any]]:
    if use_chars:
        return [
            {"text": char, "start": i, "end": i + 1, "id": i, "ws": False}
            for i, char in enumerate(text)
        ]
    return tokens_of(nlp.make_doc(text))


def tokens_of(doc: Doc) -> list[dict[str, Any]]:
    """Return the tokens of a doc as tasks hold them."""
    return [
        {
            "text": token.text,
            "start": token.idx,
            "end": token.idx + len(token.text),
            "id": token.i,
            "ws": bool(token.whitespace_),
        }
        for token in doc
    ]


def _aligned(
    spans: Iterable[Mapping[str, Any]], tokens: list[dict[str, Any]], text: str
) -> list[dict[str, Any]]:
    starts = {token["start"]: token["id"] for token in tokens}
    ends = {token["end"]: token["id"] for token in tokens}
    aligned = []
    for span in spans:
        start, end = starts.get(span["start"]), ends.get(span["end"])
        if start is None or end is None:
            covered = text[span["start"] : span["end"]]
            raise ValueError(
                f"mismatched tokenization: the span '{covered}' ({span['start']}-{span['end']}) "
                "does not begin and end with a token; correct it, or skip such tasks (skip=True)"
            )
        aligned.append({**span, "token_start": start, "token_end": end})
    return aligned


def split_sentences(
    nlp: Language, stream: Iterable[TaskType], min_length: int | None = None
) -> Iterator[TaskType]:
    """Replace each task by one task per sentence, with spans and tokens re-based and new hashes.

    Every other key is kept. A text shorter than `min_length` characters stays whole. Sentences are
    joined where a span reaches over their border. A pipeline without sentence borders gets them
    from rules on punctuation, after its own tokenizer.
    """
    segmenter, off = _segmenter(nlp)
    texts = ((task["text"], task) for task in stream)
    for doc, task in segmenter.pipe(texts, as_tuples=True, disable=off):
        if min_length is not None and len(task["text"]) < min_length:
            yield task
        else:
            yield from (_part(task, start, end) for start, end in _sentences(task, doc))


def _segmenter(nlp: Language) -> tuple[Language, list[str]]:
    """Return a pipeline that sets sentence borders and its components that need not run."""
    kinds = {name: nlp.get_pipe_meta(name).factory for name in nlp.pipe_names}
    if SEGMENTERS & set(kinds.values()):
        return nlp, [name for name, kind in kinds.items() if kind not in SEGMENTERS | EMBEDDERS]
    # A pipeline of its own: adding a component would change the recipe's.
    rules = type(nlp)(nlp.vocab, create_tokenizer=lambda _: nlp.tokenizer)
    rules.add_pipe("sentencizer")
    return rules, []


def _sentences(task: TaskType, doc: Doc) -> Iterator[tuple[int, int]]:
    """Yield the offsets of sentences without outer white space; none of them cuts a span."""
    spans = deque(sorted((span["start"], span["end"]) for span in task.get("spans") or ()))
    begin = reach = 0
    for border in (*(sentence.end_char for sentence in doc.sents), len(doc.text)):
        while spans and spans[0][0] < border:
            reach = max(reach, spans.popleft()[1])
        # The last border is the text's own, so that a span beyond it cannot swallow the rest.
        if reach <= border or border == len(doc.text):
            covered = doc.text[begin:border]
            if covered.strip():
                indent = len(covered) - len(covered.lstrip())
                yield begin + indent, begin + len(covered.rstrip())
            begin = border


def _part(task: TaskType, start: int, end: int) -> TaskType:
    def inside(item: Mapping[str, Any]) -> bool:
        return bool(start <= item["start"] and item["end"] <= end)

    def moved(item: Mapping[str, Any], **others: Any) -> dict[str, Any]:
        return {**item, "start": item["start"] - start, "end": item["end"] - start, **others}

    part = {**task, "text": task["text"][start:end]}
    # They belong to the whole text.
    for stale in (INPUT_HASH_ATTR, TASK_HASH_ATTR):
        part.pop(stale, None)
    tokens = [token for token in task.get("tokens") or () if inside(token)]
    ids = {token["id"]: i for i, token in enumerate(tokens)}
    if "tokens" in task:
        part["tokens"] = [moved(token, id=ids[token["id"]]) for token in tokens]
    if "spans" in task:
        part["spans"] = [
            moved(span, **{key: ids[span[key]] for key in TOKEN_KEYS if span.get(key) in ids})
            for span in task["spans"] or ()
            if inside(span)
        ]
    return set_hashes(part)


def copy_nlp(nlp: Language) -> Language:
    """Return an independent copy of a pipeline."""
    import spacy

    return spacy.util.load_model_from_config(nlp.config, auto_fill=True).from_bytes(nlp.to_bytes())
