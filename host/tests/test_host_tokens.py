"""Tokens on tasks, sentences instead of documents."""

from __future__ import annotations

from typing import Any

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.language import Language

from recipe_host.hashing import set_hashes
from recipe_host.stream import Stream
from recipe_host.tokens import add_tokens, copy_nlp, split_sentences

NLP = spacy.blank("en")
TEXT = "Ann works at Acme Labs. Bob does not."


def task(*spans: tuple[int, int], text: str = TEXT, **others: Any) -> dict[str, Any]:
    marked = [{"start": start, "end": end, "label": "X"} for start, end in spans]
    return {"text": text, "spans": marked, **others}


def sentences(nlp: Language, one: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    return list(split_sentences(nlp, [one], **options))


def test_tokens_cover_the_text_and_spans_get_inclusive_token_ends() -> None:
    before = task((0, 3), (13, 22))
    after = next(add_tokens(NLP, [before]))
    assert "tokens" not in before
    assert all(TEXT[token["start"] : token["end"]] == token["text"] for token in after["tokens"])
    assert "".join(t["text"] + " " * t["ws"] for t in after["tokens"]) == TEXT
    assert [token["id"] for token in after["tokens"]] == list(range(len(after["tokens"])))
    assert [(s["token_start"], s["token_end"]) for s in after["spans"]] == [(0, 0), (3, 4)]


def test_tasks_without_spans_get_none() -> None:
    assert "spans" not in next(add_tokens(NLP, [{"text": TEXT}]))


def test_tokens_that_are_there_stay_and_place_the_spans() -> None:
    own = [{"text": TEXT, "start": 0, "end": len(TEXT), "id": 0, "ws": False, "style": {}}]
    after = next(add_tokens(NLP, [task((0, len(TEXT)), tokens=own)]))
    assert after["tokens"] == own
    assert (after["spans"][0]["token_start"], after["spans"][0]["token_end"]) == (0, 0)


def test_a_span_off_token_borders_fails_or_is_skipped() -> None:
    stream = [task((1, 3)), task((0, 3))]
    with pytest.raises(ValueError, match=r"mismatched tokenization: the span 'nn' \(1-3\)"):
        list(add_tokens(NLP, stream))
    assert len(list(add_tokens(NLP, stream, skip=True))) == 1


def test_characters_can_be_tokens() -> None:
    after = next(add_tokens(NLP, [task((1, 3))], use_chars=True))
    assert len(after["tokens"]) == len(TEXT)
    assert (after["spans"][0]["token_start"], after["spans"][0]["token_end"]) == (1, 2)


def test_sentences_move_spans_and_tokens_and_keep_other_keys() -> None:
    whole = next(add_tokens(NLP, [task((0, 3), (13, 22), (24, 27), meta={"page": 1})]))
    first, second = sentences(NLP, set_hashes(whole))
    assert [first["text"], second["text"]] == ["Ann works at Acme Labs.", "Bob does not."]
    assert first["meta"] == second["meta"] == {"page": 1}
    for part in (first, second):
        bare = {k: v for k, v in part.items() if k not in ("_input_hash", "_task_hash")}
        assert part == set_hashes(bare)
        assert part == next(add_tokens(NLP, [part]))
        assert [token["id"] for token in part["tokens"]] == list(range(len(part["tokens"])))
    assert second["spans"][0] == {
        "start": 0,
        "end": 3,
        "label": "X",
        "token_start": 0,
        "token_end": 0,
    }


def test_no_sentence_cuts_a_span() -> None:
    parts = sentences(NLP, task((13, 27), text=TEXT + " Carl is here."))
    assert [part["text"] for part in parts] == [TEXT, "Carl is here."]
    assert parts[0]["spans"] == [{"start": 13, "end": 27, "label": "X"}]


def test_short_texts_can_stay_whole() -> None:
    assert sentences(NLP, {"text": TEXT}, min_length=1000) == [{"text": TEXT}]
    assert len(sentences(NLP, {"text": TEXT}, min_length=10)) == 2


def test_the_pipelines_own_borders_win_over_rules() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": ["works"]})
    assert [p["text"] for p in sentences(nlp, {"text": TEXT})] == ["Ann works", TEXT[10:]]
    assert nlp.pipe_names == ["sentencizer"]


def test_the_pipeline_is_left_as_it_is() -> None:
    nlp = spacy.blank("en")
    sentences(nlp, {"text": TEXT})
    assert nlp.pipe_names == []


def test_blank_texts_have_no_sentence() -> None:
    assert sentences(NLP, {"text": " \n "}) == []
    assert sentences(NLP, {"text": ""}) == []


def test_streams_take_both_preprocessors() -> None:
    stream = Stream.from_iterable([{"text": TEXT}])
    stream.apply(split_sentences, nlp=NLP, stream=stream)
    stream.apply(add_tokens, nlp=NLP, stream=stream)
    assert [len(part["tokens"]) for part in stream] == [6, 4]


@given(st.text(alphabet="ab .!\n", max_size=40), st.data())
@settings(max_examples=150, deadline=None)
def test_sentences_lose_no_word_and_no_span(text: str, data: st.DataObject) -> None:
    doc = NLP.make_doc(text)
    words = [token for token in doc if not token.is_space]
    pairs = st.tuples(st.sampled_from(words), st.sampled_from(words)) if words else st.nothing()
    chosen = data.draw(st.lists(pairs, max_size=3)) if words else []
    spans = [(first.idx, last.idx + len(last)) for first, last in map(sorted_pair, chosen)]
    parts = sentences(NLP, task(*spans, text=text))
    assert "".join("".join(part["text"].split()) for part in parts) == "".join(text.split())
    found = [p["text"][s["start"] : s["end"]] for p in parts for s in p["spans"]]
    assert sorted(found) == sorted(text[start:end] for start, end in spans)


def sorted_pair(pair: tuple[Any, Any]) -> tuple[Any, Any]:
    first, last = sorted(pair, key=lambda token: token.i)
    return first, last


def test_a_copied_pipeline_is_independent() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    copied = copy_nlp(nlp)
    copied.remove_pipe("sentencizer")
    assert nlp.pipe_names == ["sentencizer"]
