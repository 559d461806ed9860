"""Whole segments or single spans: what the answers of a dataset are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from prodigy_al.errors import AnswerError

Form = Literal["full", "binary"]
FormOfAll = Literal["full", "binary", "mixed"]
"""What all answers of a set are about; only those of joined datasets may be ``mixed``."""

FORM_OF_VIEW: Mapping[object, Form] = {
    "ner_manual": "full",
    "spans_manual": "full",
    "ner": "binary",
}
_FORM_OF_UNIT: Mapping[object, Form] = {"segment": "full", "candidate": "binary"}


def recorded_form(example: Mapping[str, Any]) -> Form | None:
    """Return what an answer's `al` record says it is about; None where it has none."""
    record = example.get("al")
    return _FORM_OF_UNIT.get(record.get("unit")) if isinstance(record, Mapping) else None


def stated_view(example: Mapping[str, Any]) -> object:
    """Return the view in which the spans of an answer were seen; None where nothing tells.

    A review tells the view of what was reviewed, and blocks which of them holds spans, where the
    answer lists them. ``blocks`` itself is returned where none of those listed does, or several in
    views of different meaning.
    """
    view = example.get("_view_id")
    if view == "review":
        versions = example.get("versions") or []
        view = example.get("view_id") or next((one.get("_view_id") for one in versions), None)
    if view != "blocks":
        return view
    blocks = (example.get("config") or {}).get("blocks") or example.get("blocks")
    if not blocks:
        return None
    shown = [block.get("view_id") for block in blocks if block.get("view_id") in FORM_OF_VIEW]
    return shown[0] if len({FORM_OF_VIEW[one] for one in shown}) == 1 else view


def unstated_form(examples: Sequence[Mapping[str, Any]], *, dataset: str) -> Form:
    """Return the form of those answers of a dataset that have neither a view nor a record.

    A rejected answer with exactly one span is about that span; one that was not ignored and has no
    span, or several, is about its whole text. Where neither is among them, they are gold if others
    have a view, or if none has an `answer`.

    Raises `AnswerError` where nothing tells, or both are told.
    """
    unstated = [e for e in examples if recorded_form(e) is None and stated_view(e) is None]
    answered = [
        (example["answer"], len(example.get("spans") or []))
        for example in unstated
        if example.get("answer", "ignore") != "ignore"
    ]
    single = ("reject", 1) in answered
    whole = any(spans != 1 for _, spans in answered)
    if not single and (not answered or len(unstated) < len(examples)):
        return "full"
    if single == whole:
        raise AnswerError(
            f"dataset {dataset} does not tell whether its answers are about whole segments or "
            'single spans: add "_view_id": "ner_manual" (whole segments) or "_view_id": "ner" '
            "(single spans) to each of them",
            dataset=dataset,
        )
    return "binary" if single else "full"
