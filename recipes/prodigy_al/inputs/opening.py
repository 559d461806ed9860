"""A dataset's name, a model, a source and a design -> a pool, ready to ask from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from spacy.language import Language

from prodigy_al.inputs.choices import (
    check_acquisition,
    check_budget,
    check_order,
    check_reuse,
    check_source,
    check_start,
    check_waiting,
    describe_unknown,
)
from prodigy_al.inputs.datasets import check_name, excluded_inputs, require_datasets
from prodigy_al.inputs.frames import frame_sha256
from prodigy_al.inputs.kept_frames import FramePlace
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.pool import Pool
from prodigy_al.inputs.remarks import describe_folds, describe_labels, describe_start, warn_once
from prodigy_al.inputs.reusing import read_reused
from prodigy_al.inputs.sources import cut_segments, known_labels, open_source, pipeline_labels
from prodigy_al.inputs.starting import read_start, require_labels
from prodigy_al.ner.pipelines import describe_pipeline, load_pipeline, sentence_splitter
from prodigy_al.online.reranker import WholeSegment
from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.frame import Frame, build_frame
from prodigy_al.sampling.questions import Header
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.cache import find_cache
from prodigy_al.scoring.chunks import Helping
from prodigy_al.scoring.marginals import MarginalScorer


def open_pool(
    dataset: str,
    model: str,
    source: Any,
    design: SamplingDesign,
    *,
    label: list[str] | None,
    loader: str | None,
    exclude: list[str] | None,
    unsegmented: bool,
    skip_bad: bool,
    group_by: str | None,
    gpu_id: int,
    waits: bool = False,
    pool_size: int = 0,
    reuse: list[str] | None = None,
    budget: int | None = None,
    start: str | None = None,
) -> Pool:
    """Check the options, then load the model, read the source and divide it into folds.

    `pool_size` 0 takes the whole source; `budget` is the number of answers to aim for, if any;
    `start` names the dataset of whole segments that binary questions begin from.

    Raises `OptionError`, `ModelError` or `SourceError`, all before the first question.
    """
    check_name(dataset)
    check_order(model, source)
    check_source(source, whole=design.block_size is None, learning=bool(design.learn_every))
    check_acquisition(design.acquisition)
    check_waiting(waits, design)
    check_budget(budget)
    check_reuse(reuse, design)
    require_datasets("--reuse", reuse or ())
    check_start(start, source, design)
    begun = None
    if start is not None:
        begun = read_start(
            start, design, dataset=dataset, label=label, exclude=exclude, unsegmented=unsegmented
        )
        pool_size = begun.pool_size
    excluded = excluded_inputs(exclude)
    records = open_source(source, loader=loader, skip_bad=skip_bad)
    nlp = load_pipeline(model, gpu_id=gpu_id)
    labels = _choose_labels(nlp, label, model)
    if begun is not None:
        require_labels(begun, labels)
    reused = read_reused(reuse, dataset=dataset, labels=labels, tokenizer=nlp.make_doc)
    tokenizer = sentence_splitter(nlp)
    described = describe_pipeline(model, nlp)
    with naming_options():
        frame = _read_frame(
            source,
            cut_segments(records, tokenizer, unsegmented=unsegmented),
            design,
            excluded=excluded,
            group_by=group_by,
            pool_size=pool_size,
            # which records of a source are bad has to be said each time
            cut=None
            if skip_bad
            else {"model": described["sha256"], "loader": loader, "unsegmented": unsegmented},
        )
    blas = use_faster_blas(nlp)
    scorer = MarginalScorer(nlp, labels)
    header = Header(
        model=described,
        scorer={**_identify_scorer(scorer, labels, described["sha256"]), "blas": blas},
        source=_identify_source(source, frame, exclude, pool_size=pool_size or None),
        segmentation="whole" if unsegmented else "sentences",
        start=begun.to_record() if begun else None,
    )
    remarks = [] if label else [describe_labels(labels, model)]
    remarks.append(describe_folds(frame, str(source)))
    known: list[WholeSegment] = []
    if begun is not None and isinstance(frame, Frame):
        known, frame = begun.whole_segments(frame), begun.cut_frame(frame)
        remarks.append(describe_start(begun.name, len(known), len(frame.segments)))
    return Pool(
        dataset=dataset,
        design=design,
        nlp=nlp,
        tokenizer=tokenizer,
        scorer=scorer,
        frame=frame,
        header=header,
        labels=labels,
        waits=waits,
        reused=reused if reuse else None,
        budget=budget,
        remarks=tuple(remarks),
        known=tuple(known),
        cache=find_cache(described["sha256"]),
        helping=None if gpu_id >= 0 else Helping.on_all_cores(model, described["sha256"]),
    )


def _choose_labels(nlp: Language, asked: list[str] | None, model: str) -> list[str]:
    """Return the labels to ask for, with a warning for each that the pipeline does not know."""
    labels = list(asked or known_labels(nlp, model))
    # one that knows no label at all was chosen to begin with nothing
    there = pipeline_labels(nlp)
    for name in labels if there else ():
        if name not in there:
            warn_once(describe_unknown(name, there, model))
    return labels


def _read_frame(
    source: Any,
    segments: Iterable[tuple[int, int, dict[str, Any]]],
    design: SamplingDesign,
    *,
    excluded: Collection[int],
    group_by: str | None,
    pool_size: int,
    cut: Mapping[str, Any] | None,
) -> Frame | ArrivingFrame:
    """Return the segments divided into folds: as they arrive from a stream, else all at once.

    `cut` is what else than the folds the segments of a source depend on; None keeps no frame.
    """
    folds: dict[str, Any] = {
        "dev_share": design.dev_share,
        "fold_salt": design.fold_salt,
        "exclude": excluded,
        "group_by": group_by,
    }
    if str(source) == "-":
        return ArrivingFrame(segments, block_size=design.block_size or 1, **folds)
    folds["pool_size"] = pool_size or None
    place = FramePlace(None) if cut is None else FramePlace.of(source, {**folds, **cut})
    return _build(place, segments, folds)


def _build(
    place: FramePlace,
    segments: Iterable[tuple[int, int, dict[str, Any]]],
    folds: Mapping[str, Any],
) -> Frame:
    """Return the frame that is kept, or else read the source and keep it."""
    kept = place.load()
    if kept is not None:
        return kept
    store = place.new_store()
    try:
        frame = build_frame(segments, store=store, **folds)
        store.flush()
    except BaseException:
        if store.path is not None:
            store.path.unlink(missing_ok=True)
        raise
    place.keep(frame, store)
    return frame


def _identify_source(
    source: Any, frame: Frame | ArrivingFrame, exclude: list[str] | None, *, pool_size: int | None
) -> dict[str, Any]:
    """Return what records say of the source they were drawn from; of a stream less is known."""
    segments = excluded = None
    if isinstance(frame, Frame):
        segments, excluded = len(frame.segments), frame.excluded
    return {
        "name": str(source),
        "sha256": frame.sha256,
        "segments": segments,
        "excluded": excluded,
        "exclude": list(exclude or ()),
        "pool_size": pool_size,
        "stream": frame.folds if isinstance(frame, ArrivingFrame) else None,
    }


def _identify_scorer(scorer: MarginalScorer, labels: Sequence[str], model: str) -> dict[str, Any]:
    """Return what fixes every segment's candidates; `frame_sha256` stands for all of it at once."""
    settings = {"temperature": scorer.temperature, "floor": scorer.floor, "labels": sorted(labels)}
    return {**settings, "frame_sha256": frame_sha256(model, settings)}
