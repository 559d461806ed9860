"""Names that were accepted, found again in other texts."""

from __future__ import annotations

from prodigy_al.protocol.lookup import known_names, look_up
from prodigy_al.training.answers import Answer, Answers


def read(*texts: tuple[str, list[tuple[int, int, str]]]) -> Answers:
    items = [
        Answer(i, tuple(text.split()), (True,) * len(text.split()), tuple(spans))
        for i, (text, spans) in enumerate(texts)
    ]
    return Answers("x", "full", ("ORG",), tuple(items), {})


def test_names_are_known_where_they_were_accepted_at_half_of_their_places():
    train = read(
        ("Acme Bank fell", [(0, 2, "ORG")]),
        ("Acme rose in Oslo", [(0, 1, "ORG")]),
        ("Oslo beat Acme", [(0, 1, "ORG")]),
        ("rain in Oslo and Oslo", []),
    )
    assert known_names(train) == {("Acme", "Bank"): "ORG", ("Acme",): "ORG"}


def test_longer_names_are_looked_up_first_and_other_labels_stay_where_none_is():
    names = {("Acme",): "ORG", ("Acme", "Bank"): "ORG"}
    texts = read(("the Acme Bank and Acme of Oslo", []), ("Oslo Bank", []))
    base = [
        frozenset({(1, 2, "PERSON"), (6, 7, "PLACE"), (0, 1, "ORG")}),
        frozenset({(0, 2, "ORG")}),
    ]
    assert look_up(names, texts, base) == [
        {(1, 3, "ORG"), (4, 5, "ORG"), (6, 7, "PLACE")},
        frozenset(),
    ]
    assert look_up({}, texts, base)[0] == {(1, 2, "PERSON"), (6, 7, "PLACE")}
