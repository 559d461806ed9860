"""Whole segments or single spans: what the answers of a dataset are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from prodigy_al.errors import AnswerError

Form = Literal["full", "binary"]

_FORM_OF_UNIT: Mapping[object, Form] = {"segment": "full", "candidate": "binary"}


def recorded_form(example: Mapping[str, Any]) -> Form | None:
    """Return what an answer's `al` record says it is about; None where it has none."""
    record = example.get("al")
    return _FORM_OF_UNIT.get(record.get("unit")) if isinstance(record, Mapping) else None


def unstated_form(examples: Sequence[Mapping[str, Any]], *, dataset: str) -> Form:
    """Return the form of those answers of a dataset that have neither a view nor a record.

    Where others have a view, these are gold; texts without an `answer` are gold too. A rejected
    answer with exactly one span is about that span; one that was not ignored and has no span, or
    several, is about its whole text.

    Raises `AnswerError` where nothing tells, or both are told.
    """
    if any(example.get("_view_id") is not None for example in examples):
        return "full"
    answered = [
        (example["answer"], len(example.get("spans") or []))
        for example in examples
        if recorded_form(example) is None and example.get("answer", "ignore") != "ignore"
    ]
    if not answered:
        return "full"
    single = ("reject", 1) in answered
    whole = any(spans != 1 for _, spans in answered)
    if single == whole:
        raise AnswerError(
            f"dataset {dataset} does not tell whether its answers are about whole segments or "
            'single spans: add "_view_id": "ner_manual" (whole segments) or "_view_id": "ner" '
            "(single spans) to each of them",
            dataset=dataset,
        )
    return "binary" if single else "full"
