"""Datasets, a model and a pool -> what hypotheses about them may read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, compress
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.diagnosis.evidence import Clock, Evidence, Forms, Pool, Reply
from prodigy_al.errors import OptionError
from prodigy_al.inputs.arms import read_stored
from prodigy_al.inputs.calibration import measure_calibration
from prodigy_al.inputs.choices import check_order, choose_labels
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.pool_source import FrameCut, best_cut, frame_cutter, own_frame
from prodigy_al.inputs.sources import open_source
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import describe_pipeline, load_pipeline
from prodigy_al.records import SIMULATED, Record
from prodigy_al.sampling.frame import Frame, Segment
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.sampling.table import input_hashes
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.cache import find_cache
from prodigy_al.scoring.chunks import Helping, score_records
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.readings import Readings
from prodigy_al.scoring.segments import span_texts

Examples = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Opened:
    """What is diagnosed: the datasets' evidence, the labels, the model and the pool's source."""

    evidence: tuple[Evidence, ...]
    labels: tuple[str, ...]
    model: Mapping[str, str]
    pool: Mapping[str, Any]


def open_diagnosis(
    datasets: Sequence[str],
    model: str,
    pool: str | None,
    *,
    label: list[str] | None,
    loader: str | None,
    skip_bad: bool,
    group_by: str | None,
    seed: int,
) -> Opened:
    """Read datasets and pool, check that they belong together, and score the pool once.

    Datasets come first, then the source, then the model, so that what can be refused early is.
    Raises `OptionError`, `AnswerError`, `SourceError` or `ModelError`.
    """
    if pool is None:
        raise OptionError(
            "--pool", None, "give the source that the datasets were asked of: questions are held "
            "against it"
        )  # fmt: skip
    check_order(model, pool)
    stored = read_stored(datasets)
    labels = tuple(choose_labels(label, chain.from_iterable(stored.answers.values())))
    records = list(open_source(pool, loader=loader, skip_bad=skip_bad))
    nlp = load_pipeline(model)
    use_faster_blas(nlp)
    names = dict.fromkeys(chain.from_iterable(stored.arms))
    read = partial(read_arm, labels=labels, tokenizer=nlp.make_doc, group_by=group_by, is_part=True)
    arms = [read(name, stored.answers[name]) for name in names]
    cut_frame = frame_cutter(records, nlp)
    frames = [_find_frame(pool, arm, cut_frame, group_by) for arm in arms]
    described = describe_pipeline(model, nlp)
    scored = _score(frames, labels, nlp, described)
    found = [
        replace(
            _read_evidence(arm, stored.answers[arm.dataset], frame, scored, nlp=nlp),
            same_model=_same_model(arm, described["sha256"]),
            seed=seed,
        )
        for arm, frame in zip(arms, frames, strict=True)
    ]
    return Opened(
        evidence=tuple(_relate(found, arms)),
        labels=labels,
        model=described,
        pool={
            "source": pool,
            "sha256": frames[0].sha256,
            "segments": len(frames[0].segments),
            "excluded": frames[0].excluded,
        },
    )


def _find_frame(
    source: str, arm: Arm, cut_frame: Callable[[FrameCut], Frame], group_by: str | None
) -> Frame:
    """Return the pool of one dataset. Raises `OptionError` where the source does not hold it."""
    with naming_options():
        if arm.records:
            return own_frame(source, arm, cut_frame, needed=True)
        frame = best_cut([arm], cut_frame, group_by=group_by)
    held = len(arm.hashes.intersection(input_hashes(frame.segments).tolist()))
    # some may have been edited, or cut otherwise; most are there if it is the source
    if held < len(arm.hashes) / 2:
        few = f"only {held:,}" if held else "none"
        raise OptionError(
            "--pool",
            source,
            f"{few} of the {len(arm.hashes):,} texts of dataset '{arm.dataset}' "
            f"{'are' if held > 1 else 'is'} in it: give the source that they were asked of",
        )
    return frame


def _same_model(arm: Arm, sha256: str) -> bool:
    return all(record.model.get("sha256") == sha256 for record in arm.records.values())


@dataclass(frozen=True, eq=False)
class _Scored:
    """The distinct segments of all frames, scored, and the place of each by input hash."""

    pool: Pool
    place: Mapping[int, int]


def _score(
    frames: Sequence[Frame], labels: Sequence[str], nlp: Language, model: Mapping[str, str]
) -> _Scored:
    """Score and embed in one pass, with a bar on a terminal."""
    segments = {one.input_hash: one for frame in frames for one in frame.segments}
    static = bool(nlp.vocab.vectors.size)
    found = score_records(
        MarginalScorer(nlp, labels, embed=not static),
        (one.record for one in segments.values()),
        total=len(segments),
        word_vectors=static,
        label="scoring pool",
        cache=find_cache(model["sha256"]),
        helping=Helping.on_all_cores(model["name"], model["sha256"]),
    )
    columns, scores, forms = _told(list(segments.values()), found)
    vectors = [one.vectors for one in columns if one.vectors is not None]
    pool = Pool(
        texts=tuple(str(one.record["text"]) for one in segments.values()),
        groups=tuple(one.group for one in segments.values()),
        scores=np.array(scores),
        expected=np.concatenate([one.expected for one in columns]),
        tokens=np.concatenate([one.tokens for one in columns]),
        predicted=tuple(greedy for greedy, _ in forms),
        candidates=tuple(named for _, named in forms),
        embeddings=np.concatenate(vectors) if len(vectors) == len(columns) else None,
        embedded_by="mean of the pipeline's word vectors"
        if static
        else "mean of the recogniser's token vectors",
    )
    return _Scored(pool, {key: i for i, key in enumerate(segments)})


def _told(
    segments: Sequence[Segment], found: Iterable[Readings]
) -> tuple[list[Readings], list[float], list[tuple[Forms, Forms]]]:
    """Return what was read, each segment's score, and the forms of its own and all its spans."""
    columns, scores, forms = list[Readings](), list[float](), list[tuple[Forms, Forms]]()
    for of_chunk in found:
        columns.append(of_chunk)
        for one in of_chunk.by_segment():
            named = tuple(text.casefold() for text in span_texts(segments[len(scores)], one))
            scores.append(expected_errors(one.marginals))
            forms.append((tuple(compress(named, one.spans["greedy"].tolist())), named))
    return columns, scores, forms


