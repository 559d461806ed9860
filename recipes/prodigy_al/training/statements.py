"""One stored answer -> what it alone says, or the sentence that names what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from prodigy_al.errors import AnswerError
from prodigy_al.training.forms import FORM_OF_VIEW, Form, recorded_form, stated_view
from prodigy_al.training.truths import TokenSpan, Truth

if TYPE_CHECKING:
    from spacy.tokens import Doc

VERDICTS = ("accept", "reject", "ignore")


@dataclass(frozen=True)
class Statement:
    """One usable record: its form, its time, who gave it, about which text, and what it says."""

    form: Form
    time: float
    annotator: object
    input_hash: int
    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    truth: Truth


@dataclass
class StatementReader:
    """Turns records into statements and counts what it leaves out."""

    dataset: str
    labels: tuple[str, ...]
    tokenizer: Callable[[str], Doc] | None
    unstated: Form
    counts: Counter[str] = field(default_factory=Counter)
    off_tokens: int = 0
    first_off_tokens: int | None = None
    unasked: int = 0
    about_other_labels: set[int] = field(default_factory=set)

    def statement(self, place: int, example: Mapping[str, Any]) -> Statement | None:
        """Return what the record says, None if nothing."""
        verdict = example.get("answer", "accept")
        if verdict not in VERDICTS:
            raise self._error(
                place, f'has the answer "{verdict}": it must be one of {", ".join(VERDICTS)}'
            )
        self.counts[verdict] += 1
        if verdict == "ignore":
            return None
        form = self._form(place, example)
        if form == "full" and verdict == "reject":
            return None
        words, spaces, spans = self._tokens_and_spans(place, example)
        if form == "binary" and not spans:  # its only span was dropped
            if example["spans"][0]["label"] not in self.labels:
                self.about_other_labels.add(self._input_hash(place, example))
            return None
        if form == "full" and any(b[0] < a[1] for a, b in pairwise(spans)):
            raise self._error(place, "has overlapping spans: named entities must not overlap")
        return Statement(
            form=form,
            time=float(example.get("_timestamp") or 0),
            annotator=example.get("_annotator_id"),
            input_hash=self._input_hash(place, example),
            words=words,
            spaces=spaces,
            truth=Truth(spans) if verdict == "accept" else Truth((), spans),
        )

    def _form(self, place: int, example: Mapping[str, Any]) -> Form:
        view = stated_view(example)
        form = recorded_form(example) or FORM_OF_VIEW.get(view)
        if form is None and view is not None:
            raise self._error(
                place,
                f'was given in the view "{view}": only "ner_manual", "spans_manual" and "ner", '
                "or reviews and blocks of them, can be trained from",
            )
        form = form or self.unstated
        spans = example.get("spans") or []
        if form == "binary" and len(spans) != 1:
            where = f' in the view "{view}"' if view else ""
            raise self._error(place, f"has {len(spans)} spans{where}: a binary answer is about one")
        return form

    def _input_hash(self, place: int, example: Mapping[str, Any]) -> int:
        value = example.get("_input_hash")
        if not isinstance(value, int):
            raise self._error(place, "has no _input_hash: import it with db-in, which sets one")
        return value

    def _tokens_and_spans(
        self, place: int, example: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], tuple[bool, ...], tuple[TokenSpan, ...]]:
        """Return words, following spaces, and the spans with asked labels, sorted."""
        text = example.get("text")
        if not isinstance(text, str):
            raise self._error(place, "has no text")
        tokens = example.get("tokens") or self._tokenize(place, text)
        # character offsets are what the annotator saw marked; token indices may be stale
        first = {token["start"]: i for i, token in enumerate(tokens)}
        after_last = {token["end"]: i + 1 for i, token in enumerate(tokens)}
        spans: set[TokenSpan] = set()
        for span in example.get("spans") or []:
            if not {"start", "end", "label"} <= span.keys():
                raise self._error(place, f"has a span without start, end or label: {dict(span)}")
            start, end = first.get(span["start"]), after_last.get(span["end"])
            if span["label"] not in self.labels:
                self.unasked += 1
            elif start is None or end is None or start >= end:
                self.off_tokens += 1
                if self.first_off_tokens is None:
                    self.first_off_tokens = place
            else:
                spans.add((start, end, span["label"]))
        words = tuple(token["text"] for token in tokens)
        # exports older than `ws` show the space in the text only
        spaces = tuple(
            bool(token.get("ws", text[token["end"] : token["end"] + 1] == " ")) for token in tokens
        )
        return words, spaces, tuple(sorted(spans))

    def _tokenize(self, place: int, text: str) -> list[dict[str, Any]]:
        if self.tokenizer is None:
            raise self._error(place, "has no tokens: give the pipeline's make_doc as tokenizer")
        return [
            {"text": t.text, "start": t.idx, "end": t.idx + len(t), "ws": bool(t.whitespace_)}
            for t in self.tokenizer(text)
        ]

    def _error(self, place: int, what: str) -> AnswerError:
        return AnswerError(
            f"answer {place + 1} of dataset {self.dataset} {what}", dataset=self.dataset
        )
