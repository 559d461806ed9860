from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.errors import ParameterError, SourceError
from prodigy_al.sampling.frame import build_frame

LONG = "the board of the second bank met in Geneva on day {} of May"


def source(*texts: str, docs: list[str] | None = None):
    for number, text in enumerate(texts):
        record: dict[str, object] = {"text": text}
        if docs:
            record["meta"] = {"doc": docs[number]}
        yield number, hash(text), record


def many_documents(n: int = 40, size: int = 5):
    texts = [f"segment {i} of document {d}" for d in range(n) for i in range(size)]
    return source(*texts, docs=[f"d{d}" for d in range(n) for _ in range(size)])


def frame_of(records, **options):
    return build_frame(records, **{"dev_share": 0.25, "fold_salt": "s", **options})


def test_the_frame_holds_each_text_once_and_counts_its_copies():
    frame = frame_of(source("a", "b", "a", "a"))
    assert [(s.record["text"], s.copies) for s in frame.segments] == [("a", 3), ("b", 1)]


def test_gold_and_old_answers_do_not_travel_with_the_question():
    gold = {"text": "a", "spans": [{}], "answer": "accept", "al": {}, "_task_hash": 1, "meta": {}}
    (segment,) = frame_of([(0, 1, gold)]).segments
    assert segment.record == {"text": "a", "meta": {}}


def test_no_document_is_in_both_folds():
    frame = frame_of(many_documents())
    folds = {fold: {s.group for s in frame.fold(fold)} for fold in ("train", "dev")}
    assert folds["train"].isdisjoint(folds["dev"])
    assert frame.grouped_by == "meta.doc"


def test_the_dev_fold_misses_its_share_by_less_than_one_document():
    frame = frame_of(many_documents(size=5))
    assert abs(len(frame.fold("dev")) - 0.25 * 200) < 5


def test_one_salt_gives_one_fold_and_another_salt_another():
    def dev(salt: str) -> set[str]:
        return {s.group for s in frame_of(many_documents(), fold_salt=salt).fold("dev")}

    assert dev("x") == dev("x") != dev("y")


def test_sentences_of_one_record_stay_together():
    records = [(n, hash((n, i)), {"text": f"{n}.{i}"}) for n in range(20) for i in range(3)]
    frame = frame_of(records)
    assert frame.grouped_by == "record"
    assert len({s.group for s in frame.segments}) == 20


def test_near_duplicates_tie_their_documents_together():
    texts = [LONG.format(3), LONG.format(17).upper(), *[f"text {i}" for i in range(20)]]
    one, two, *_ = frame_of(source(*texts, docs=[f"d{i}" for i in range(22)])).segments
    assert one.group == two.group


def test_short_texts_that_coincide_tie_nothing():
    texts = ["LONDON 1996", "London 1997", *[f"text {i}" for i in range(20)]]
    one, two, *_ = frame_of(source(*texts, docs=[f"d{i}" for i in range(22)])).segments
    assert one.group != two.group


def test_too_few_documents_fall_back_to_segments():
    frame = frame_of(source(*"abcdefghij", docs=["d1"] * 5 + ["d2"] * 5))
    assert frame.grouped_by == "segment"
    assert len({s.group for s in frame.segments}) == 10


def test_excluded_texts_are_not_counted():
    frame = frame_of(source("a", "b", "b"), exclude={hash("b")})
    assert [s.record["text"] for s in frame.segments] == ["a"]
    assert frame.excluded == 1


def test_an_empty_source_is_refused():
    with pytest.raises(SourceError, match="no text"):
        frame_of([])
    with pytest.raises(SourceError, match="all 1 texts of the source are excluded"):
        frame_of(source("a"), exclude={hash("a")})


def test_a_group_key_that_nobody_has_is_refused():
    with pytest.raises(
        ParameterError, match=r"group_by topic: no record of the source has meta\.topic"
    ):
        frame_of(source("a", "b"), group_by="topic")


def sampled(size: int | None, **options):
    return frame_of(many_documents(n=200), pool_size=size, **options)


def test_a_pool_size_samples_every_segment_alike_also_within_a_document():
    """40 of 1,000 under 100 salts: of each 20 neighbours the share .04 is drawn, within 4 SE."""
    drawn = np.zeros(1000)
    for salt in range(100):
        frame = build_frame(
            ((i, i, {"text": str(i)}) for i in range(1000)),
            dev_share=0.25,
            fold_salt=str(salt),
            pool_size=40,
        )
        drawn[[segment.input_hash for segment in frame.segments]] += 1
    assert drawn.sum() == 100 * 40
    shares = drawn.reshape(50, 20).mean(axis=1) / 100
    assert np.all(np.abs(shares - 0.04) < 4 * np.sqrt(0.04 * 0.96 / (100 * 20)))


def test_a_smaller_sample_is_part_of_a_larger_one_and_all_seeds_share_it():
    small, large = ({s.input_hash for s in sampled(size).segments} for size in (50, 400))
    assert len(small) == 50
    assert small < large
    assert small != {s.input_hash for s in sampled(50, fold_salt="other").segments}


def test_a_sample_names_the_source_it_was_drawn_from_and_counts_copies_of_all_of_it():
    texts = [str(i % 100) for i in range(300)]
    whole, sample = frame_of(source(*texts)), frame_of(source(*texts), pool_size=10)
    assert sample.sha256 == whole.sha256
    assert [s.copies for s in sample.segments] == [3] * 10


def test_the_dev_fold_of_a_sample_holds_its_share_of_the_sample():
    frame = sampled(400)
    assert abs(len(frame.fold("dev")) - 100) < 5
    folds = {fold: {s.group for s in frame.fold(fold)} for fold in ("train", "dev")}
    assert folds["train"].isdisjoint(folds["dev"])


def test_a_sample_larger_than_the_source_is_the_source():
    assert sampled(5000).segments == sampled(None).segments


def test_a_pool_size_below_one_is_refused():
    with pytest.raises(ParameterError, match="pool_size -3: give a number"):
        sampled(-3)
