"""How far several annotators agree, by hand and for simulated people whose errors are known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import spacy
from team_runs import run, stored

from prodigy_al.comparison.agreement import Agreement, measure_agreement
from prodigy_al.comparison.arms import read_arm
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.records import SIMULATED

NLP = spacy.blank("en")
TEXT = "Acme and Brint left Oslo"
OFFSETS = {"Acme": (0, 4), "Brint": (9, 14), "Oslo": (20, 24)}
DOCUMENTS = 13  # not a divisor: documents differ in what was said of their texts


def answer(
    who: str, text: int, words: Sequence[str], verdict: str = "accept", view: str = "ner_manual"
) -> dict[str, Any]:
    spans = [dict(zip(("start", "end"), OFFSETS[word], strict=True)) for word in words]
    return {
        "text": TEXT, "spans": [{**span, "label": "ORG"} for span in spans], "answer": verdict,
        "_view_id": view, "_input_hash": text, "_annotator_id": who,
        "meta": {"doc": f"d{text % DOCUMENTS}"},
    }  # fmt: skip


def agreement(examples: Sequence[dict[str, Any]]) -> Agreement | Unavailable | None:
    return measure_agreement(read_arm("d", examples, ["ORG"], tokenizer=NLP.make_doc))


def both(text: int, ann: Sequence[str], bob: Sequence[str]) -> list[dict[str, Any]]:
    return [answer("ann", text, ann), answer("bob", text, bob)]


def decisions() -> list[dict[str, Any]]:
    """Return those of two people about one span of each of 45 texts, 30 times the same."""
    verdicts = ["reject"] * 15 + ["accept"] * 30
    return [
        one
        for text, verdict in enumerate(verdicts)
        for one in (
            answer("ann", text, ["Acme"], "accept", "ner"),
            answer("bob", text, ["Acme"], verdict, "ner"),
        )
    ]


def test_of_whole_segments_it_is_f1_between_two_people_whoever_is_taken_for_right():
    """Of 50 texts 30 have two spans and one, which is the same; 15 none and one; 5 none twice."""
    given = []
    for text in range(30):
        given += both(text, ["Acme", "Brint"], ["Acme"])
    for text in range(30, 45):
        given += both(text, [], ["Oslo"])
    for text in range(45, 50):
        given += both(text, [], [])
    given += [answer("ann", 100, ["Acme"])]  # nobody else's
    found = agreement(given)
    turned = agreement([{**one, "_annotator_id": one["_annotator_id"][::-1]} for one in given])
    assert isinstance(found, Agreement)
    assert (found.of, found.texts) == ("spans", 50)
    assert found.value.value == pytest.approx(2 * 30 / (60 + 30 + 15))
    assert found.same.value == pytest.approx(5 / 50)
    assert found == turned
    assert found.value.low < found.value.value < found.value.high


def test_a_text_counts_once_however_many_people_answered_it():
    """Three who all differ agree no less because there are three pairs of them."""
    given = []
    for text in range(15):
        given += both(text, ["Acme"], ["Acme"])
    for text in range(15, 30):
        given += [answer(who, text, [word]) for who, word in zip("abc", OFFSETS, strict=True)]
    found = agreement(given)
    assert isinstance(found, Agreement)
    assert found.value.value == pytest.approx(0.5)  # .25 if pairs counted
    assert found.same.value == pytest.approx(0.5)


def test_of_single_spans_it_is_the_share_of_decisions_that_are_the_same():
    given = decisions()
    # two asked about different spans neither agree nor disagree
    given += [
        answer(who, 50, [word], "accept", "ner") for who, word in zip("ab", OFFSETS, strict=False)
    ]
    found = agreement(given)
    assert isinstance(found, Agreement)
    assert (found.of, found.texts) == ("decisions", 45)
    assert found.value.value == found.same.value == pytest.approx(30 / 45)


def test_a_third_person_with_another_span_changes_no_share_of_decisions():
    given = decisions()
    given += [answer("cay", text, ["Oslo"], "accept", "ner") for text in range(45)]
    found = agreement(given)
    assert isinstance(found, Agreement)
    assert found.value.value == found.same.value == pytest.approx(30 / 45)


def test_where_there_is_nothing_to_agree_about_it_is_said_or_left_out():
    alone = [answer("ann", text, ["Acme"]) for text in range(45)]
    assert agreement(alone) is None
    few = [one for text in range(5) for one in both(text, ["Acme"], ["Acme"])]
    found = agreement([*few, *(answer("ann", text, ["Acme"]) for text in range(5, 45))])
    assert found == Unavailable(
        "the answers come from 5 documents; at least 10 are needed to tell how much new text would "
        "differ"
    )
    bare = [one for text in range(45) for one in both(text, [], [])]
    assert isinstance(agreement([*bare, answer("ann", 50, ["Acme"])]), Unavailable)


def test_simulated_people_say_the_same_but_where_one_of_them_errs(home: Path, world: Path):
    options: dict[str, Any] = {"annotators": 2, "overlap": 1, "budget": 300}
    run(world, "team", arms=["random-binary", "random"], error_rate="0,0.3", **options)
    tokenizer = load_pipeline(str(world / "base")).make_doc
    for arm, of in (("random-binary", "decisions"), ("random", "spans")):
        examples = stored(f"team-{arm}-0")
        found = measure_agreement(read_arm(arm, examples, ["ORG"], tokenizer=tokenizer))
        assert isinstance(found, Agreement)
        people = Counter(one["_input_hash"] for one in examples)
        by_both = {text for text, count in people.items() if count == 2}
        errors = {one["_input_hash"] for one in examples if one[SIMULATED]["error"]} & by_both
        assert (found.of, found.texts) == (of, len(by_both))
        assert found.texts > 100
        assert len(errors) > 20
        assert found.same.value == pytest.approx(1 - len(errors) / len(by_both))
