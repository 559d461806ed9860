from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.kinds import Kinds, measure_kinds, measure_texts

KINDS = Kinds(short=3, medium=6, running=0.5)


def segment(text: str, **record: object) -> Segment:
    return Segment({"text": text, **record}, hash(text), "g")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("it was so", "short text"),
        ("it was so again", "medium text"),
        ("it was so again and again and", "long text"),
        ("LEEDS 2 Perth", "short table"),
        ("OSLO 2 LIMA 1", "medium table"),
        ("OSLO LIMA and so on and on", "long text"),
        ("B52 A1 3-1", "short table"),
        ("U.S. !", "short text"),
        ("", "short text"),
    ],
)
def test_a_kind_is_length_and_share_of_capitals_and_digits(text: str, name: str):
    assert KINDS.name(segment(text)) == name


def test_tokens_of_the_record_count_where_it_has_them():
    tokens = [{"text": one} for one in ("OSLO", "-", "2", "-", "LIMA")]
    assert KINDS.name(segment("OSLO-2-LIMA", tokens=tokens)) == "medium table"
    assert KINDS.name(segment("OSLO-2-LIMA")) == "short table"


def test_a_third_of_the_segments_has_each_length_and_each_share_of_the_kinds():
    texts = [" ".join(["A"] * (i % 17) + ["a"] * (1 + i % 31)) for i in range(900)]
    segments = [segment(text) for text in texts]
    kinds = measure_kinds(segments)
    names = [kinds.name(one).split() for one in segments]
    for length in ("short", "medium", "long"):
        assert sum(name[0] == length for name in names) == pytest.approx(300, abs=40)
    assert sum(name[1] == "table" for name in names) == pytest.approx(300, abs=40)


def test_texts_that_are_all_alike_are_of_one_kind():
    kinds = measure_kinds([segment(f"number {i} came") for i in range(10, 50)])
    assert {kinds.name(segment(f"number {i} came")) for i in range(10, 50)} == {"short text"}


def test_of_nothing_kinds_can_be_measured():
    assert measure_kinds([]).name(segment("one 2")) == "long text"


TEXTS = [" ".join(["A"] * (i % 17) + ["a"] * (1 + i % 31)) for i in range(900)]


def shares(texts: list[str], kinds: Kinds) -> dict[str, float]:
    names = [kinds.name_text(text).split() for text in texts]
    return {
        word: sum(word in name for name in names) / len(texts)
        for word in ("short", "medium", "long", "table")
    }


def test_of_texts_too_a_third_has_each_length_and_each_share():
    found = shares(TEXTS, measure_texts(TEXTS))
    assert found == pytest.approx(dict.fromkeys(found, 1 / 3), abs=0.05)


def test_a_text_that_stands_for_many_counts_as_many():
    weights = np.arange(1, 901) % 7 + 1.0
    many = [text for text, weight in zip(TEXTS, weights, strict=True) for _ in range(int(weight))]
    assert measure_texts(TEXTS, weights) == measure_texts(TEXTS, weights / 7) == measure_texts(many)


@pytest.mark.parametrize("tables", [10, 30, 50, 90])
def test_tables_of_one_form_are_tables_however_many_they_are(tables: int):
    texts = [f"LEEDS {i} PERTH" for i in range(tables)]
    texts += [f"nothing {'again ' * i}" for i in range(100 - tables)]
    kinds = measure_texts(texts)
    assert {kinds.name_text(text) for text in texts[:tables]} <= {"short table", "medium table"}
    assert shares(texts, kinds)["table"] == tables / 100


def test_texts_without_any_difference_are_running_text():
    assert shares(["A 1"] * 30, measure_texts(["A 1"] * 30))["table"] == 0
