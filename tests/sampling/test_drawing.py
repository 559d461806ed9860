from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from prodigy_al.errors import ParameterError, RecordError
from prodigy_al.records import read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame, Segment, build_frame
from prodigy_al.sampling.inclusion import inclusion, verify_records
from prodigy_al.sampling.questions import Header, make_record, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors

RANKED = SamplingDesign("ranked", "segment")
RANDOM = SamplingDesign("random", "segment", explore=1.0)
TEACH = SamplingDesign("teach", "candidate", block_size=20, rate=0.2)
STRICT = SamplingDesign("ranked-strict", "segment", strict=True)
KINDS = SamplingDesign("ranked", "segment", explore=0.1, within_kinds=True)
TEACH_KINDS = replace(TEACH, within_kinds=True)
HEADER = Header(model={}, scorer={}, source={}, segmentation="tokens")


def frame_of(n: int = 200) -> Frame:
    words = [("NO. " if i % 4 == 0 else "text ") * (1 + i % 5) for i in range(n)]
    records = [(i, i * 7919, {"text": f"{words[i]}{i}", "meta": {"doc": i // 4}}) for i in range(n)]
    return build_frame(records, dev_share=0.25, fold_salt="s")


def score(segments):
    """Every third segment has no candidate; the others have one or two."""
    for segment in segments:
        i = segment.input_hash // 7919
        spans = tuple(
            Candidate(0, 4 + k, "ORG", round(((i * 37) % 97 + k) / 100, 2), greedy=k == 0)
            for k in range(i % 3)
        )
        yield Scored(round(sum(s.p * (1 - s.p) for s in spans), 9), spans)


def records_of(design: SamplingDesign, n: int | None = None, frame: Frame | None = None):
    draws = islice(
        draw_questions(frame or frame_of(), design, score, acquisition=expected_errors), n
    )
    return [(d.segment.input_hash, make_record(d, design, HEADER)) for d in draws]


@pytest.mark.parametrize("design", [RANKED, RANDOM, STRICT, KINDS])
def test_every_segment_is_asked_exactly_once(design: SamplingDesign):
    asked = Counter(key for key, _ in records_of(design))
    assert asked == Counter(s.input_hash for s in frame_of().segments)


def test_teach_asks_every_segment_that_has_a_candidate_exactly_once():
    asked = Counter(key for key, _ in records_of(TEACH))
    with_candidate = {s.input_hash for s in frame_of().segments if s.input_hash // 7919 % 3}
    assert asked == Counter(with_candidate)


@pytest.mark.parametrize("design", [RANKED, RANDOM, TEACH, KINDS, TEACH_KINDS])
def test_keys_recompute_from_the_stored_record_alone(design: SamplingDesign):
    stored = [
        (key, read_record({"al": record.to_dict()})) for key, record in records_of(design, 60)
    ]
    assert verify_records(stored) == 60


@pytest.mark.parametrize("what", ["u", "seed", "arm", "round", "R", "explore", "position"])
def test_a_changed_record_does_not_recompute(what: str):
    (key, record), *_ = [pair for pair in records_of(RANKED, 60) if pair[1].u > 0]
    changed = {
        "u": record.u * 1.5 + 0.1,
        "seed": record.seed + 1,
        "arm": "other",
        "round": record.round + 1,
        "R": record.R - 1,
        "explore": 0.5,
        "position": record.R,
    }
    with pytest.raises(RecordError):
        verify_records([(key, replace(record, **{what: changed[what]}))])


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ({"stratum_size": 3}, "disagrees with its block"),
        ({"stratum": None, "stratum_size": None}, "does not fit into its block"),
        ({"stratum": "another"}, "does not fit into its block"),
        ({"total": 5.0}, "disagrees with its block"),
    ],
)
def test_a_stratum_that_its_block_contradicts_is_found(what: dict[str, object], sentence: str):
    train = [pair for pair in records_of(KINDS) if pair[1].fold == "train"]
    assert verify_records(train) == len(train)
    at = max(i for i, (_, record) in enumerate(train) if record.total)
    key, record = train[at]
    changed = replace(record, **what)
    with pytest.raises(RecordError, match=sentence):
        verify_records([*train[:at], (key, changed), *train[at + 1 :]])


@pytest.mark.parametrize("what", [{"stratum_size": None}, {"stratum_size": 0}, {"stratum": None}])
def test_half_a_stratum_is_no_stratum(what: dict[str, object]):
    key, record = next(pair for pair in records_of(KINDS) if pair[1].stratum)
    with pytest.raises(RecordError, match="does not fit into its block"):
        verify_records([(key, replace(record, **what))])


def test_a_changed_size_of_a_stratum_does_not_recompute():
    key, record = next(pair for pair in records_of(KINDS) if pair[1].u > 0 and pair[1].stratum)
    with pytest.raises(RecordError, match="recomputed"):
        verify_records([(key, replace(record, stratum_size=record.stratum_size - 1))])


def test_only_the_train_fold_of_a_design_with_kinds_has_strata():
    for design in (KINDS, RANKED, RANDOM, STRICT):
        for _, record in records_of(design):
            with_kinds = design is KINDS and record.fold == "train"
            assert (record.stratum is not None) == with_kinds
            assert (record.stratum_size is not None) == with_kinds


def test_strata_are_all_kinds_of_the_train_fold_and_add_up_to_the_block():
    sizes = {r.stratum: r.stratum_size for _, r in records_of(KINDS) if r.fold == "train"}
    assert len(sizes) == 6
    assert sum(sizes.values()) == len(frame_of().fold("train"))


OTHERS = [
    {"acquisition": "span-entropy"},
    {"explore": 0.1},
    {"explore": 1.0},
    {"explore": 0.1, "within_kinds": True},
]


@pytest.mark.parametrize("design", [RANKED, TEACH])
@pytest.mark.parametrize("chosen", OTHERS)
def test_the_dev_fold_is_drawn_the_same_whatever_is_chosen(
    design: SamplingDesign, chosen: dict[str, object]
):
    other = replace(design, **chosen)
    dev = [(key, r) for key, r in records_of(other) if r.fold == "dev"]
    assert dev == [(key, r) for key, r in records_of(design) if r.fold == "dev"]
    assert {(r.acquisition, r.explore) for _, r in dev} == {("expected-errors", 0.3)}
    train = {(r.acquisition, r.explore) for _, r in records_of(other) if r.fold == "train"}
    assert train == {(other.acquisition, other.explore)}


@pytest.mark.parametrize("strategy", ["random", "random-binary"])
def test_a_control_is_drawn_evenly_in_both_folds(strategy: str):
    control = SamplingDesign(strategy, "segment", explore=1.0)
    assert {(r.fold, r.explore) for _, r in records_of(control)} == {("train", 1.0), ("dev", 1.0)}


def test_a_strict_design_is_strict_in_both_folds():
    strict = replace(STRICT, acquisition="span-entropy")
    for fold in ("train", "dev"):
        of_it = [r for _, r in records_of(strict) if r.fold == fold]
        assert {(r.design, r.acquisition) for r in of_it} == {("strict", "span-entropy")}


@pytest.mark.parametrize("design", [STRICT, RANDOM])
def test_kinds_without_a_probability_to_tilt_are_refused(design: SamplingDesign):
    with pytest.raises(ParameterError, match="within_kinds: a strict order"):
        replace(design, within_kinds=True)


def test_an_input_drawn_twice_in_one_round_is_found():
    first, *_ = records_of(RANKED, 1)
    with pytest.raises(RecordError, match="drawn twice"):
        verify_records([first, first])


@pytest.mark.parametrize("design", [RANKED, RANDOM, TEACH, STRICT, KINDS, TEACH_KINDS])
def test_a_restart_asks_in_the_same_order(design: SamplingDesign):
    assert records_of(design) == records_of(design)


def test_the_order_does_not_depend_on_the_order_of_the_source():
    frame = frame_of()
    turned = replace(frame, segments=frame.segments[::-1])
    assert [k for k, _ in records_of(RANKED)] == [k for k, _ in records_of(RANKED, frame=turned)]


def test_strict_ranking_asks_the_highest_score_first_and_has_no_probabilities():
    train = [record for _, record in records_of(STRICT) if record.fold == "train"]
    assert [r.u for r in train] == sorted((r.u for r in train), reverse=True)
    assert all(r.p is None and r.key is None for r in train)
    assert np.isnan(inclusion([(0, train[0])])).all()


def test_the_random_control_gives_every_segment_the_same_weight():
    dev = [(k, r) for k, r in records_of(RANDOM, 80) if r.fold == "dev"]
    assert np.ptp(inclusion(dev)) == 0


def test_the_random_control_scores_no_more_than_it_shows():
    scored: list[Segment] = []

    def counting(segments):
        scored.extend(segments)
        return score(segments)

    next(iter(draw_questions(frame_of(), RANDOM, counting, acquisition=expected_errors)))
    assert len(scored) <= 32


def test_the_first_question_of_teach_needs_one_block_only():
    scored: list[Segment] = []

    def counting(segments):
        scored.extend(segments)
        return score(segments)

    next(iter(draw_questions(frame_of(), TEACH, counting, acquisition=expected_errors)))
    assert len(scored) == TEACH.block_size


def test_a_block_without_any_question_counts_as_part_of_the_next():
    def few(segments):
        for segment, item in zip(segments, score(segments), strict=True):
            yield item if segment.input_hash // 7919 > 180 else replace(item, candidates=())

    draws = list(
        draw_questions(frame_of(), replace(TEACH, block_size=5), few, acquisition=expected_errors)
    )
    assert len(draws) == sum(i % 3 > 0 for i in range(181, 200))
    first_round = {(d.segment.fold, d.block): d for d in draws if d.round == 0}
    assert max(d.considered for d in first_round.values()) > 5
    for fold in ("train", "dev"):
        blocks = [d for (where, _), d in first_round.items() if where == fold]
        assert sum(d.considered for d in blocks) <= blocks[0].N


def test_all_served_is_probability_one():
    dev = [(k, r) for k, r in records_of(RANKED) if r.fold == "dev"]
    assert np.all(inclusion(dev) == 1.0)


def test_the_share_of_dev_questions_follows_the_design():
    frame = frame_of(4000)
    dev = sum(r.fold == "dev" for _, r in records_of(RANDOM, 1000, frame))
    assert abs(dev - 250) < 4 * np.sqrt(1000 * 0.25 * 0.75)


@pytest.mark.parametrize("asked", [60, 260])
def test_weights_add_up_to_what_can_be_asked_about_in_the_fold(asked: int):
    """Mean over seeds of Σ r/π, in the first pass and in the second."""
    frame = frame_of(600)
    askable = sum(bool(s.input_hash // 7919 % 3) for s in frame.fold("dev"))
    totals = []
    for seed in range(60):
        design = replace(TEACH, seed=seed)
        dev = [(k, r) for k, r in records_of(design, asked, frame) if r.fold == "dev"]
        r = np.array([record.r for _, record in dev])
        totals.append(np.sum(r / inclusion(dev)))
    error = np.std(totals) / np.sqrt(len(totals))
    assert abs(np.mean(totals) - askable) < 3 * error


def test_a_task_shows_no_score_unless_asked_and_teach_shows_the_marginal():
    def first_meta(design: SamplingDesign, header: Header) -> dict[str, object]:
        frame = frame_of()
        draws = draw_questions(frame, design, score, acquisition=expected_errors)
        return next(make_tasks(draws, design, header, dict))["meta"]

    assert set(first_meta(RANKED, HEADER)) == {"doc"}
    assert "p(ORG)" in first_meta(TEACH, replace(HEADER, show_score=True))


def test_hashes_are_taken_from_the_text_alone_or_with_the_candidate():
    hashed = []

    def remember(task):
        hashed.append(set(task))
        return dict(task)

    for design in (RANKED, TEACH):
        next(
            make_tasks(
                draw_questions(frame_of(), design, score, acquisition=expected_errors),
                design,
                HEADER,
                remember,
            )
        )
    assert hashed == [{"text"}, {"text", "spans"}]


@pytest.mark.parametrize(
    ("option", "value"),
    [("explore", 1.2), ("explore", -0.1), ("dev_share", 1.0), ("rate", 0.0), ("block_size", 0)],
)
def test_options_out_of_range_are_refused(option: str, value: float):
    with pytest.raises(ParameterError):
        replace(RANKED, **{option: value})
