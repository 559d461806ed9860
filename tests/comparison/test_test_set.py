"""What a test set is made of: its documents, its ignored segments, and what arms have of it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import spacy
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.testset import TestSet, read_test, remove_overlap
from prodigy_al.errors import AnswerError, ParameterError
from prodigy_al.report.build import build_report
from prodigy_al.report.overlap import check_overlap
from prodigy_al.report.screen import render_screen
from prodigy_al.report.tables import render_tables
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.training.answers import Answer

NLP = spacy.blank("en")
LONG = "the firm Acme opened a large new plant near the river in {}"


def gold(number: int, **meta: Any) -> dict[str, Any]:
    # spelt in letters: texts that differ in digits alone are near-duplicates
    text = LONG.format("".join(chr(ord("a") + int(digit)) for digit in str(number)))
    return {
        "text": text,
        "spans": [{"start": 9, "end": 13, "label": "ORG"}],
        "meta": meta,
        "_input_hash": number,
    }


def drawn(
    records: list[dict[str, Any]], source: str = "s", sentences: int = 1, **options: Any
) -> list[dict[str, Any]]:
    """Answers of al.random from gold, as a dataset holds them, each of so many to one record."""
    frame = build_frame(
        [(i // sentences, set_hashes({"text": one["text"]})["_input_hash"], one)
         for i, one in enumerate(records)],
        dev_share=0.25, fold_salt="s", **options,
    )  # fmt: skip
    design = SamplingDesign("random", "segment", explore=1.0)

    def score(segments: Any) -> Any:
        return (Scored(0.25, (Candidate(9, 13, "ORG", 0.5, greedy=True),)) for _ in segments)

    header = Header(
        model={},
        scorer={},
        source={"name": f"{source}.jsonl", "sha256": source},
        segmentation="tokens",
    )
    draws = draw_questions(frame, design, score, acquisition=expected_errors)
    spans = gold(0)["spans"]
    return [
        json.loads(
            json.dumps(task | {"answer": "accept", "spans": spans, "_view_id": "ner_manual"})
        )
        for task in islice(make_tasks(draws, design, header, set_hashes), len(records))
    ]


def read(records: list[dict[str, Any]], **options: Any) -> TestSet:
    pairs = [(record["_input_hash"], record) for record in records]
    return read_test("t", pairs, ["ORG"], tokenizer=NLP.make_doc, **options)


def test_answers_of_al_random_bring_their_groups():
    """Near-duplicates and `--group-by` made them; meta alone would give every text its own."""
    answers = drawn([gold(i, source=i // 4) for i in range(40)], group_by="source")
    test = read(answers)
    assert test.groups == tuple(answer["al"]["group"] for answer in answers)
    without_records = [{k: v for k, v in answer.items() if k != "al"} for answer in answers]
    assert len(set(read(without_records).groups)) == 40


def test_a_named_key_of_meta_makes_the_groups_of_test_and_of_answers_without_records():
    records = [gold(i, source=i // 4, doc=i) for i in range(40)]
    assert len(set(read(records).groups)) == 40
    test = read(records, group_by="source")
    assert test.groups[:5] == ("source=0",) * 4 + ("source=1",)
    answers = [{**record, "_view_id": "ner_manual", "answer": "accept"} for record in records]
    arm = read_arm("d", answers, ["ORG"], tokenizer=NLP.make_doc, group_by="source")
    assert set(arm.groups.values()) == set(test.groups)


def test_a_key_that_no_record_of_the_test_set_has_is_refused():
    with pytest.raises(ParameterError, match=r"group_by .* no record of the test set has meta\.x"):
        read([gold(i) for i in range(4)], group_by="x")


def by_some(item: Answer) -> set[tuple[int, int, str]]:
    """Find the name in two texts of three, whether it is one or not."""
    return {(2, 3, "ORG")} if item.input_hash % 3 else {(0, 1, "ORG")}


def test_ignored_segments_of_the_test_set_are_counted_and_said(plan: Any, predicted: Any):
    test = [{**gold(i), "_view_id": "ner_manual", "answer": "accept"} for i in range(60)]
    test[3]["answer"], test[5]["answer"] = "ignore", "reject"
    found = read(test)
    assert (len(found.gold), found.ignored) == (58, 2)
    asked = plan([foreign("news", range(100, 140))], test=found)
    report = build_report(predicted(asked, by_some, news=by_some))
    assert report.test.ignored == 2
    assert "\n\n2 segments of test t were ignored or rejected and left out" in render_tables(report)


def foreign(name: str, numbers: Iterable[int]) -> Arm:
    answers = [{**gold(i), "_view_id": "ner_manual", "answer": "accept"} for i in numbers]
    return read_arm(name, answers, ["ORG"], tokenizer=NLP.make_doc)


@pytest.mark.parametrize(("shared", "ok"), [(8, True), (9, False)])
def test_a_fifth_of_the_texts_of_an_arm_in_test_is_the_limit(shared: int, ok: bool):
    arm = foreign("news", range(40))
    test = read([gold(i) for i in [*range(shared), *range(100, 200)]])
    found = check_overlap([arm], test, {})
    assert (found["id"], found["ok"], found["number"]) == ("overlap", ok, shared / 40)
    assert (f"({shared} of 40) of the texts of news stand in test t" in found["why"]) == (not ok)
    # and the other way round: most of a small test set stands in the arm
    small = check_overlap([arm], read([gold(i) for i in [*range(5), 100, 101]]), {})
    assert "71% (5 of 7) of the texts of test t were also asked about" in small["why"]
    assert not small["ok"]


def test_short_texts_are_no_overlap():
    arm = foreign("news", range(40))
    test = read([gold(i) for i in range(40)])
    short = tuple(replace(item, words=item.words[:7], spaces=item.spaces[:7])
                  for item in test.gold.items)  # fmt: skip
    assert check_overlap([arm], replace(test, gold=replace(test.gold, items=short)), {})["ok"]


def test_an_arm_of_which_only_short_texts_are_not_in_test_is_refused():
    arm = foreign("news", range(40))
    items = (*arm.train.items, replace(arm.train.items[0], input_hash=-1, words=("Acme",)))
    mixed = replace(arm, train=replace(arm.train, items=items))
    with pytest.raises(AnswerError, match="about a text of 8 or more tokens stands in the test"):
        remove_overlap([mixed], read([gold(i) for i in range(40)]))


def test_an_overlap_is_the_first_thing_on_the_terminal(plan: Any, predicted: Any):
    asked = plan([foreign("few", range(40))], test=read([gold(i) for i in range(30, 100)]))
    report = build_report(predicted(asked, by_some, few=by_some))
    (check,) = [check for check in report.health if check["id"] == "overlap"]
    assert not check["ok"]
    assert "25% (10 of 40) of the texts of few stand in test t too" in check["why"]
    removed = report.test.overlap.trained_on_removed["few"]
    assert 0 < removed < 10
    assert check["why"].endswith(f"; left out of training: {removed} answers of few")
    shown = render_tables(report)
    assert 0 < shown.index(f"Check overlap: {check['why']}.\n\n") < shown.index("\n\nF1 on test")


def compared(plan: Any, predicted: Any, arm: list[Any], test: list[Any]) -> Any:
    """Report on one arm of these answers, with the others as the test set."""
    asked = plan([read_arm("own", arm, ["ORG"], tokenizer=NLP.make_doc)], test=read(test))
    return build_report(predicted(asked, by_some, own=by_some))


def shared_documents(report: Any) -> Any:
    (check,) = [check for check in report.health if check["id"] == "shared-documents"]
    return check


def starred(report: Any) -> bool:
    (cell,) = [cell for cell in report.matrix if cell.set == "test" and cell.model == "own"]
    return bool(cell.leak)


def test_other_texts_of_documents_that_were_trained_on_are_said_with_their_counts(
    plan: Any, predicted: Any
):
    """A test set drawn by al.random from the arms' own source: other texts, the same documents."""
    answers = drawn([gold(i, doc=i // 4) for i in range(100)])
    report = compared(plan, predicted, answers[:40], answers[40:])
    asked = read_arm("own", answers[:40], ["ORG"], tokenizer=NLP.make_doc)
    trained = {asked.groups[item.input_hash] for item in asked.train.items}
    shared = [answer["al"]["group"] for answer in answers[40:] if answer["al"]["group"] in trained]
    check = shared_documents(report)
    assert 10 < len(shared) < 60
    assert not check["ok"]
    assert check["number"] == len(shared) / 60
    assert check["why"] == (
        f"of the 60 segments of test t, {len(shared)} are from {len(set(shared))} documents with "
        "training answers in own: F1 on test says less about new documents, use a test set of "
        "others"
    )
    assert render_screen(report).startswith("Check failed: one training seed")
    of = f"up to {len(shared) / 60:.1%} of test from documents trained on: test F1 flatters"
    assert render_screen(report).splitlines()[1] == f"Check failed: {of}"
    assert render_tables(report).index(check["why"]) < render_tables(report).index("F1 on test,")
    assert starred(report)
    others = drawn([gold(i, doc=i // 4) for i in range(200, 300)])
    apart = compared(plan, predicted, answers[:40], others)
    assert (shared_documents(apart)["ok"], starred(apart)) == (True, False)


def test_numbers_of_records_are_documents_within_one_source_alone(plan: Any, predicted: Any):
    """Where texts name no document, the sentences of a record are one."""
    ours = drawn([gold(i) for i in range(100)], source="ours", sentences=4)
    theirs = drawn([gold(i) for i in range(200, 300)], source="theirs", sentences=4)
    assert {a["al"]["group"] for a in ours} == {a["al"]["group"] for a in theirs}
    same = compared(plan, predicted, ours[:40], ours[40:])
    assert (shared_documents(same)["ok"], starred(same)) == (False, True)
    other = compared(plan, predicted, ours[:40], theirs)
    assert (shared_documents(other)["ok"], starred(other)) == (True, False)
    # what `al.random --exclude` left of the source has another sha256 and the same numbers
    rest = [dict(a, al={**a["al"], "source": {"name": "ours.jsonl", "sha256": "rest"}})
            for a in ours[40:]]  # fmt: skip
    excluded = compared(plan, predicted, ours[:40], rest)
    assert (shared_documents(excluded)["ok"], starred(excluded)) == (False, True)


def test_with_few_documents_dev_numbers_have_no_interval_for_new_text(plan: Any, predicted: Any):
    """Three documents: folds are made of segments, and so train and dev share documents."""
    few = read_arm("few", _answered(3), ["ORG"], tokenizer=NLP.make_doc)
    many = read_arm("many", _answered(60), ["ORG"], tokenizer=NLP.make_doc)
    assert (few.shares_documents, many.shares_documents) == (True, False)
    test = read([gold(i, doc=i) for i in range(1000, 1040)])
    asked = plan([few, many], test=test)
    report = build_report(predicted(asked, by_some, few=by_some, many=by_some))
    for name, known in (("few", False), ("many", True)):
        arm, base = report.arms[name], report.base.dev[name]
        assert arm.shares_documents is not known
        assert base.weighted.f1 is not None
        assert (base.weighted.low is not None) == (base.usual.low is not None) == known
        assert base.weighted.low_pool is not None
        assert (arm.runs["usual"].gap.rest.low is not None) == known
    assert "few: train and dev share documents" in render_tables(report)
    assert "many: train and dev share documents" not in render_tables(report)


def _answered(documents: int) -> list[dict[str, Any]]:
    """Answers to 100 of 120 texts, of so many documents; every third says there is no entity."""
    found = drawn([gold(i, doc=i % documents) for i in range(120)])[:100]
    for answer in found[::3]:
        answer["spans"] = []
    return found
