"""A model that is not shown to be better than its base on weighted dev answers is marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import spacy
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.testset import TestSet, read_test
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.paired import side_difference
from prodigy_al.evaluation.planning import Size
from prodigy_al.report.build import build_report
from prodigy_al.report.parts import Guard
from prodigy_al.report.tables import render_tables
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors
from prodigy_al.training.answers import Answer

NLP = spacy.blank("en")
RANDOM = SamplingDesign("random", "segment", explore=1.0)
RANKED = SamplingDesign("ranked", "segment", explore=0.3)
STRICT = SamplingDesign("ranked-strict", "segment", explore=0.3, strict=True)
TEACH = SamplingDesign("teach", "candidate", block_size=100, rate=0.2)
RIGHT, WRONG = (0, 1, "ORG"), (2, 3, "ORG")
Spans = set[tuple[int, int, str]]
DIGITS = str.maketrans("0123456789", "abcdefghij")
LETTERS = str.maketrans("abcdefghij", "0123456789")


def text(number: int) -> str:
    """Spell the number in letters: texts that differ in digits alone are near-duplicates."""
    return f"Elkor bought Brint at the market fair of {str(number).translate(DIGITS)}"


def number(words: str) -> int:
    return int(words.split()[-1].translate(LETTERS))


def is_hard(number: int) -> bool:
    """One text in ten is hard for the base, knows so, and is asked about first."""
    return number % 10 == 0


def finds(*digits: int) -> Callable[[Answer], Spans]:
    """Predict the gold span in texts whose number ends in one of these, a wrong one elsewhere."""
    return lambda item: {RIGHT if number(item.words[-1]) % 10 in digits else WRONG}


by_base = finds(1, 2, 3, 4, 6, 7, 8)
# has learnt what was asked about, and lost the rest
by_narrow = finds(0, 1, 6, 7, 8)
by_better = finds(0, 1, 2, 3, 4, 5, 6, 7, 8)
by_slightly_better = finds(1, 2, 3, 4, 5, 7, 8, 9)
by_as_good = finds(0, 2, 3, 4, 6, 7, 8)


def record(number: int, per_document: int = 5) -> dict[str, Any]:
    spans = [{"start": 0, "end": 5, "label": "ORG"}]
    return {"text": text(number), "spans": spans, "meta": {"doc": number // per_document}}


def score(segments: Any) -> Any:
    for segment in segments:
        hard = is_hard(number(segment.record["text"]))
        span = Candidate(0, 5, "ORG", 0.5 if hard else 0.01, greedy=True)
        yield Scored(0.25 if hard else 0.01, (span,))


def drawn(
    design: SamplingDesign, answers: int, name: str = "", *, pool: int = 2400, **options: int
) -> Arm:
    """Answer the first questions of a design from gold and read them as a dataset."""
    numbered = [(i, record(i, **options)) for i in range(pool)]
    frame = build_frame(
        [(i, set_hashes({"text": one["text"]})["_input_hash"], one) for i, one in numbered],
        dev_share=0.25,
        fold_salt="salt",
    )
    header = Header(
        model={"sha256": "m"},
        scorer={"labels": ["ORG"]},
        source={"name": "news.jsonl", "sha256": "s"},
        segmentation="tokens",
    )
    design = replace(design, fold_salt="salt")
    draws = draw_questions(frame, design, score, acquisition=expected_errors)
    stored = []
    for task in islice(make_tasks(draws, design, header, set_hashes), answers):
        view = "ner" if design.unit == "candidate" else "ner_manual"
        spans = task["spans"] if design.unit == "candidate" else record(0)["spans"]
        stored.append({**task, "answer": "accept", "spans": spans, "_view_id": view})
    stored = json.loads(json.dumps(stored))
    return read_arm(name or design.strategy, stored, ["ORG"], tokenizer=NLP.make_doc)


@pytest.fixture(scope="module")
def test_set() -> TestSet:
    records = [(10_000 + i, record(10_000 + i)) for i in range(400)]
    return read_test("test", records, ["ORG"], tokenizer=NLP.make_doc)


@pytest.fixture(scope="module")
def ranked() -> Arm:
    return drawn(RANKED, 600)


@pytest.fixture
def compared(plan: Any, predicted: Any, test_set: TestSet) -> Callable[..., Measurements]:
    """Measure models that predict as told: (arms, **what predicts, by dataset)."""

    def make(arms: list[Arm], *, test: TestSet = test_set, **models: Any) -> Measurements:
        found: Measurements = predicted(plan(arms, test=test), by_base, **models)
        return found

    return make


def guard(measured: Measurements, dataset: str) -> Guard:
    found = build_report(measured).arms[dataset].runs["usual"].guard
    assert found is not None
    return found


def test_worse_by_weights_is_marked_where_the_unweighted_dev_rises(compared: Any, ranked: Arm):
    measured = compared([ranked], ranked=by_narrow)
    model = Model("ranked", "usual")
    plain = side_difference(*(measured.side(Row(one, "usual", "ranked")) for one in (model, BASE)))
    assert not isinstance(plain, Unavailable)
    assert plain.low > 0
    found = guard(measured, "ranked")
    assert (found.outcome, found.on, found.answers) == ("worse", "ranked", len(ranked.dev))
    assert measured.difference(model, BASE).found.high < 0  # and test agrees
    assert found.said.startswith(f"ranked: worse than the base on {len(ranked.dev)} dev answers, -")
    assert found.said.endswith("]: do not ship.")


def test_what_is_better_is_not_spoken_of(compared: Any, ranked: Arm):
    measured = compared([ranked], ranked=by_better)
    found = guard(measured, "ranked")
    assert (found.outcome, found.needed, found.said) == ("better", None, "")
    assert "ship" not in render_tables(build_report(measured))


def test_what_is_not_shown_is_told_what_would_show_it_and_then_it_is(compared: Any):
    few, many = drawn(RANDOM, 160), drawn(RANDOM, 2000)
    found = guard(compared([few], random=by_slightly_better), "random")
    assert found.outcome == "not-shown"
    assert isinstance(found.needed, Size)
    assert found.needed.now == len(few.dev) < found.needed.needed <= len(many.dev)
    more = found.needed.needed - len(few.dev)
    answers = more * 160 / len(few.dev)
    assert (
        f"about {more} more dev answers would show it: {ceil(answers)} more answers" in found.said
    )
    assert found.said.startswith("random: not shown to be better than its base on ")
    assert found.said.endswith(" in random (al.random, as it was begun).")
    assert guard(compared([many], random=by_slightly_better), "random").outcome == "better"


def test_a_change_that_the_dev_fold_cannot_show_takes_another_source(compared: Any):
    found = guard(compared([drawn(RANDOM, 200, pool=400)], random=by_as_good), "random")
    assert found.outcome == "not-shown"
    assert isinstance(found.needed, Unavailable)
    assert found.said.endswith("take a larger source; a larger test set may tell.")


def test_single_spans_are_judged_on_whole_segments_of_their_dev_fold(compared: Any):
    arms = [drawn(TEACH, 200), drawn(RANDOM, 600)]
    found = guard(compared(arms, teach=by_narrow, random=by_better), "teach")
    assert (found.outcome, found.on) == ("worse", "random")
    assert f"on {len(arms[1].dev)} dev answers of random, " in found.said
    undecided = guard(compared(arms, teach=by_as_good, random=by_better), "teach")
    assert undecided.outcome == "not-shown"


UNKNOWN = {
    "draws them from news.jsonl with --fold-salt salt.": lambda: drawn(TEACH, 200, "arm"),
    "; draw answers without --strict.": lambda: drawn(STRICT, 100, "arm"),
    "; name their source with --pool.": lambda: replace(drawn(RANDOM, 100, "arm"), records={}),
    "; draw from a source of more, named by --group-by.": lambda: drawn(
        RANDOM, 100, "arm", per_document=1000
    ),
    "; go on in arm (al.random, as it was begun).": lambda: drawn(RANDOM, 12, "arm"),
}


@pytest.mark.parametrize("remedy", UNKNOWN)
def test_where_nothing_is_known_the_reason_and_a_remedy_are_said(compared: Any, remedy: str):
    measured = compared([UNKNOWN[remedy]()], arm=by_narrow)
    found = guard(measured, "arm")
    assert (found.outcome, found.needed) == ("unknown", None)
    assert found.said.startswith("arm: not known to be better than its base: ")
    assert found.said.endswith(remedy)
    assert "Do not ship" not in render_tables(build_report(measured))


def test_test_is_not_looked_at(compared: Any, ranked: Arm):
    """On another test set all models fail, and nothing of it is said."""
    elsewhere = [{"start": 6, "end": 12, "label": "ORG"}]
    records = [(20_000 + i, {**record(20_000 + i), "spans": elsewhere}) for i in range(50)]
    other = read_test("other", records, ["ORG"], tokenizer=NLP.make_doc)
    for predict in (by_narrow, by_better, by_as_good):
        found = guard(compared([ranked], ranked=predict), "ranked")
        assert guard(compared([ranked], ranked=predict, test=other), "ranked") == found


def test_a_mark_stands_below_the_answer_and_those_of_other_policies_below_their_dev(untrained: Any):
    report = untrained(drawn(RANKED, 200), quality=0.7, policies=("usual", "robust"))
    said = {policy: run.guard.said for policy, run in report.arms["ranked"].runs.items()}
    assert all(sentence.startswith("ranked: not shown") for sentence in said.values())
    shown = render_tables(report)
    answer, _, tables = shown.partition("What was annotated")
    assert said["robust"] in answer
    assert said["usual"] not in answer
    usual, _, rest = tables.partition("F1 on test, training 'usual'")
    assert said["usual"] in usual
    assert "Do not ship: by the change of the weighted dev F1 alone" in rest


def test_the_recipes_mark_what_they_cannot_show(prodigy: Any, world: Path, tmp_path: Path):
    asked = ("-l", "ORG", "--budget", 100, "--arms", "teach,random")
    prodigy("al.simulate", world / "pool.jsonl", world / "base", "news", *asked)
    compare = ("al.compare", "news-*", world / "base", "-l", "ORG", "--workers", 1)
    quick = prodigy(*compare, "--quick")
    assert quick.returncode == 0, quick.stderr
    assert "better than its base" not in quick.stdout
    done = prodigy(*compare, "--test", world / "test.jsonl", "--seeds", 1, "--training", "usual",
                   "--full")  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "al-compare" / "report.json").read_text(encoding="utf8"))
    for arm in report["arms"].values():
        run = arm["runs"]["usual"]
        change, found = run["dev"]["vs_base"], run["guard"]
        assert found["on"] == "news-random-0"
        assert (found["outcome"] == "better") == (change["low"] is not None and change["low"] > 0)
        assert found["said"] in " ".join(done.stdout.split()) or found["outcome"] == "better"
