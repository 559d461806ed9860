from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from prodigy_al.sampling.groups import (
    NEAR_DUPLICATE_TOKENS,
    document_groups,
    join_groups,
    near_duplicate_key,
)


def join_near_duplicates(texts: list[str], groups: list[str]) -> list[str]:
    names = list(dict.fromkeys(groups))
    keys = np.array([near_duplicate_key(text) for text in texts], dtype=np.uint64)
    joined = join_groups(keys, np.array([names.index(group) for group in groups], dtype=np.int64))
    return [names[number] for number in joined]


RECORDS = [{"meta": {"doc": i // 10}} for i in range(19)] + [{"meta": None}]
ALONE = [f"record={i}" for i in range(20)]
LONG = " ".join(["word"] * NEAR_DUPLICATE_TOKENS)


def test_documents_make_the_groups_where_nearly_all_records_name_one():
    groups, by_document = document_groups(RECORDS, ALONE)
    assert by_document
    assert groups == ["doc=0"] * 10 + ["doc=1"] * 9 + ["record=19"]


def test_records_make_the_groups_where_too_few_name_a_document():
    assert document_groups([*RECORDS[:18], {}, {}], ALONE) == (ALONE, False)


def test_with_no_coverage_asked_for_one_document_is_enough():
    groups, by_document = document_groups([{}] * 19 + RECORDS[:1], ALONE, coverage=0.0)
    assert by_document
    assert groups == [*ALONE[:19], "doc=0"]


def test_another_key_names_its_groups():
    records = [{"meta": {"story": "a"}}, {"meta": {"story": 7}}]
    assert document_groups(records, ["x", "y"], key="story") == (["story=a", "story=7"], True)


def test_of_two_groups_the_one_that_had_the_text_first_gives_its_name():
    assert join_near_duplicates([LONG, "short", LONG.upper()], ["b", "a", "a"]) == ["b", "b", "b"]


@pytest.mark.parametrize("text", ["Results", " ".join(["word"] * (NEAR_DUPLICATE_TOKENS - 1))])
def test_short_texts_join_nothing(text: str):
    assert join_near_duplicates([text, text], ["a", "b"]) == ["a", "b"]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=40))
def test_groups_that_share_a_text_directly_or_through_others_become_one(pairs):
    texts = [f"{LONG} {chr(97 + text)}" for text, _ in pairs]
    groups = [f"g{group}" for _, group in pairs]
    joined = join_near_duplicates(texts, groups)
    assert set(joined) <= set(groups)
    # the same, as components of the graph between texts (0-12) and groups (13-25)
    edges = np.array(pairs, dtype=np.int64).reshape(-1, 2) + np.array([0, 13])
    graph = coo_array((np.ones(len(edges)), edges.T), shape=(26, 26))
    _, component = connected_components(graph, directed=False)
    names = defaultdict(set)
    for name, (_, group) in zip(joined, edges, strict=True):
        names[component[group]].add(name)
    assert all(len(found) == 1 for found in names.values())
    assert len(set(joined)) == len(names)
