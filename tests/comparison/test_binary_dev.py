"""Binary dev answers cannot measure F1: whole segments of the same dev fold do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any
from zlib import crc32

import pytest
import spacy
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.estimates import WeightedScore, weighted_score
from prodigy_al.comparison.gap import usual_vs_weighted
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.testset import TestSet, read_test
from prodigy_al.comparison.whole_dev import NOT_F1, find_weighted_dev
from prodigy_al.diagnosis.selection_dev import judge_selection_dev
from prodigy_al.diagnosis.trained import TrainedArm
from prodigy_al.diagnosis.trained_ledger import judge_trained
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.inputs.frames import find_candidates, frame_sha256
from prodigy_al.report.build import build_report
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.tables import render_tables
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.training.answers import Answer

NLP = spacy.blank("en")
TEACH = SamplingDesign("teach", "candidate", block_size=100, rate=0.2)
RANDOM = SamplingDesign("random", "segment", explore=1.0)
# Each text has one candidate, of even odds; its gold is that span, another one, or both.
CANDIDATE, MISSED = (0, 1, "ORG"), (2, 3, "ORG")

DIGITS = str.maketrans("0123456789", "abcdefghij")
LETTERS = str.maketrans("abcdefghij", "0123456789")


def text(number: int) -> str:
    """Spell the number in letters: texts that differ in digits alone are near-duplicates."""
    return f"Elkor bought Brint at the market fair of {str(number).translate(DIGITS)}"


def gold(number: int) -> set[tuple[int, int, str]]:
    """Half of the candidates are entities, and so are half of the spans nobody can be asked."""
    chance = crc32(f"gold {number}".encode())
    return ({CANDIDATE} if chance % 2 else set()) | ({MISSED} if chance // 2 % 2 else set())


def by_base(item: Answer) -> set[tuple[int, int, str]]:
    """Predict every candidate: half of them wrong."""
    return {CANDIDATE}


def by_strayed(item: Answer) -> set[tuple[int, int, str]]:
    """Predict candidates nearly without an error, and with them four wrong spans of others."""
    number = int(item.words[-1].translate(LETTERS))
    right = CANDIDATE in gold(number) and crc32(f"model {number}".encode()) % 5 != 0
    wrong = {(at, at + 1, "ORG") for at in (1, 3, 4, 5)}
    return wrong | ({CANDIDATE} if right else set())


def record(number: int) -> dict[str, Any]:
    words = text(number).split()
    offsets = [text(number).index(word) for word in words]
    spans = [
        {"start": offsets[a], "end": offsets[b - 1] + len(words[b - 1]), "label": label}
        for a, b, label in sorted(gold(number))
    ]
    return {"text": text(number), "spans": spans, "meta": {"doc": number // 10}}


def score(segments: Any) -> Any:
    for _ in segments:
        yield Scored(0.25, (Candidate(0, 5, "ORG", 0.5, greedy=True),))


def is_unsure(words: str) -> bool:
    """Whether the model is unsure of a text: of one in two."""
    return int(words.split()[-1].translate(LETTERS)) % 2 == 0


def score_unevenly(segments: Any) -> Any:
    for segment in segments:
        p = 0.5 if is_unsure(segment.record["text"]) else 0.05
        yield Scored(round(p * (1 - p), 9), (Candidate(0, 5, "ORG", p, greedy=True),))


def drawn(
    design: SamplingDesign,
    answers: int,
    source: str = "s",
    salt: str = "salt",
    *,
    score: Callable[[Any], Any] = score,
) -> list[dict[str, Any]]:
    """Answers from gold to the first questions of a design, as a dataset holds them."""
    numbered = [(i, record(i)) for i in range(1200)]
    frame = build_frame(
        [(i, set_hashes({"text": one["text"]})["_input_hash"], one) for i, one in numbered],
        dev_share=0.25,
        fold_salt=salt,
    )
    header = Header(
        model={"sha256": "m"},
        scorer={"labels": ["ORG"]},
        source={"name": "news.jsonl", "sha256": source},
        segmentation="tokens",
    )
    design = replace(design, fold_salt=salt)
    draws = draw_questions(frame, design, score, acquisition=expected_errors)
    stored = []
    for task in islice(make_tasks(draws, design, header, set_hashes), answers):
        spans = record(int(task["text"].split()[-1].translate(LETTERS)))["spans"]
        if design.unit == "candidate":
            right = any(span["start"] == 0 for span in spans)
            task |= {"answer": "accept" if right else "reject", "_view_id": "ner"}
        else:
            task |= {"answer": "accept", "spans": spans, "_view_id": "ner_manual"}
        stored.append(json.loads(json.dumps(task)))
    return stored


def read(name: str, examples: list[dict[str, Any]]) -> Arm:
    return read_arm(name, examples, ["ORG"], tokenizer=NLP.make_doc)


@pytest.fixture(scope="module")
def teach() -> Arm:
    return read("teach", drawn(TEACH, 400))


@pytest.fixture(scope="module")
def random() -> Arm:
    return read("random", drawn(RANDOM, 400))


@pytest.fixture(scope="module")
def test_set() -> TestSet:
    records = [(10_000 + i, record(10_000 + i)) for i in range(400)]
    return read_test("test", records, ["ORG"], tokenizer=NLP.make_doc)


def candidates(*arms: Arm) -> dict[int, frozenset[Any]]:
    """Every text has the one candidate."""
    return {item.input_hash: frozenset({CANDIDATE}) for arm in arms for item in arm.dev.items}


@pytest.fixture
def strayed(plan: Any, predicted: Any, teach: Arm, random: Arm, test_set: TestSet) -> Measurements:
    """Compare a binary arm whose model left the candidates, beside its control."""
    asked = plan([teach, random], test=test_set, candidates={"teach": candidates(teach, random)})
    return predicted(asked, by_base, teach=by_strayed, random=by_base)


TUNED = Model("teach", "usual")


def f1(found: Any) -> float:
    assert isinstance(found, WeightedScore)
    assert found.found.f1.value is not None
    return found.found.f1.value


def test_a_model_that_left_the_candidates_rises_on_its_own_dev_while_test_falls(
    strayed: Measurements, teach: Arm
):
    """The number that was printed: weighted by 1/probability, and wrong all the same."""
    own = [
        f1(weighted_score(strayed._counts[Row(model, "weighted", "teach")], teach))
        for model in (BASE, TUNED)
    ]
    on_test = [strayed.score(Row(model, "test")).f1 for model in (BASE, TUNED)]
    assert own[1] > own[0] + 0.1
    assert on_test[1] < on_test[0] - 0.2


def test_its_weighted_f1_is_measured_on_the_controls_whole_segments(strayed: Measurements):
    report = build_report(strayed)
    before, after = report.base.dev["teach"], report.arms["teach"].runs["usual"].dev
    for dev, model in ((before, BASE), (after, TUNED)):
        assert isinstance(dev.weighted, WeightedMetric)
        assert dev.weighted.on == "random"
        on_test = strayed.score(Row(model, "test")).f1
        assert dev.weighted.f1 == pytest.approx(on_test, abs=0.05)
        assert dev.weighted.low <= on_test <= dev.weighted.high
    assert "on random's dev" in render_tables(report)


def test_what_the_usual_f1_leaves_out_is_not_said_to_be_selection(strayed: Measurements):
    """Usual and weighted F1 of whole segments are of the same answers, not of single spans."""
    shown = render_tables(build_report(strayed)).splitlines()
    (top,) = [i for i, line in enumerate(shown) if "F1 on dev as usual minus F1 on test" in line]
    header, _, teach, random = (" ".join(line.split()) for line in shown[top + 2 : top + 6])
    assert "usual - weighted made of weighted - test: the rest" in header
    assert "] selection, ignored, other texts " in teach
    assert " selection " in random


def test_what_single_spans_leave_out_is_the_form_of_dev_and_not_its_selection(
    strayed: Measurements, teach: Arm
):
    one = TrainedArm(teach, "usual", strayed)
    # that is what weighted F1 of whole segments would accuse it of
    assert usual_vs_weighted(TUNED, teach, strayed).found.low > 0.3
    found = judge_selection_dev(one)
    assert found.verdict != "supported"
    assert abs(found.number) < 0.05
    (partial,) = [one for one in judge_trained(one) if one.id == "partial-dev"]
    assert partial.verdict == "supported"


def test_single_spans_of_texts_that_a_model_does_well_on_are_its_selection(
    plan: Any, predicted: Any, random: Arm, test_set: TestSet
):
    uneven = read("teach", drawn(replace(TEACH, explore=0.1), 300, score=score_unevenly))
    asked_of = [is_unsure(" ".join(item.words)) for item in uneven.dev.items]
    assert 0.6 < sum(asked_of) / len(asked_of) < 0.98

    def well_on_unsure_ones(item: Answer) -> set[tuple[int, int, str]]:
        return {CANDIDATE} if is_unsure(" ".join(item.words)) else set()

    asked = plan([uneven, random], test=test_set, candidates={"teach": candidates(uneven, random)})
    measured = predicted(asked, by_base, teach=well_on_unsure_ones, random=by_base)
    found = judge_selection_dev(TrainedArm(uneven, "usual", measured))
    assert found.verdict == "supported"
    # it finds half of the accepted spans of an even draw: F1 2/3
    assert usual_f1(measured) - found.number == pytest.approx(2 / 3, abs=0.12)


def test_nothing_is_said_of_selection_where_single_spans_have_no_probabilities(
    plan: Any, predicted: Any, teach: Arm, random: Arm, test_set: TestSet
):
    """Whole segments of the same fold would take in what single spans leave out."""
    unknown = replace(teach, records={})
    measured = predicted(
        plan([unknown, random], test=test_set), by_base, teach=by_strayed, random=by_base
    )
    measured.weighted_dev["teach"] = random  # as if they were known to be of one fold
    found = judge_selection_dev(TrainedArm(unknown, "usual", measured))
    assert found.verdict == "not identifiable"
    assert found.number is None


def usual_f1(measured: Measurements) -> float:
    found = measured.score(Row(TUNED, "usual", "teach")).f1
    assert found is not None
    return found


def test_what_it_predicts_outside_is_said_and_what_is_inside_is_withheld(strayed: Measurements):
    report = build_report(strayed)
    before, after = report.base.dev["teach"], report.arms["teach"].runs["usual"].dev
    assert before.candidates.outside == 0
    assert before.candidates.n == report.arms["teach"].dev_answers
    assert before.candidates.precision.value == pytest.approx(0.5, abs=0.1)
    assert before.candidates.recall.value == 1
    assert isinstance(after.candidates, Unavailable)
    # 4 wrong spans per text, and the candidate in 2 of 5
    assert "91% of the model's predictions on the dev texts of random" in after.candidates.reason
    assert after.candidates.reason in render_tables(report)
    assert after.ignored.share == pytest.approx(4 / 4.4, abs=0.02)
    # a rejected span says nothing to spaCy's scorer, so the base seems without error
    rejected = sum(bool(item.rejected) for item in strayed.plan.arms[0].dev.items)
    assert before.ignored.share == pytest.approx(rejected / before.ignored.n)
    assert before.usual.f1 == 1
    assert f"{after.ignored.share:.0%}" in render_tables(report)


def test_texts_without_any_candidate_count_as_outside(
    plan: Any, predicted: Any, teach: Arm, random: Arm, test_set: TestSet
):
    """Nobody is asked about them, so that the binary dev texts alone would not show it."""
    asked = plan([teach, random], test=test_set, candidates={"teach": candidates(teach)})
    found = predicted(asked, by_base, teach=by_base, random=by_base)
    within = found.within_candidates(TUNED, teach)
    assert isinstance(within, Unavailable)
    assert "of the model's predictions on the dev texts of random" in within.reason


def test_the_change_of_the_weighted_f1_is_paired_and_agrees_with_test(strayed: Measurements):
    report = build_report(strayed)
    run, before = report.arms["teach"].runs["usual"], report.base.dev["teach"]
    found = run.dev.vs_base
    assert found.difference == pytest.approx(run.dev.weighted.f1 - before.weighted.f1)
    assert found.low <= run.vs_base.difference <= found.high < 0
    unpaired = run.dev.weighted.high - run.dev.weighted.low
    unpaired += before.weighted.high - before.weighted.low
    assert found.high - found.low < unpaired
    assert before.vs_base is None


def test_the_gap_of_dev_and_test_is_the_sum_of_its_parts(strayed: Measurements):
    """All of it is due to answers that leave out what was never asked, and none to the rest."""
    report = build_report(strayed)
    for arm in report.arms.values():
        run = arm.runs["usual"]
        whole = run.dev.usual.f1 - run.test.f1
        assert run.gap.selection.value + run.gap.rest.value == pytest.approx(whole)
        assert run.gap.rest.low <= 0 <= run.gap.rest.high
    binary, whole_segments = (report.arms[name].runs["usual"].gap for name in ("teach", "random"))
    assert binary.selection.low > 0.3
    # equal weights: the usual number is the weighted one, answer by answer
    assert whole_segments.selection.value == pytest.approx(0)
    assert "selection" in render_tables(report)


def test_without_whole_segments_there_is_no_f1_and_the_next_step_says_so(
    plan: Any, predicted: Any, teach: Arm, test_set: TestSet
):
    asked = plan([teach], test=test_set, candidates={"teach": candidates(teach)})
    report = build_report(predicted(asked, by_base, teach=by_base))
    dev = report.arms["teach"].runs["usual"].dev
    assert isinstance(dev.weighted, Unavailable)
    assert dev.weighted.reason.startswith(NOT_F1)
    assert dev.candidates.outside == 0  # its own texts tell that much
    assert dev.vs_base.difference is None
    assert vars(report.arms["teach"].runs["usual"].gap) == {"selection": None, "rest": None}
    assert {cell.kind for cell in report.matrix} == {"test", "usual"}
    assert "al.random draws them from news.jsonl" in dev.weighted.reason
    assert report.next == (
        "To measure F1 on the dev fold of teach, annotate random whole segments of its source and "
        "compare the two together: prodigy al.random random base news.jsonl --label ORG "
        "--fold-salt salt"
    )
    assert dev.weighted.reason in render_tables(report)


def test_no_cell_of_the_matrix_weighs_binary_answers(strayed: Measurements):
    report = build_report(strayed)
    assert {cell.set for cell in report.matrix if cell.kind == "weighted"} == {"random"}


@pytest.mark.parametrize("other", ["salt", "source"])
def test_whole_segments_of_another_fold_or_source_are_not_used(other: str, teach: Arm):
    elsewhere = read("random", drawn(RANDOM, 100, **{other: "other"}))
    assert isinstance(find_weighted_dev(teach, [teach, elsewhere]), Unavailable)


def test_what_cannot_measure_it_is_not_used(teach: Arm, random: Arm):
    trained_on = replace(random, dev=random.train, train=random.dev)
    strict = read("strict", drawn(replace(RANDOM, explore=0.3, strict=True), 100))
    foreign = replace(random, records={}, fold_salt=None)
    only_people = {
        key: replace(one, scorer={"labels": ["PERSON"]}) for key, one in random.records.items()
    }
    others = [trained_on, strict, foreign, replace(random, records=only_people)]
    for other in others:
        assert isinstance(find_weighted_dev(teach, [teach, other]), Unavailable)
    assert find_weighted_dev(teach, [teach, *others, random]) is random


def test_a_random_arm_goes_before_others_and_the_nearest_seed_before_that(teach: Arm, random: Arm):
    ranked = replace(random, dataset="ranked", strategy="ranked")
    far = replace(random, dataset="far", seed=7)
    assert find_weighted_dev(teach, [ranked, far, random]) is random
    assert find_weighted_dev(teach, [ranked, far]) is far
    assert find_weighted_dev(teach, [ranked]) is ranked
    assert find_weighted_dev(ranked, [teach, random, ranked]) is ranked


def test_candidates_are_those_of_the_model_they_were_drawn_from_or_none(teach: Arm, random: Arm):
    settings = {"temperature": 2.0, "floor": 0.02, "labels": ["ORG"]}
    scorer = {**settings, "frame_sha256": frame_sha256("m", settings), "blas": "numpy"}
    drawn_by = {key: replace(one, scorer=scorer) for key, one in teach.records.items()}
    arms = [replace(teach, records=drawn_by), random]
    (other,) = find_candidates(arms, NLP, {"name": "tuned", "sha256": "other"}).values()
    assert isinstance(other, Unavailable)
    assert "another model than tuned" in other.reason
    # a pipeline without a recogniser proposes nothing, but what was asked about is a candidate
    (found,) = find_candidates(arms, NLP, {"name": "blank", "sha256": "m"}).values()
    assert all(found[item.input_hash] == {CANDIDATE} for item in teach.dev.items)
    only_random = {item.input_hash for item in random.dev.items} - teach.hashes
    assert only_random
    assert all(found[key] == frozenset() for key in only_random)
