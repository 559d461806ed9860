"""Draws -> tasks: what the page shows, and the record `al` of how it came to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from prodigy_al.records import Record
from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.history import ANSWERS

HashTask = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Header:
    """What every record of one run has in common.

    `suggest` and `show_score` say what of the model the annotator gets to see: it may anchor them.
    `trial` names the arms of a trial, `start` is what is recorded of the whole segments that the
    run began from.
    """

    model: Mapping[str, Any]
    scorer: Mapping[str, Any]
    source: Mapping[str, Any]
    segmentation: str
    suggest: bool = False
    show_score: bool = False
    trial: str | None = None
    start: Mapping[str, Any] | None = None


def make_tasks(
    draws: Iterable[Draw], design: SamplingDesign, header: Header, hash_task: HashTask
) -> Iterator[dict[str, Any]]:
    """Yield one task per draw.

    `hash_task` sets Prodigy's two hashes of a task.
    """
    for draw in draws:
        bare: dict[str, Any] = {"text": draw.segment.record["text"]}
        if draw.candidate is not None:
            span = draw.candidate
            bare["spans"] = [{"start": span.start, "end": span.end, "label": span.label}]
        # Before anything is added, so that hashes depend on the text, or on text and candidate,
        # alone, and any other program arrives at the same ones.
        task = hash_task(bare)
        meta = dict(draw.segment.record.get("meta") or {})
        if header.show_score and draw.candidate is not None:
            meta[f"p({draw.candidate.label})"] = f"{draw.candidate.p:.2f}"
        elif header.show_score:
            meta["score"] = round(draw.scored.u, 3)
        if header.suggest and draw.candidate is None:
            task["spans"] = suggestions(draw)
        record = make_record(draw, design, header)
        yield {**draw.segment.record, **task, "meta": meta, "al": record.to_dict()}


def suggestions(draw: Draw) -> list[dict[str, Any]]:
    """Return the model's own spans of a segment, to start from."""
    return [
        {"start": span.start, "end": span.end, "label": span.label}
        for span in draw.scored.candidates
        if span.greedy
    ]


def make_record(draw: Draw, design: SamplingDesign, header: Header) -> Record:
    """Return the provenance of one draw."""
    own = design.of_fold(draw.segment.fold)
    return Record(
        arm=design.strategy,
        strategy=design.strategy,
        unit=design.unit,
        design="strict" if design.strict else "keys",
        acquisition=own.acquisition,
        u=draw.scored.u,
        total=draw.total,
        p=draw.p,
        key=draw.key,
        next_key=draw.next_key,
        next_u=draw.next_u,
        stratum=draw.stratum,
        stratum_size=draw.stratum_size,
        R=draw.R,
        N=draw.N,
        considered=draw.considered,
        block_size=design.block_size,
        block=draw.block,
        round=draw.round,
        position=draw.position,
        r=draw.r,
        span_p=draw.candidate.p if draw.candidate else None,
        explore=own.explore,
        rate=design.rate,
        fold=draw.segment.fold,
        fold_salt=design.fold_salt,
        group=draw.segment.group,
        copies=draw.segment.copies,
        seed=design.seed,
        model=_model(draw, header),
        scorer=_scorer(draw, header),
        source=header.source,
        segmentation=header.segmentation,
        shown={"suggestions": header.suggest, "score": header.show_score},
        trial=header.trial,
        start=header.start,
    )


def _scorer(draw: Draw, header: Header) -> Mapping[str, Any]:
    """Return the scorer of this draw: its frame is the starting model's, its temperature its own.

    The frame is all candidates that can be asked about, which no refitted model changes.
    """
    if draw.version is None or draw.version.temperature is None:
        return header.scorer
    return {**header.scorer, "temperature": draw.version.temperature}


def _model(draw: Draw, header: Header) -> Mapping[str, Any]:
    """Return the model that ordered this draw; a refitted one says on how many answers."""
    if draw.version is None:
        return header.model
    # name and version stay those of the starting model, which every refit starts from
    return {**header.model, "sha256": draw.version.sha256, ANSWERS: draw.version.answers}
