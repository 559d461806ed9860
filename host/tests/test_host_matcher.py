"""Questions from patterns, and their scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import spacy

from recipe_host.batches import combine_models
from recipe_host.errors import RecipeError, SourceError
from recipe_host.hashing import set_hashes
from recipe_host.matcher import PatternMatcher

PATTERNS = [
    {"label": "ORG", "pattern": "Acme Labs"},
    {"label": "ORG", "pattern": [{"lower": "acme"}], "id": "acme"},
    {"label": "PLACE", "pattern": [{"lower": "oslo"}]},
]
TEXT = "ACME met Acme Labs in Oslo."


def matcher(patterns: list[dict[str, Any]] = PATTERNS, **options: Any) -> PatternMatcher:
    made = PatternMatcher(spacy.blank("en"), **options)
    made.add_patterns(patterns)
    return made


def ask(made: PatternMatcher, *texts: str) -> list[dict[str, Any]]:
    return [task for _, task in made({"text": text} for text in texts)]


def found(task: dict[str, Any]) -> list[tuple[str, str]]:
    return [(span["text"], span["label"]) for span in task["spans"]]


def test_each_match_is_a_question_of_its_own_in_the_order_of_the_text() -> None:
    before = set_hashes({"text": TEXT, "meta": {"doc": "d1"}, "spans": [{"start": 0}]})
    asked = list(matcher()([before]))
    assert [found(task) for _, task in asked] == [
        [("ACME", "ORG")],
        [("Acme", "ORG")],
        [("Acme Labs", "ORG")],
        [("Oslo", "PLACE")],
    ]
    assert [task["meta"]["pattern"] for _, task in asked] == ["acme", "acme", "0", "2"]
    assert {score for score, _ in asked} == {0.5}
    assert {task["meta"]["doc"] for _, task in asked} == {"d1"}
    assert {task["_input_hash"] for _, task in asked} == {before["_input_hash"]}
    assert len({task["_task_hash"] for _, task in asked}) == 4
    for _, task in asked:
        (span,) = task["spans"]
        assert task["tokens"][span["token_start"]]["start"] == span["start"]
        assert task["tokens"][span["token_end"]]["end"] == span["end"]


def test_all_matches_can_be_one_question_without_overlaps() -> None:
    made = matcher(combine_matches=True, all_examples=True)
    first, second = ask(made, TEXT, "Nobody.")
    assert found(first) == [("ACME", "ORG"), ("Acme Labs", "ORG"), ("Oslo", "PLACE")]
    assert first["meta"]["pattern"] == "acme, 0, 2"
    assert second == {"text": "Nobody."}
    assert len(ask(matcher(combine_matches=True), TEXT, "Nobody.")) == 1


def test_matches_stand_beside_the_spans_that_a_task_has() -> None:
    own = {"start": 14, "end": 18, "label": "X", "text": "Labs"}
    ((_, task),) = matcher(combine_matches=True)([{"text": TEXT, "spans": [own]}])
    assert found(task) == [("ACME", "ORG"), ("Acme", "ORG"), ("Labs", "X"), ("Oslo", "PLACE")]


def test_labels_go_to_the_span_or_to_the_task_or_to_both() -> None:
    (task,) = ask(matcher(label_span=False, label_task=True), "In Oslo.")
    assert (found(task), task["label"]) == ([("Oslo", "")], "PLACE")
    (task,) = ask(matcher(label_task=True), "In Oslo.")
    assert (found(task), task["label"]) == ([("Oslo", "PLACE")], "PLACE")


def test_only_wanted_labels_are_matched() -> None:
    made = matcher(filter_labels=["PLACE"])
    assert [found(task) for task in ask(made, TEXT)] == [[("Oslo", "PLACE")]]
    assert made.labels == ["PLACE"]
    assert matcher().labels == ["ORG", "PLACE"]


def test_answers_change_the_score_of_their_pattern_only() -> None:
    made = matcher(prior_correct=1.0, prior_incorrect=1.0)
    acme, other = ask(made, "acme in Oslo")
    answers = [{**acme, "answer": answer} for answer in ("reject", "reject", "accept", "ignore")]
    assert made.update([*answers, {"text": "no spans", "answer": "accept"}]) == 0.0
    scores = {task["meta"]["pattern"]: score for score, task in made([{"text": "acme in Oslo"}])}
    assert scores == {"acme": 2 / 5, "2": 1 / 2}
    # answers from a dataset: read back from JSON
    made.update([json.loads(json.dumps({**other, "answer": "accept"}))])
    assert [score for score, _ in made([{"text": "Oslo"}])] == [2 / 3]


def test_a_spans_own_answer_counts_before_the_tasks() -> None:
    made = matcher(combine_matches=True, prior_correct=1.0, prior_incorrect=1.0)
    (task,) = ask(made, "acme in Oslo")
    task["spans"][0]["answer"] = "reject"
    made.update([{**task, "answer": "accept"}])
    (again,) = ask(made, "acme in Oslo")
    assert [span["score"] for span in again["spans"]] == [1 / 3, 2 / 3]


def test_patterns_may_ask_for_what_components_predict() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("attribute_ruler").add([[{"lower": "runs"}]], {"POS": "VERB"})  # type: ignore[attr-defined]
    made = PatternMatcher(nlp)
    made.add_patterns([{"label": "ACT", "pattern": [{"POS": "VERB"}]}])
    assert [found(task) for task in ask(made, "She runs.")] == [[("runs", "ACT")]]


def test_patterns_come_from_a_file() -> None:
    Path("p.jsonl").write_text("".join(json.dumps(pattern) + "\n" for pattern in PATTERNS))
    made = PatternMatcher(spacy.blank("en")).from_disk("p.jsonl")
    assert len(ask(made, TEXT)) == 4


def test_keys_that_tell_questions_apart_can_be_chosen() -> None:
    asked = ask(matcher(label_task=True, task_hash_keys=["label"]), TEXT)
    assert (
        len({task["_task_hash"] for task in asked}) == len({task["label"] for task in asked}) == 2
    )


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({"label": "X"}, "pattern 2 of 'p.jsonl' is {'label': 'X'}; it needs a 'label', and a"),
        ({"label": 3, "pattern": "a"}, "it needs a 'label'"),
        ({"label": "X", "pattern": []}, "it needs a 'label'"),
        ({"label": "X", "pattern": [{"lower": 5}]}, "pattern 2 of 'p.jsonl' is not usable"),
        ({"label": "X", "pattern": ["a"]}, "pattern 2 of 'p.jsonl' is not usable"),
    ],
)
def test_a_record_that_is_no_pattern_is_named(record: dict[str, Any], said: str) -> None:
    lines = [json.dumps(PATTERNS[0]), json.dumps(record)]
    Path("p.jsonl").write_text("\n".join(lines))
    with pytest.raises(SourceError) as refused:
        PatternMatcher(spacy.blank("en")).from_disk("p.jsonl")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_meta_that_is_no_object_is_named() -> None:
    with pytest.raises(RecipeError, match="'meta' 'news'; it must be an object"):
        list(matcher()([{"text": TEXT, "meta": "news"}]))


def test_two_models_take_turns_and_both_learn() -> None:
    class Words:
        def __init__(self, loss: float | None) -> None:
            self.loss, self.seen = loss, 0

        def __call__(self, stream: Any) -> Any:
            for task in stream:
                for word in task["text"].split():
                    yield 0.5, {**task, "word": word, "by": self.loss}

        def update(self, answers: list[dict[str, Any]]) -> float | None:
            self.seen += len(answers)
            return self.loss

    one, two = Words(0.25), Words(None)
    predict, update = combine_models(one, two, batch_size=1)
    read = []
    stream = ({"text": text} for text in ("a b", "c") if read.append(text) is None)  # type: ignore[func-returns-value]
    scored = iter(predict(stream))
    assert next(scored)[1]["word"] == "a"
    assert read == ["a b"]
    rest = [(task["word"], task["by"]) for _, task in scored]
    assert rest == [("a", None), ("b", 0.25), ("b", None), ("c", 0.25), ("c", None)]
    assert update([{}, {}]) == 0.25
    assert (one.seen, two.seen) == (2, 2)