def _read_evidence(
    arm: Arm, examples: Examples, frame: Frame, scored: _Scored, *, nlp: Language
) -> Evidence:
    pool = _own_pool(frame.segments, scored)
    place = {key: i for i, key in enumerate(input_hashes(frame.segments).tolist())}
    asked = [key for key in arm.hashes if key in place]
    pi, no_pi = _probabilities(arm)
    return Evidence(
        arm=arm.dataset,
        form=arm.train.form,
        strategy=arm.strategy,
        labels=arm.train.labels,
        pool=pool,
        at=np.array([place[key] for key in asked], dtype=np.intp),
        pi=np.array([pi.get(key, np.nan) for key in asked]),
        no_pi=no_pi,
        replies=tuple(_replies(arm, place, nlp)),
        clock=_read_clock(examples),
        of_candidates=any(record.unit == "candidate" for record in arm.records.values()),
        recorded=bool(arm.records),
        outside=len(arm.hashes) - len(asked),
        calibration=measure_calibration(arm, nlp, pi),
    )


def _own_pool(segments: Sequence[Segment], scored: _Scored) -> Pool:
    """Return the scored segments of one frame, in its documents, which another may cut anew."""
    own = scored.pool.take([scored.place[segment.input_hash] for segment in segments])
    return replace(own, groups=tuple(segment.group for segment in segments))


def _probabilities(arm: Arm) -> tuple[dict[int, float], str]:
    """Return the chance of each asked segment by input hash, and why there is none for some."""
    if not arm.records:
        return {}, "its answers carry no record of how they were drawn"
    if any(record.design == "strict" for record in arm.records.values()):
        return {}, "a strict order has no probabilities"
    known: dict[int, float] = {}
    for fold in ("train", "dev"):
        drawn = [(key, record) for key, record in arm.records.items() if record.fold == fold]
        for (key, record), pi in zip(drawn, inclusion(drawn).tolist(), strict=True):
            # of the segment, whichever of its candidates was asked about
            known[key] = pi / (record.r or 1.0)
    later = sum(np.isnan(pi) for pi in known.values())
    return known, f"{later} answers are of later rounds" if later else ""


def _replies(arm: Arm, place: Mapping[int, int], nlp: Language) -> list[Reply]:
    items = [(item, False) for item in arm.train.items] + [(item, True) for item in arm.dev.items]
    docs = (Doc(nlp.vocab, words=list(one.words), spaces=list(one.spaces)) for one, _ in items)
    return [
        Reply(
            answer=item,
            predicted=tuple(predicted),
            is_dev=is_dev,
            group=arm.groups[item.input_hash],
            at=place.get(item.input_hash),
            shown=_shown(arm.records.get(item.input_hash)),
        )
        for (item, is_dev), predicted in zip(items, predict_entities(nlp, docs), strict=True)
    ]


def _shown(record: Record | None) -> bool | None:
    return None if record is None else bool(record.shown.get("suggestions"))


def _read_clock(examples: Examples) -> Clock | None:
    """Return when answers were given, copies of other datasets' answers left out."""
    own = [one for one in examples if not (one.get("al") or {}).get("reused_from")]
    timed = sorted((one for one in own if "_timestamp" in one), key=lambda one: one["_timestamp"])
    if not timed:
        return None
    return Clock(
        times=np.array([float(one["_timestamp"]) for one in timed]),
        people=tuple(
            str(one.get("_annotator_id") or one.get("_session_id") or "") for one in timed
        ),
        tokens=np.array([len(one.get("tokens") or one["text"].split()) for one in timed]),
        spans=np.array([len(one.get("spans") or ()) for one in timed]),
        simulated=any(one.get(SIMULATED) for one in timed),
    )


def _relate(found: Sequence[Evidence], arms: Sequence[Arm]) -> list[Evidence]:
    """Tell each dataset of the others, and of the first of random whole segments among them."""
    random = [
        one
        for one, arm in zip(found, arms, strict=True)
        if arm.is_random and arm.train.form == "full"
    ]
    return [
        replace(
            one,
            random=next((other for other in random if other is not one), None),
            others=tuple(other for other in found if other is not one),
        )
        for one in found
    ]
