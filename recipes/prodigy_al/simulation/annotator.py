"""The simulated annotator: gold answers to whatever is asked, with stated errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prodigy_al.errors import AnswerError
from prodigy_al.records import SIMULATED
from prodigy_al.simulation.mistakes import Borders, ErrorModel, Offsets

NO_ERRORS = ErrorModel()


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
            unusable = len(found)
            if found:
                unusable -= len(_borders(record, tokenizer).usable(found))
            off_tokens += unusable
            if unusable and first_off_tokens is None:
                first_off_tokens = place
        elif spans[input_hash] != found:
            different.add(input_hash)
    return GoldSpans(spans, len(different), off_tokens, first_off_tokens)


def _borders(
    record: Mapping[str, Any], tokenizer: Callable[[str], Iterable[Any]] | None = None
) -> Borders:
    """Return where a record's tokens are; those of `tokenizer` where it has none."""
    if "tokens" not in record and tokenizer is not None:
        return Borders([(t.idx, t.idx + len(t)) for t in tokenizer(record["text"])])
    return Borders([(token["start"], token["end"]) for token in record.get("tokens") or []])


@dataclass(frozen=True)
class GoldAnnotator:
    """Answers tasks of the views ``ner`` (accept or reject) and ``ner_manual`` (all spans).

    Which answers are wrong depends on `seed`, the text and the `number` of the annotator in a team
    (from 0) alone: a resumed run makes the same mistakes, and so does another arm. Each answer
    tells under ``error`` the kind that was made.
    """

    gold: GoldSpans
    labels: Sequence[str]
    errors: ErrorModel = NO_ERRORS
    seed: int = 0
    number: int = 0

    def answer(self, task: Mapping[str, Any], *, binary: bool) -> dict[str, Any]:
        """Return the task with an answer. Raises `AnswerError` for a text without gold."""
        key = task["_input_hash"]
        gold = self.gold.spans.get(key)
        if gold is None:
            raise AnswerError(f"there is no gold for the text asked about: {task['text'][:60]!r}")
        # the generator takes no negative seed; the first annotator draws as one alone does
        own = [self.number] if self.number else []
        rng = np.random.default_rng([self.seed, key & 0xFFFFFFFF, *own])
        # the first draw, so that a higher error rate makes the same mistakes and more
        wrong = bool(rng.random() < self.errors.rate_of(key))
        answer = self._decide if binary else self._mark
        return answer(task, gold, rng if wrong else None)

    def _decide(
        self, task: Mapping[str, Any], gold: frozenset[Offsets], rng: np.random.Generator | None
    ) -> dict[str, Any]:
        """Return the decision about a single span, with an error where there is a generator."""
        (asked,) = _offsets(task)
        error = rng is not None and self.errors.reverses(asked, gold, _borders(task))
        verdict = "accept" if (asked in gold) != error else "reject"
        return {**task, "answer": verdict, SIMULATED: self._tell(error)}

    def _mark(
        self, task: Mapping[str, Any], gold: frozenset[Offsets], rng: np.random.Generator | None
    ) -> dict[str, Any]:
        """Return a whole segment with its spans, with an error where there is a generator."""
        borders = _borders(task)
        spans = borders.usable(gold)
        mistake = None
        if rng is not None:
            shown = (task.get("al") or {}).get("shown") or {}
            suggested = [one for one in _offsets(task) if one[2] in self.labels]
            mistake = self.errors.mistake(
                spans,
                suggested=suggested if shown.get("suggestions") else None,
                borders=borders,
                labels=self.labels,
                rng=rng,
            )
        marked = _on_tokens(spans if mistake is None else mistake, borders)
        told = {SIMULATED: self._tell(mistake is not None)}
        return {**task, "answer": "accept", "spans": list(marked), **told}

    def _tell(self, error: bool) -> dict[str, Any]:
        return {"error": self.errors.kind if error else None}


def _offsets(task: Mapping[str, Any]) -> list[Offsets]:
    return [(span["start"], span["end"], span["label"]) for span in task.get("spans") or []]


def _on_tokens(spans: Iterable[Offsets], borders: Borders) -> Iterable[dict[str, Any]]:
    """Yield spans as the page stores them; those off token borders are left out."""
    for span in spans:
        if place := borders.place(span):
            start, end, label = span
            first, last = place
            yield {
                "start": start,
                "end": end,
                "token_start": first,
                "token_end": last,
                "label": label,
            }
