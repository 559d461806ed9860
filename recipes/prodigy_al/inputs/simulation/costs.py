"""What an answer costs: as given, or estimated from when people's answers were given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from prodigy_al.comparison.effort import BREAK_SECONDS
from prodigy_al.errors import OptionError
from prodigy_al.inputs.datasets import require_datasets, stored_examples
from prodigy_al.records import SIMULATED
from prodigy_al.report.numbers import counted
from prodigy_al.simulation.costs import CostModel, count_tokens
from prodigy_al.simulation.timing import FEWEST, EstimatedCosts, Seconds, estimate_costs
from prodigy_al.training.forms import FORM_OF_VIEW, Form, recorded_form, stated_view

Examples = Sequence[dict[str, Any]]
COSTS = "--costs"
PARTS = {
    "per_decision": "--seconds-per-answer",
    "per_token": "--seconds-per-token",
    "per_span": "--seconds-per-span",
}
"""The options that give the parts of a cost model."""
DECIMALS = 4  # of estimated seconds, so that a record holds them as they were used
RESAMPLING_SEED = 20


@dataclass(frozen=True)
class TimedAnswer:
    """What an answer was about, and the seconds since its annotator's answer before."""

    seconds: float
    tokens: int
    spans: int
    form: Form


def read_costs(dataset: str | None, parts: Mapping[str, float]) -> tuple[CostModel, list[str]]:
    """Return the cost model, and what to say of it where it was estimated from `dataset`.

    `parts` are those that were given. Raises `ParameterError` for one out of range, and
    `OptionError` for one that is given and estimated, and for a dataset that does not tell enough.
    """
    costs = CostModel(**parts)
    if dataset is None:
        return costs, []
    require_datasets(COSTS, [dataset])
    timed, breaks = time_answers(dataset, stored_examples(dataset))
    found = _estimate(dataset, timed)
    for name in parts:
        if name != "per_span" or found.per_span is not None:
            raise OptionError(PARTS[name], parts[name], f"{COSTS} estimates it; give one of both")
    costs = found.model(costs.per_span)
    rounded = {name: round(getattr(costs, name), DECIMALS) for name in PARTS}
    return replace(costs, **rounded), [describe_costs(dataset, found, breaks)]


def time_answers(dataset: str, examples: Examples) -> tuple[list[TimedAnswer], int]:
    """Return what each usable answer took, in the order of time, and how many breaks were left out.

    An answer takes the seconds since the one before it of the same person; ignored ones tell when
    the next began, but nothing of their own. Raises `OptionError` for simulated answers, and where
    nothing tells whether an answer is about a whole segment or about a single span.
    """
    if any(one.get(SIMULATED) for one in examples):
        raise OptionError(
            COSTS,
            dataset,
            "its answers are simulated, and so are their times; name a dataset of people's answers",
        )
    timed, breaks = [], 0
    for before, answer in _following(examples):
        seconds = answer["_timestamp"] - before["_timestamp"]
        if seconds > BREAK_SECONDS:
            breaks += 1
        elif answer.get("answer") in ("accept", "reject"):
            form = recorded_form(answer) or FORM_OF_VIEW.get(stated_view(answer))
            if form is None:
                raise OptionError(
                    COSTS,
                    dataset,
                    "its answers do not tell whether they are about whole segments or single "
                    'spans: add "_view_id": "ner_manual" or "ner" to each',
                )
            spans = len(answer.get("spans") or []) if form == "full" else 0
            timed.append(TimedAnswer(seconds, count_tokens(answer), spans, form))
    return timed, breaks


def _following(examples: Examples) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each answer with the one that the same person gave before it; copies are nobody's."""
    own = [one for one in examples if not (one.get("al") or {}).get("reused_from")]
    people: dict[str, list[dict[str, Any]]] = {}
    for one in sorted((one for one in own if one.get("_timestamp")), key=_when):
        who = one.get("_annotator_id") or one.get("_session_id") or ""
        people.setdefault(str(who), []).append(one)
    for answers in people.values():
        yield from pairwise(answers)


def _when(answer: dict[str, Any]) -> float:
    return float(answer["_timestamp"])


def _estimate(dataset: str, timed: Sequence[TimedAnswer]) -> EstimatedCosts:
    """Return the estimated costs. Raises `OptionError` where answers do not tell them."""
    if len(timed) < FEWEST:
        raise OptionError(
            COSTS,
            dataset,
            f"{len(timed)} of its answers tell how long they took, and an estimate takes {FEWEST}; "
            f"give {', '.join(PARTS.values())} instead",
        )
    seconds, tokens, spans = (
        np.array([float(getattr(one, name)) for one in timed])
        for name in ("seconds", "tokens", "spans")
    )
    marked = spans if spans.any() else None
    columns = [np.ones(len(timed)), tokens, *([] if marked is None else [marked])]
    if not seconds.any() or np.linalg.matrix_rank(np.stack(columns)) < len(columns):
        raise OptionError(
            COSTS,
            dataset,
            "its texts and times are too much alike to tell reading from deciding; give "
            f"{', '.join(PARTS.values())} instead",
        )
    return estimate_costs(seconds, tokens, marked, np.random.default_rng(RESAMPLING_SEED))


def describe_costs(dataset: str, found: EstimatedCosts, breaks: int) -> str:
    """Return what was estimated, with intervals and n."""
    span = "what a span takes, it does not tell"
    if found.per_span is not None:
        span = f"a span {_shown(found.per_span)}"
    return (
        f"costs by the times of {found.n:,} answers of {dataset}: an answer takes "
        f"{_shown(found.per_decision)}, a token {_shown(found.per_token)}, {span}; left out: "
        f"{counted(breaks, 'break')} of more than {BREAK_SECONDS:g} s"
    )


def _shown(found: Seconds) -> str:
    return f"{found.value:.2f} s [{found.low:.2f}, {found.high:.2f}]"
