"""Sentences without tokens: the same as those of spaCy's rules."""

from __future__ import annotations

from functools import cache

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from prodigy.components.preprocess import split_sentences
from spacy.language import Language
from spacy.tokenizer import Tokenizer

from prodigy_al.inputs.sources import cut_segments
from prodigy_al.ner import words
from prodigy_al.ner.pipelines import sentence_splitter
from prodigy_al.ner.sentences import SentenceRules

# exceptions, marks inside of words, marks that are no token, punctuation behind a mark, emoticons
PIECES = [
    "Hello", "U.S.", "a.m.", "said.", "(end.)", "...", "?", "!", "!!", "e.g.", ":)", "(._.)",
    "._.", "o.O", '"Yes."', "“No.”", "'", "»", "«", "--", "1.5", "3.", "No.7",
    "http://a.b.com/x?y=1", "end.Then", "你好。", "Was?", "ç'est", "l'eau.", "ä.", "v.s.", "N.Y.",
    "Corp.", "Inc.,", "(Reuters)", "5%.", "—", "…", "etc.", "है।", "a.b@c.de", "It's",
    "can't.", "<b>", "[1].", "8)", ">.<", "=)", ".", ",", "''", "``", "😀", "Mr.", "!?",
    "¿Qué?", "the", "and", "25", "Łódź",
]  # fmt: skip
LANGUAGES = ("en", "de", "fr", "hi")


@cache
def splitter_of(language: str) -> Language:
    # not when tests are collected, by every process: French alone takes two seconds
    return sentence_splitter(spacy.blank(language))


@cache
def rules_of(language: str) -> SentenceRules | None:
    return SentenceRules.of(splitter_of(language))


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=25), st.sampled_from(LANGUAGES))
def test_sentences_are_those_of_the_splitter(pieces: list[str], language: str) -> None:
    text, rules = " ".join(pieces), rules_of(language)
    assert rules is not None
    parts = split_sentences(splitter_of(language), [{"text": text}])
    assert rules.cut(text) == [part["text"] for part in parts]


@given(st.text("ab.?!'\")( ", min_size=1, max_size=30))
def test_they_are_for_any_characters_unless_the_splitter_has_to_say(text: str) -> None:
    found = rules_of("en") and rules_of("en").cut(text)
    if found is not None:
        parts = split_sentences(splitter_of("en"), [{"text": text}])
        assert [part for part in found if part] == [part["text"] for part in parts]


@pytest.mark.parametrize("text", ["One.  Two.", "One.\nTwo.", " One.", "One. ", "One.\u2003Two."])
def test_which_sentence_has_other_white_space_is_for_the_splitter_to_say(text: str) -> None:
    assert rules_of("en") is not None
    assert rules_of("en").cut(text) is None


def test_a_tokenizer_that_looks_at_more_than_a_word_has_no_rules() -> None:
    class Other(Tokenizer):
        pass

    plain, other, spaced = (spacy.blank("en") for _ in range(3))
    other.tokenizer = Other(other.vocab)
    spaced.tokenizer.add_special_case("New York.", [{"ORTH": "New York."}])
    found = [SentenceRules.of(sentence_splitter(nlp)) for nlp in (plain, other, spaced)]
    assert [one is None for one in found] == [False, True, True]


def test_the_pipeline_remembers_none_of_the_words() -> None:
    nlp = spacy.blank("en")
    rules = SentenceRules.of(sentence_splitter(nlp))
    assert rules is not None
    before = len(nlp.vocab.strings)
    assert rules.cut("Brindlewick. Thornby said so.") == ["Brindlewick.", "Thornby said so."]
    assert len(nlp.vocab.strings) == before


def test_sentences_are_the_same_where_words_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "MOST_STRINGS", 0)
    rules = SentenceRules.of(splitter_of("en"))
    assert rules is not None
    for i in range(300):
        assert rules.cut(f"No{i}. U.S. (Ab{i}.) Corp{i}. 1.{i} on.") == [
            f"No{i}.", f"U.S. (Ab{i}.)", f"Corp{i}.", f"1.{i} on.",
        ]  # fmt: skip


RECORDS = [
    {"text": "One. Two?", "meta": {"doc": 1}, "_input_hash": 7},
    {"text": "Three.  Four.", "extra": [1]},
    {"text": "Five. Six.", "spans": [{"start": 6, "end": 9, "label": "ORG"}]},
    {"text": "Seven. Eight.", "tokens": [{"text": "Seven. Eight.", "start": 0, "end": 13}]},
    {"text": " "},
]


def cut_without_rules(monkeypatch: pytest.MonkeyPatch, nlp: Language) -> list[object]:
    monkeypatch.setattr(SentenceRules, "of", lambda _: None)
    return list(cut_segments(enumerate(RECORDS), nlp, unsegmented=False))


def test_segments_are_what_the_splitter_makes_of_the_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def bare(segments: list[object]) -> list[object]:
        # a hash of all of the task is nobody's
        return [
            (number, key, {name: one[name] for name in one if not name.endswith("_hash")})
            for number, key, one in segments
        ]

    found = list(cut_segments(enumerate(RECORDS), splitter_of("en"), unsegmented=False))
    assert [one["text"] for *_, one in found] == [
        "One.", "Two?", "Three.", "Four.", "Five.", "Six.", "Seven. Eight.",
    ]  # fmt: skip
    assert found[5][2]["spans"] == [{"start": 0, "end": 3, "label": "ORG"}]
    assert bare(found) == bare(cut_without_rules(monkeypatch, splitter_of("en")))
