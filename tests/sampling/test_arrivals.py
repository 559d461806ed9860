from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Any

import numpy as np
import pytest
from prodigy.util import set_hashes

from prodigy_al.errors import ParameterError, SourceError
from prodigy_al.records import read_record
from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.inclusion import inclusion, verify_records
from prodigy_al.sampling.kinds import measure_kinds
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors

HEADER = Header({"sha256": "m"}, {"frame_sha256": "f"}, {"stream": True}, "tokens")
Arrival = tuple[int, int, dict[str, Any]]


def arrivals(numbers: Sequence[int] | Iterator[int], per_document: int = 2) -> Iterator[Arrival]:
    for i in numbers:
        record = {"text": f"text {i}" + " and" * (i % 3), "meta": {"doc": i // per_document}}
        yield i, set_hashes({"text": record["text"]})["_input_hash"], record


def frame_of(numbers: Any, **options: Any) -> ArrivingFrame:
    chosen = {"block_size": 20, "dev_share": 0.25, "fold_salt": "s", **options}
    return ArrivingFrame(arrivals(numbers), **chosen)


def number_of(segment: Segment) -> int:
    return int(segment.record["text"].split()[1])


def score(segments: Sequence[Segment]) -> Iterator[Scored]:
    """Every third text is ten times as hard as the others."""
    for segment in segments:
        u = 1.0 if number_of(segment) % 3 == 0 else 0.1
        yield Scored(u, (Candidate(0, 4, "ORG", 0.5, greedy=True),))


def examples(
    frame: ArrivingFrame, seed: int, n: int | None, *, within_kinds: bool = False
) -> list[dict[str, Any]]:
    design = SamplingDesign(
        "teach", "candidate", seed=seed, block_size=20, rate=0.2, within_kinds=within_kinds
    )
    draws = draw_questions(frame, design, score, acquisition=expected_errors)
    return list(make_tasks(islice(draws, n), design, HEADER, set_hashes))


def test_an_endless_stream_is_read_only_as_far_as_its_questions_need():
    read = []

    def endless() -> Iterator[int]:
        for i in count():
            read.append(i)
            yield i

    frame = frame_of(endless())
    assert len(read) == 20
    asked = examples(frame, seed=0, n=30)
    assert len({task["_input_hash"] for task in asked}) == 30
    assert 30 / 0.2 * 0.8 < len(read) < 30 / 0.2 * 1.8


def test_blocks_are_what_arrives_next():
    asked = examples(frame_of(count()), seed=0, n=40)
    for task in asked:
        place = int(task["text"].split()[1]) // 20
        assert task["al"]["block"] <= place
    train = [t["al"] for t in asked if t["al"]["fold"] == "train"]
    assert [a["block"] for a in train] == sorted(a["block"] for a in train)


def test_a_document_is_in_one_fold_whatever_else_is_there():
    def dev(frame: ArrivingFrame) -> set[str]:
        return {s.group for block in frame.fold("dev").blocks() for s in block}

    some, others = dev(frame_of(range(200))), dev(frame_of(range(100, 400)))
    known = {f"doc={i}" for i in range(50, 100)}
    assert some & known == others & known


def test_the_dev_fold_has_its_share_of_the_documents_on_average():
    """4,000 documents: .25 within 4 standard deviations."""
    frame = frame_of(range(8000))
    dev = sum(len(block) for block in frame.fold("dev").blocks())
    assert abs(dev / 8000 - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)


def test_texts_that_come_again_or_are_excluded_are_left_out():
    excluded = {key for _, key, _ in arrivals(range(5))}
    frame = frame_of([*range(60), *range(60)], exclude=excluded)
    found = [s for fold in ("train", "dev") for b in frame.fold(fold).blocks() for s in b]
    assert sorted(map(number_of, found)) == list(range(5, 60))


def test_a_stream_that_ends_is_asked_to_the_last():
    asked = examples(frame_of(range(90)), seed=0, n=None)
    assert sorted(int(task["text"].split()[1]) for task in asked) == list(range(90))
    pairs = [(t["_input_hash"], read_record(t)) for t in asked]
    assert verify_records(pairs) == 90
    for fold in ("train", "dev"):
        served = [pair for pair in pairs if pair[1].fold == fold]
        assert inclusion(served).tolist() == [1.0] * len(served)


def test_the_kinds_of_a_stream_are_those_of_its_first_block_and_none_is_left_out():
    asked = examples(frame_of(range(90)), seed=0, n=None, within_kinds=True)
    assert sorted(int(task["text"].split()[1]) for task in asked) == list(range(90))
    train = [(t["_input_hash"], read_record(t)) for t in asked if t["al"]["fold"] == "train"]
    assert verify_records(train) == len(train)
    (first, *_) = frame_of(range(90)).fold("train").blocks()
    kinds = measure_kinds(first)
    texts = {t["_input_hash"]: Segment({"text": t["text"]}, 0, "") for t in asked}
    assert all(record.stratum == kinds.name(texts[key]) for key, record in train)
    assert len({record.stratum for _, record in train}) > 1


def test_kinds_do_not_read_further_than_the_first_question_needs():
    frame = frame_of(count())
    (task,) = examples(frame, seed=0, n=1, within_kinds=True)
    assert frame.read_so_far("train") + frame.read_so_far("dev") == 20
    assert task["al"]["block"] == 0


def test_weighted_totals_are_those_of_the_part_that_was_read():
    """Over 150 seeds: Σ y/π is unbiased for Σ y over the opened blocks, Σ y times n/m is not."""
    frame = frame_of(range(400))
    blocks = {fold: list(frame.fold(fold).blocks()) for fold in ("train", "dev")}
    weighted, plain = [], []
    for seed in range(150):
        asked = examples(frame_of(range(400)), seed=seed, n=30)
        served = [(t["_input_hash"], read_record(t)) for t in asked]
        served = [pair for pair in served if pair[1].fold == "train"]
        opened = {record.block for _, record in served}
        part = [s for block in opened for s in blocks["train"][block]]
        truth = sum(number_of(s) % 3 == 0 for s in part)
        y = np.array([record.u > 0.5 for _, record in served], dtype=float)
        weighted.append(float((y / inclusion(served)).sum()) - truth)
        plain.append(float(y.mean()) * len(part) - truth)
    for errors, unbiased in ((weighted, True), (plain, False)):
        standard_error = np.std(errors) / np.sqrt(len(errors))
        assert (abs(np.mean(errors)) < 3 * standard_error) == unbiased


@pytest.mark.parametrize(
    ("numbers", "options", "error", "sentence"),
    [
        ([], {}, SourceError, "holds no text"),
        (range(30), {"group_by": "gone"}, ParameterError, "none of the first 20 records has"),
        (range(30), {"dev_share": 2}, ParameterError, "share 2: out of range"),
    ],
)
def test_what_makes_no_stream_is_refused_at_once(
    numbers: Any, options: dict[str, Any], error: type[Exception], sentence: str
):
    with pytest.raises(error, match=sentence):
        frame_of(numbers, **options)
