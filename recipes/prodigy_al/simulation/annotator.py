"""The simulated annotator: gold answers to whatever is asked, with a stated error rate."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodigy_al.errors import AnswerError, ParameterError

Offsets = tuple[int, int, str]


@dataclass(frozen=True)
class GoldSpans:
    """Gold spans (characters, `end` exclusive, label) of every distinct text, by input hash.

    `contradictions` counts texts that stand in the gold more than once with different spans; the
    first one counts. `off_tokens` counts spans that are off token borders, reversed or outside the
    text, which as on the page cannot be marked; `first_off_tokens` is the place of the first record
    with one.
    """

    spans: Mapping[int, frozenset[Offsets]]
    contradictions: int
    off_tokens: int = 0
    first_off_tokens: int | None = None

    @property
    def labels(self) -> set[str]:
        """Return the labels that some text has a span of."""
        return {label for found in self.spans.values() for _, _, label in found}

    def remarks(self) -> Iterable[str]:
        """Yield a sentence on each kind of gold span that no answer will hold."""
        if self.contradictions:
            yield (
                f"{self.contradictions} texts stand in the gold more than once with different "
                "spans: the first one counts"
            )
        if self.off_tokens:
            yield (
                f"{self.off_tokens} gold spans are off token borders, reversed or outside the "
                "text: no answer can mark them"
            )


def read_gold(
    records: Iterable[tuple[int, Mapping[str, Any]]],
    labels: Sequence[str],
    tokenizer: Callable[[str], Iterable[Any]] | None = None,
) -> GoldSpans:
    """Collect the asked labels' spans from (input hash, record) pairs.

    `tokenizer` (a pipeline's ``make_doc``) makes the tokens of records that store none.
    """
    spans: dict[int, frozenset[Offsets]] = {}
    different: set[int] = set()
    off_tokens = 0
    first_off_tokens = None
    for place, (input_hash, record) in enumerate(records):
        found = frozenset(
            (span["start"], span["end"], span["label"])
            for span in record.get("spans") or []
            if span["label"] in labels
        )
        if input_hash not in spans:
            spans[input_hash] = found
            starts, ends = _borders(record, tokenizer) if found else ({}, {})
            unusable = sum(
                start not in starts or end not in ends or start >= end for start, end, _ in found
            )
            off_tokens += unusable
            if unusable and first_off_tokens is None:
                first_off_tokens = place
        elif spans[input_hash] != found:
            different.add(input_hash)
    return GoldSpans(spans, len(different), off_tokens, first_off_tokens)


def _borders(
    record: Mapping[str, Any], tokenizer: Callable[[str], Iterable[Any]] | None = None
) -> tuple[dict[int, int], dict[int, int]]:
    """Return the index of the token that starts, and of the one that ends, at each offset."""
    if "tokens" not in record and tokenizer is not None:
        doc = tokenizer(record["text"])
        return {t.idx: t.i for t in doc}, {t.idx + len(t): t.i for t in doc}
    tokens = record.get("tokens") or []
    return (
        {token["start"]: i for i, token in enumerate(tokens)},
        {token["end"]: i for i, token in enumerate(tokens)},
    )


def check_error_rate(error_rate: float) -> None:
    """Raise `ParameterError` for a share of wrong answers outside [0, 1]."""
    if not 0 <= error_rate <= 1:
        raise ParameterError("error_rate", error_rate, "out of range; give a number from 0 to 1")


@dataclass(frozen=True)
class GoldAnnotator:
    """Answers tasks of the views ``ner`` (accept or reject) and ``ner_manual`` (all spans).

    With probability `error_rate` an answer is wrong: a decision is reversed, a whole segment
    loses one of its spans or, where it has none, gains one on a random token. Which answers are
    wrong depends on `seed` and the text alone, so a resumed run makes the same mistakes. Raises
    `ParameterError` for an error rate outside [0, 1].
    """

    gold: GoldSpans
    labels: Sequence[str]
    error_rate: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        check_error_rate(self.error_rate)

    def answer(self, task: Mapping[str, Any], *, binary: bool) -> dict[str, Any]:
        """Return the task with an answer. Raises `AnswerError` for a text without gold."""
        gold = self.gold.spans.get(task["_input_hash"])
        if gold is None:
            raise AnswerError(f"there is no gold for the text asked about: {task['text'][:60]!r}")
        # the generator takes no negative seed
        rng = np.random.default_rng([self.seed, task["_input_hash"] & 0xFFFFFFFF])
        # the first draw, so that a higher error rate makes the same mistakes and more
        wrong = bool(rng.random() < self.error_rate)
        if binary:
            (span,) = task["spans"]
            right = (span["start"], span["end"], span["label"]) in gold
            return {**task, "answer": "accept" if right != wrong else "reject"}
        spans = self._mistake(task, gold, rng) if wrong else sorted(gold)
        return {**task, "answer": "accept", "spans": list(_on_tokens(task, spans))}

    def _mistake(
        self, task: Mapping[str, Any], gold: frozenset[Offsets], rng: np.random.Generator
    ) -> list[Offsets]:
        spans = sorted(gold)
        if spans:
            spans.pop(int(rng.integers(len(spans))))
            return spans
        token = task["tokens"][int(rng.integers(len(task["tokens"])))]
        return [(token["start"], token["end"], self.labels[int(rng.integers(len(self.labels)))])]


def _on_tokens(task: Mapping[str, Any], spans: Iterable[Offsets]) -> Iterable[dict[str, Any]]:
    """Yield the spans that fall on token borders: only those can be marked on the page."""
    starts, ends = _borders(task)
    for start, end, label in spans:
        if start in starts and end in ends and start < end:
            yield {
                "start": start,
                "end": end,
                "token_start": starts[start],
                "token_end": ends[end],
                "label": label,
            }
