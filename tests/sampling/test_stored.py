"""Records on disk and segments as columns: the same as in memory."""

from __future__ import annotations

import pickle
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from prodigy_al.errors import SourceError
from prodigy_al.sampling.frame import Frame, Segment, build_frame
from prodigy_al.sampling.scored import Candidate, Candidates, Scored, ScoredTable
from prodigy_al.sampling.stored import StoredRecords
from prodigy_al.sampling.table import (
    InputSet,
    SegmentTable,
    folds_of,
    in_fold,
    input_hashes,
    text_shapes,
    without,
)

RECORDS = [
    {"text": f"Ann met {i} BANKS in Łódź – again", "meta": {"doc": f"d{i // 5}"}} for i in range(60)
]


def frame_of(store: Any = None, **options: Any) -> Frame:
    records = ((i, 7919 * (i % 50) - 100_000, record) for i, record in enumerate(RECORDS))
    return build_frame(records, dev_share=0.25, fold_salt="s", store=store, **options)


def test_a_frame_on_disk_is_the_one_in_memory(tmp_path: Path) -> None:
    there, here = frame_of(StoredRecords(folder=tmp_path)), frame_of()
    assert list(there.segments) == list(here.segments)
    assert (there.sha256, there.grouped_by) == (here.sha256, here.grouped_by)
    assert list(tmp_path.iterdir()) == []  # a file without a name is gone with its owner
    assert {one.copies for one in there.segments} == {1, 2}


def test_several_threads_read_whole_records() -> None:
    store = StoredRecords()
    for record in RECORDS:
        store.append(record)
    wrong: list[int] = []

    def read(seed: int) -> None:
        for i in np.random.default_rng(seed).integers(0, 60, 300).tolist():
            if store[i] != RECORDS[i]:
                wrong.append(i)

    threads = [Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_record_is_added_at_the_end_after_another_was_read() -> None:
    store = StoredRecords()
    for i, record in enumerate(RECORDS):
        store.append(record)
        assert store[i // 2] == RECORDS[i // 2]
    assert list(store) == RECORDS


def test_a_full_disk_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    store = StoredRecords()

    class Full:
        def seek(self, *_: int) -> None:
            raise OSError(28, "No space left on device")

        flush = close = seek

    file = store._file
    monkeypatch.setattr(store, "_file", Full())
    for write in (lambda: store.append(RECORDS[0]), store.flush):
        with pytest.raises(SourceError, match=r"disk \(No space left on device\): make room"):
            write()
    monkeypatch.setattr(store, "_file", file)
    assert len(store) == 0


def test_what_is_pickled_does_not_need_the_file() -> None:
    frame = frame_of(StoredRecords())
    segments = list(frame.segments)
    assert pickle.loads(pickle.dumps(frame.segments)) == segments
    store = StoredRecords()
    store.append(RECORDS[0])
    assert pickle.loads(pickle.dumps(store)) == RECORDS[:1]


def test_a_table_answers_as_a_list_of_its_segments_does() -> None:
    table = frame_of(StoredRecords()).segments
    assert isinstance(table, SegmentTable)
    listed: list[Segment] = list(table)
    assert table[-1] == listed[-1]
    assert table[5:20:3] == listed[5:20:3]
    assert table.take(np.array([7, 3])) == [listed[7], listed[3]]
    assert input_hashes(table).tolist() == input_hashes(listed).tolist()
    for one, other in zip(text_shapes(table), text_shapes(listed), strict=True):
        assert one.tolist() == other.tolist()
    assert folds_of(table) == folds_of(listed) == {"train", "dev"}
    assert folds_of(in_fold(table, "dev")) == {"dev"}
    assert in_fold(table, "dev") == in_fold(listed, "dev")
    some = [one.input_hash for one in listed[::7]]
    assert without(table, some) == without(listed, some)
    assert table.n_groups == len({one.group for one in listed})


def test_input_hashes_are_found_as_in_a_set() -> None:
    hashes = np.array([5, -3, 2**31, 5], dtype=np.int64)
    found = InputSet(hashes)
    assert set(found) == set(hashes.tolist())
    assert len(found) == 3
    assert all(key in found for key in hashes.tolist())
    assert not any(key in found for key in (4, 2**40, -4, "5", None))
    assert 4 not in InputSet(hashes[:0])


def test_scores_as_columns_are_the_same_scores() -> None:
    labels = ("ORG", "PER")
    scored = [
        Scored(0.5, Candidates([(0, 4, 1, 0.25, True), (5, 9, 0, 0.1, False)], labels), 7),
        Scored(0.0, (), 3),
        Scored(0.125, (Candidate(1, 2, "LOC", 0.75, greedy=False),), 1),
        Scored(0.25, Candidates([(3, 4, 0, 0.5, False)], ("LOC",)), 2),
    ]
    table = ScoredTable.of(iter(scored))
    assert list(table) == scored
    assert table.scores.tolist() == [0.5, 0.0, 0.125, 0.25]
    assert table.has_candidates().tolist() == [True, False, True, True]
    taken = table.take(np.array([3, 0]))
    assert list(taken) == [scored[3], scored[0]]
    assert list(taken.take(np.array([1]))) == [scored[0]]
    assert taken.scores.tolist() == [0.25, 0.5]
