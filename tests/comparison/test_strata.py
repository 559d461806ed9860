"""Kinds of segments that an arm left out are found, and shown with what they cost on test."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest
import spacy
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.pool import PoolSource, PoolTexts
from prodigy_al.comparison.strata import Strata, find_strata
from prodigy_al.comparison.testset import TestSet, read_test
from prodigy_al.evaluation.estimators import Estimate, Unavailable
from prodigy_al.report import parts
from prodigy_al.report.build import build_report
from prodigy_al.report.files import to_json
from prodigy_al.report.schema import Report
from prodigy_al.report.tables import render_tables
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Segment, build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.training.answers import Answer

NLP = spacy.blank("en")
RANDOM = SamplingDesign("random", "segment", explore=1.0)
RANKED = SamplingDesign("ranked", "segment", explore=0.3)
STRICT = SamplingDesign("ranked-strict", "segment", strict=True)
DIGITS = str.maketrans("0123456789", "abcdefghij")
TABLES = "short table"
WORDS = "short segments with capitals or digits, such as tables"
SPAN = (0, 1, "ORG")
Find = Callable[[Answer], set[tuple[int, int, str]]]
Measured = Callable[..., Any]


def record(number: int) -> dict[str, Any]:
    """Make a line of results in every third document of five, else a sentence of 9 to 15 words."""
    document = number // 5
    letters = str(number).translate(DIGITS)
    text = f"Elkor bought Brint at the market fair of {letters}" + " again" * (number % 7)
    if document % 3 == 0:
        text = f"LEEDS {number} PERTH"
    spans = [{"start": 0, "end": 5, "label": "ORG"}]
    return {"text": text, "spans": spans, "meta": {"doc": document}}


POOL = [record(i) for i in range(1800)]


def is_table(text: str) -> bool:
    return text.startswith("LEEDS")


def hardly_in_tables(segments: Sequence[Segment]) -> Iterator[Scored]:
    for segment in segments:
        p = 0.005 if is_table(segment.record["text"]) else 0.5 - len(segment.record["text"]) / 400
        yield Scored(round(p * (1 - p), 9), (Candidate(0, 5, "ORG", p, greedy=False),))


def drawn(design: SamplingDesign, answers: int = 400, *, pool: Sequence[Any] = POOL) -> Arm:
    """Answer the first questions of a design from gold and read them as a dataset."""
    inputs = ((i, set_hashes({"text": r["text"]})["_input_hash"], r) for i, r in enumerate(pool))
    frame = build_frame(inputs, dev_share=0.25, fold_salt="salt")
    header = Header({"sha256": "m"}, {"labels": ["ORG"]}, {"name": "news", "sha256": "s"}, "whole")
    design = replace(design, fold_salt="salt")
    draws = draw_questions(frame, design, hardly_in_tables, acquisition=expected_errors)
    tasks = islice(make_tasks(draws, design, header, set_hashes), answers)
    spans = record(0)["spans"]
    stored = [{**t, "answer": "accept", "spans": spans, "_view_id": "ner_manual"} for t in tasks]
    name = design.strategy.replace("-", "_")
    return read_arm(name, json.loads(json.dumps(stored)), ["ORG"], tokenizer=NLP.make_doc)


def as_test_set(records: Sequence[dict[str, Any]]) -> TestSet:
    numbered = [(10_000_000 + i, one) for i, one in enumerate(records)]
    return read_test("test", numbered, ["ORG"], tokenizer=NLP.make_doc)


def finds(*, tables: bool, sentences: bool = True) -> Find:
    """Predict the gold span in either kind of text, and a wrong one in a tenth of the sentences."""

    def predict(item: Answer) -> set[tuple[int, int, str]]:
        if item.words[0] == "LEEDS":
            return {SPAN} if tables else set()
        return {SPAN if sentences and item.words[8][-1] != "a" else (2, 3, "ORG")}

    return predict


@pytest.fixture(scope="module")
def random() -> Arm:
    return drawn(RANDOM)


@pytest.fixture(scope="module")
def strict() -> Arm:
    return drawn(STRICT)


@pytest.fixture
def reported(plan: Any, predicted: Measured, random: Arm, strict: Arm) -> Callable[..., Report]:
    """Report on a strict arm that learned nothing of tables and on its control: (**fields)."""

    def report(
        test: Sequence[Any] = tuple(map(record, range(9000, 9600))), **fields: Any
    ) -> Report:
        asked = plan([strict, random], test=as_test_set(test), **fields)
        models = {"ranked_strict": finds(tables=False), "random": finds(tables=True)}
        measured = predicted(asked, finds(tables=False, sentences=False), **models)
        return build_report(measured)

    return report


def source_of(records: Sequence[dict[str, Any]]) -> PoolSource:
    texts = tuple(one["text"] for one in records)
    return PoolSource({"source": "news"}, PoolTexts(("ORG",), ()), segments=texts)


def test_a_strict_order_misses_the_kind_that_the_model_is_blind_to_and_random_none(
    reported: Callable[..., Report], random: Arm, strict: Arm
):
    found = reported().strata
    assert isinstance(found, parts.Strata)
    tables = found.kinds[TABLES].answers
    assert tables["ranked_strict"] == parts.StratumAnswers(
        train=0, dev=0, train_share=0.0, missed=True
    )
    assert not any(kind.answers["random"].missed for kind in found.kinds.values())
    assert tables["random"].train == sum(one.words[0] == "LEEDS" for one in random.train.items)
    for arm in (random, strict):
        own = [kind.answers[arm.dataset] for kind in found.kinds.values()]
        assert sum(one.train for one in own) == len(arm.train)
        assert sum(one.dev for one in own) == len(arm.dev)
        assert sum(one.train_share for one in own) == pytest.approx(1)


def test_random_answers_estimate_what_the_pool_tells_exactly(
    reported: Callable[..., Report], random: Arm
):
    alone, told = (reported(**fields).strata for fields in ({}, {"pool": source_of(POOL)}))
    assert (alone.by, alone.n) == ("random", 400)
    assert (told.by, told.n) == (None, 1800)
    share = told.kinds[TABLES].share
    assert share == parts.Interval(value=1 / 3, low=1 / 3, high=1 / 3)
    estimated = alone.kinds[TABLES].share
    assert estimated.low < 1 / 3 < estimated.high
    assert estimated.value != 1 / 3
    assert (told.dev_of, told.dev_answers) == ("random", len(random.dev))


def test_weights_tell_the_shares_where_there_is_no_random_arm():
    values, covered, plain = [], [], []
    for seed in range(12):
        arm = drawn(replace(RANKED, seed=seed))
        found = find_strata([arm], None)
        assert isinstance(found, Strata)
        assert found.by is arm
        share = found.shares[TABLES]
        values.append(share.value)
        assert isinstance(share.interval, Estimate)
        covered.append(share.interval.low < 1 / 3 < share.interval.high)
        counts = Counter(found.sort([*arm.train.items, *arm.dev.items]))
        plain.append(counts[TABLES] / counts.total())
    assert abs(np.mean(values) - 1 / 3) < 3 * np.std(values, ddof=1) / len(values) ** 0.5
    assert sum(covered) >= 9
    assert np.mean(plain) < 0.25  # so does who counts answers that were not drawn alike


def test_the_share_of_spans_and_of_the_errors_of_the_base_is_estimated_from_dev(
    reported: Callable[..., Report],
):
    tables = reported().strata.kinds[TABLES]
    assert tables.spans.low < 1 / 3 < tables.spans.high
    # one error in a table, and in a sentence one span missed and one made up
    assert tables.errors.low < 1 / 5 < tables.errors.high
    assert tables.errors.value < tables.spans.value


def test_every_model_stands_beside_the_others_on_the_test_segments_of_a_kind(
    reported: Callable[..., Report],
):
    found = reported().strata
    tables = found.kinds[TABLES].test
    assert (tables.segments, tables.gold_spans) == (200, 200)
    assert sum(kind.test.segments for kind in found.kinds.values()) == 600
    recalls = {name: by["usual"].recall.value for name, by in tables.arms.items()}
    assert recalls == {"ranked_strict": 0, "random": 1}
    sentences = found.kinds["long text"].test.arms["ranked_strict"]["usual"]
    assert 0.8 < sentences.recall.low < sentences.recall.value < sentences.recall.high < 1
    assert sentences.f1.value == sentences.recall.value  # as many found as there are


def test_an_arm_below_its_control_is_said_to_have_missed_a_kind(reported: Callable[..., Report]):
    report = reported(pool=source_of(POOL))
    said = (
        f"ranked_strict: no training answer is about {WORDS} (33% of the pool), where recall on "
        "test is .000, and 1.000 with random (n = 200 gold spans)."
    )
    assert said in report.strata.said
    text = render_tables(report)
    assert said in text
    row = next(line for line in text.splitlines() if line.startswith("ranked_strict   short table"))
    assert row.split()[3] == "33%"
    assert row.split()[-7:] == ["0", "(0%)", ".000", "->", ".000", "1.000", "200"]
    assert "Kinds, told by 1,800 segments of the pool: short is at most 3 tokens" in text
    json.dumps(to_json(report), allow_nan=False)


def test_an_arm_that_is_not_below_its_control_is_not_blamed(
    plan: Any, predicted: Measured, random: Arm, strict: Arm
):
    asked = plan([strict, random], test=as_test_set([record(i) for i in range(9000, 9600)]))
    same = finds(tables=True)
    measured = predicted(asked, same, ranked_strict=same, random=same)
    report = build_report(measured)
    assert report.strata.kinds[TABLES].answers["ranked_strict"].missed
    assert report.strata.said == []


def test_a_test_set_without_a_kind_says_nothing_of_it(reported: Callable[..., Report]):
    sentences = [one for one in map(record, range(9000, 9600)) if not is_table(one["text"])]
    report = reported(test=sentences)
    assert report.strata.kinds[TABLES].test == Unavailable(
        "the test set holds no segment of this kind"
    )
    assert "ranked_strict   short table" in render_tables(report)


def test_without_any_training_answers_are_counted_and_nobody_is_blamed(
    reported: Callable[..., Report], plan: Any, predicted: Measured, random: Arm, strict: Arm
):
    asked = plan(
        [strict, random], policies=(), test=as_test_set([record(i) for i in range(9000, 9100)])
    )
    report = build_report(predicted(asked, finds(tables=False)))
    assert report.strata.said == []
    assert report.strata.kinds[TABLES].test.arms == {"ranked_strict": {}, "random": {}}
    assert "recall on test: base" in render_tables(report)
    assert "->" not in render_tables(report)


@pytest.mark.parametrize(
    ("arms", "pool", "reason"),
    [
        ((STRICT,), None, "kinds of segments are told by the pool (--pool), or by at least 20"),
        ((RANDOM,), POOL[:19], "the pool has 19 segments; kinds need at least 20"),
    ],
)
def test_where_nothing_tells_the_kinds_the_reason_stands(
    plan: Any, predicted: Measured, arms: Any, pool: Any, reason: str
):
    read = [drawn(design, 100) for design in arms]
    asked = plan(read, policies=(), test=as_test_set(POOL[:50]), pool=pool and source_of(pool))
    report = build_report(predicted(asked, finds(tables=True)))
    assert isinstance(report.strata, Unavailable)
    assert report.strata.reason.startswith(reason)
    assert "Kinds" not in render_tables(report)


def test_a_few_answers_tell_no_kinds_and_twenty_do():
    few, enough = (drawn(RANDOM, answers) for answers in (19, 20))
    assert isinstance(find_strata([few], None), Unavailable)
    assert isinstance(find_strata([enough], None), Strata)


def test_an_arm_of_another_source_is_not_held_against_this_pool(random: Arm, strict: Arm):
    found = find_strata([strict, random], None)
    assert isinstance(found, Strata)
    assert TABLES in found.missed(strict, strict.train.items)
    moved = {
        key: replace(one, source={"name": "other", "sha256": "t"})
        for key, one in strict.records.items()
    }
    for other in (replace(strict, records=moved), replace(strict, records={})):
        assert not list(found.missed(other, strict.train.items))


def test_a_pool_of_one_kind_has_that_one_and_nobody_misses_it():
    alike = [
        {**record(5), "text": f"Elkor {str(i).translate(DIGITS)}", "meta": {"doc": i // 5}}
        for i in range(300)
    ]
    arm = drawn(STRICT, 60, pool=alike)
    found = find_strata([arm], source_of(alike))
    assert isinstance(found, Strata)
    assert list(found.shares) == ["short text"]
    assert not list(found.missed(arm, arm.train.items))
