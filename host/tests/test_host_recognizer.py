"""The model in the loop for entities: its questions, their scores, what it learns."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import spacy
from spacy.language import Language

from recipe_host.errors import RecipeError
from recipe_host.hashing import set_hashes
from recipe_host.recognizer import EntityRecognizer

TEXT = "Ann works at Acme now."


def scores(model: EntityRecognizer, text: str = TEXT) -> dict[tuple[str, str], float]:
    asked = model([{"text": text}])
    return {(task["spans"][0]["text"], task["spans"][0]["label"]): score for score, task in asked}


def learn(model: EntityRecognizer, *answers: dict[str, Any], times: int = 20) -> list[float]:
    return [model.update(list(answers)) for _ in range(times)]


def answer(text: str, start: int, end: int, label: str, answer: str) -> dict[str, Any]:
    span = {"start": start, "end": end, "label": label}
    return set_hashes({"text": text, "spans": [span], "answer": answer})


def test_each_span_is_a_question_of_its_own_best_first(nlp: Language) -> None:
    task = set_hashes({"text": TEXT, "meta": {"doc": "d1"}, "spans": [{"start": 0}], "own": 1})
    asked = list(EntityRecognizer(nlp)([task]))
    assert all(len(one["spans"]) == 1 for _, one in asked)
    assert len({one["_task_hash"] for _, one in asked}) == len(asked) > 2
    assert {one["_input_hash"] for _, one in asked} == {task["_input_hash"]}
    assert [score for score, _ in asked] == sorted((score for score, _ in asked), reverse=True)
    for rank, (score, one) in enumerate(asked):
        (span,) = one["spans"]
        assert 0 < score <= 1
        assert (span["score"], span["rank"], span["source"]) == (score, rank, "en_pipeline")
        assert one["text"][span["start"] : span["end"]] == span["text"]
        first, last = one["tokens"][span["token_start"]], one["tokens"][span["token_end"]]
        assert (first["start"], last["end"]) == (span["start"], span["end"])
        assert one["meta"] == {"doc": "d1", "score": score}
        assert one["own"] == 1
    assert task["spans"] == [{"start": 0}]


def test_scores_are_shares_of_the_parses(nlp: Language) -> None:
    found = scores(EntityRecognizer(nlp))
    assert found["Acme", "ORG"] > 0.5 < found["Ann", "PERSON"]
    # no parse gives one token two labels
    assert sum(score for (text, _), score in found.items() if text == "Acme") <= 1 + 1e-6


def test_only_wanted_labels_are_asked(nlp: Language) -> None:
    found = scores(EntityRecognizer(nlp, ["ORG"]))
    assert {label for _, label in found} == {"ORG"}


def test_texts_without_words_ask_nothing_and_lose_no_other(nlp: Language) -> None:
    stream = [{"text": ""}, {"text": TEXT}, {"text": "  "}, {"text": ""}]
    asked = [task["text"] for _, task in EntityRecognizer(nlp)(stream)]
    assert set(asked) - {"  "} == {TEXT}
    assert list(EntityRecognizer(nlp)([{"text": ""}])) == []


def test_a_tasks_own_tokens_are_those_of_the_spans(nlp: Language) -> None:
    words = ["Ann", "works", "at", "Ac", "me", "now."]
    ends = [3, 9, 12, 15, 17, 22]
    tokens = [
        {"text": word, "start": end - len(word), "end": end, "id": place, "style": {}}
        for place, (word, end) in enumerate(zip(words, ends, strict=True))
    ]
    asked = [task for _, task in EntityRecognizer(nlp)([{"text": TEXT, "tokens": tokens}])]
    assert all(task["tokens"] == tokens for task in asked)
    borders = {(token["start"], token["end"]) for token in tokens}
    singles = [s for t in asked for s in t["spans"] if s["token_start"] == s["token_end"]]
    assert {(span["start"], span["end"]) for span in singles} <= borders


@pytest.mark.parametrize(("decision", "learns"), [("reject", True), ("ignore", False)])
def test_a_rejected_span_becomes_less_likely(nlp: Language, decision: str, learns: bool) -> None:
    model = EntityRecognizer(nlp)
    before = scores(model)["Acme", "ORG"]
    losses = learn(model, answer(TEXT, 13, 17, "ORG", decision))
    after = scores(model).get(("Acme", "ORG"), 0.0)
    assert (max(losses) > 0) == learns
    assert (after < before - 0.2) if learns else (after == before)


def test_an_accepted_span_becomes_more_likely_and_says_nothing_of_other_tokens(
    nlp: Language,
) -> None:
    model = EntityRecognizer(nlp)
    before = scores(model)
    learn(model, answer(TEXT, 4, 9, "ORG", "accept"))
    after = scores(model)
    assert after["works", "ORG"] > before.get(("works", "ORG"), 0.0) + 0.2
    assert after["Acme", "ORG"] > 0.5


def test_answers_about_one_text_are_learned_together_the_latest_of_a_span(nlp: Language) -> None:
    model = EntityRecognizer(nlp)
    batch = [
        answer(TEXT, 4, 9, "ORG", "reject"),
        answer(TEXT, 13, 17, "ORG", "reject"),
        answer(TEXT, 4, 9, "ORG", "accept"),
        answer(TEXT, 4, 12, "ORG", "reject"),
    ]
    learn(model, *batch)
    found = scores(model)
    assert found["works", "ORG"] > 0.5 > found.get(("Acme", "ORG"), 0.0)


def test_a_new_label_is_asked_about_once_one_was_accepted(nlp: Language) -> None:
    model = EntityRecognizer(nlp, ["DRINK"])
    assert scores(model, "Ann drinks tea.") == {}
    assert model.update([answer("Ann drinks tea.", 0, 3, "DRINK", "reject")]) == 0
    learn(model, answer("Ann drinks tea.", 11, 14, "DRINK", "accept"), times=40)
    assert scores(model, "Ann drinks tea.")["tea", "DRINK"] > 0.5


class Lost:
    """A parser whose beam keeps no parse of one text that its answers allow."""

    def __init__(self, ner: Any, text: str) -> None:
        self._ner, self._text = ner, text

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ner, name)

    def update_beam(self, examples: list[Any], **options: Any) -> Any:
        assert self._text not in [one.reference.text for one in examples]
        return self._ner.update_beam(examples, **options)


def test_a_text_that_spacy_cannot_learn_keeps_it_from_no_other(nlp: Language) -> None:
    model = EntityRecognizer(nlp)
    lost, other = "Acme is lost.", answer(TEXT, 13, 17, "ORG", "reject")
    model._ner = Lost(model._ner, model.nlp.make_doc(lost).text)
    before = scores(model)
    learn(model, answer(lost, 0, 4, "ORG", "accept"), other)
    assert scores(model)["Acme", "ORG"] < before["Acme", "ORG"] - 0.1
    assert learn(model, answer(lost, 0, 4, "ORG", "accept"), times=1) == [0.0]


def test_what_it_learns_leaves_the_shared_vectors_as_they_are(nlp: Language) -> None:
    before = nlp.get_pipe("tok2vec").to_bytes()  # type: ignore[attr-defined]
    text = "Eve works at Globex now."
    expected = [(ent.text, ent.label_) for ent in nlp(text).ents]
    model = EntityRecognizer(nlp)
    assert [(ent.text, ent.label_) for ent in nlp(text).ents] == expected
    model.update([answer(TEXT, 13, 17, "ORG", "reject")])
    assert nlp.get_pipe("tok2vec").to_bytes() == before  # type: ignore[attr-defined]


def test_scoring_and_learning_take_turns(nlp: Language) -> None:
    model = EntityRecognizer(nlp)
    failures = []

    def answers() -> None:
        try:
            for _ in range(10):
                model.update([answer(TEXT, 4, 9, "NEW", "accept")])
        except Exception as error:  # whatever the model raises
            failures.append(error)

    thread = threading.Thread(target=answers)
    thread.start()
    asked = [score for score, _ in model({"text": TEXT} for _ in range(200))]
    thread.join()
    assert failures == []
    assert all(0 < score <= 1 for score in asked)


def test_a_pipeline_without_entities_is_refused() -> None:
    with pytest.raises(RecipeError, match=r"no component 'ner' .*components: none"):
        EntityRecognizer(spacy.blank("en"))


def test_an_accepted_span_makes_those_that_overlap_it_less_likely(nlp: Language) -> None:
    model = EntityRecognizer(nlp)
    learn(model, answer(TEXT, 10, 17, "ORG", "accept"), times=60)
    wider = scores(model)["at Acme", "ORG"]
    assert wider > 0.5
    learn(model, answer(TEXT, 13, 17, "ORG", "accept"), times=60)
    found = scores(model)
    assert found["Acme", "ORG"] > 0.5 > found.get(("at Acme", "ORG"), 0.0)


def test_the_best_entities_that_the_answers_allow_are_one_task_per_text(nlp: Language) -> None:
    other = "Bob works at Acme now."
    answers = [
        answer(TEXT, 4, 9, "ORG", "accept"),
        answer(TEXT, 13, 17, "ORG", "reject"),
        answer(other, 0, 3, "ORG", "reject"),
    ]
    first, second = EntityRecognizer(nlp).make_best(answers)
    assert [(span["text"], span["label"]) for span in first["spans"]] == [
        ("Ann", "PERSON"),
        ("works", "ORG"),
    ]
    assert [(span["text"], span["label"]) for span in second["spans"]] == [
        ("Bob", "PERSON"),
        ("Acme", "ORG"),
    ]
    assert "answer" not in first
