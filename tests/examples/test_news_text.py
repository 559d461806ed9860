"""Laws of the generated text: seeded, varied, well-formed, with gold spans on token borders."""

from __future__ import annotations

import doctest
import importlib
import json
import pkgutil
import re
from collections import Counter
from itertools import islice, pairwise
from typing import Any

import news
import pytest
from news import LABELS, documents, records
from news.__main__ import main
from news.cast import SLOTS
from news.figures import FIGURES
from news.grammar import rules
from news.mentions import LABEL

FILLED = {*SLOTS, *FIGURES, "maker", "demonym", "anyone"}
ORGANISATIONS = {slot for slot, (sort, _) in SLOTS.items() if LABEL[sort] == "ORG"}


@pytest.fixture(scope="module")
def segments() -> list[dict[str, Any]]:
    return list(islice(records(documents(4000, seed=11)), 20_000))


def mentioned(rule: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", rule)


def reachable(symbol: str) -> set[str]:
    found, todo = set[str](), [symbol]
    while todo:
        one = todo.pop()
        if one not in found:
            found.add(one)
            todo += [name for rule in rules().get(one, ()) for name in mentioned(rule)]
    return found


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(news.__path__)])
def test_doctests_hold(name: str) -> None:
    assert doctest.testmod(importlib.import_module(f"news.{name}")).failed == 0


def test_the_same_seed_gives_the_same_documents() -> None:
    assert list(documents(20, seed=5)) == list(documents(20, seed=5))
    assert list(documents(3, seed=5)) == list(documents(20, seed=5))[:3]


def test_another_seed_gives_other_documents() -> None:
    one, other = ({s.text for d in documents(20, seed) for s in d.segments} for seed in (5, 6))
    assert len(one & other) < 3


def test_every_symbol_is_a_rule_or_a_slot() -> None:
    used = {name for choices in rules().values() for rule in choices for name in mentioned(rule)}
    assert used - set(rules()) - FILLED == set()
    assert not set(rules()) & FILLED


def test_plain_sentences_cannot_name_an_organisation() -> None:
    plain = [symbol for symbol in rules() if symbol.endswith("_plain")]
    assert len(plain) == 6
    for symbol in plain:
        assert reachable(symbol) & ORGANISATIONS == set()


def test_spans_are_whole_tokens_in_order_without_overlap(segments: list[dict[str, Any]]) -> None:
    for record in segments:
        tokens, spans = record["tokens"], record["spans"]
        for span in spans:
            first, last = tokens[span["token_start"]], tokens[span["token_end"]]
            assert (span["start"], span["end"]) == (first["start"], last["end"])
            assert span["label"] in LABELS
        assert all(a["token_end"] < b["token_start"] for a, b in pairwise(spans))


def test_tokens_spell_the_text(segments: list[dict[str, Any]]) -> None:
    for record in segments:
        assert [token["id"] for token in record["tokens"]] == list(range(len(record["tokens"])))
        for token in record["tokens"]:
            assert record["text"][token["start"] : token["end"]] == token["text"]
        spelt = "".join(token["text"] + " " * token["ws"] for token in record["tokens"])
        assert spelt == record["text"]


def test_twenty_thousand_segments_hardly_repeat(segments: list[dict[str, Any]]) -> None:
    assert len(segments) == 20_000
    assert len({record["text"] for record in segments}) >= 0.95 * len(segments)


def test_segments_are_as_long_and_as_full_as_news(segments: list[dict[str, Any]]) -> None:
    assert 15 <= sum(len(record["tokens"]) for record in segments) / len(segments) <= 25
    named = sum(any(span["label"] == "ORG" for span in record["spans"]) for record in segments)
    assert 0.3 <= named / len(segments) <= 0.5
    counts = Counter(record["meta"]["kind"] for record in segments)
    assert set(counts) == {"article", "wire", "match", "market", "letter"}


def test_no_markup_is_left_in_the_text(segments: list[dict[str, Any]]) -> None:
    for record in segments:
        assert not re.search(r"[{}\[\]|]|  |,,| [,.]| $", record["text"]), record["text"]


def test_verbs_agree_with_their_nouns(segments: list[dict[str, Any]]) -> None:
    wrong = re.compile(
        r"\b(talks|figures|results|prices|wages|rents|farmers) (was|has|matters|remains)\b"
        r"|\bthe (plan|bill|budget|strike) (were|have|matter|remain)\b"
        r"|\b[Aa] [aeio]|\b[Aa]n [bcdfghjklmnpqrstvwxyz]",
    )
    assert [record["text"] for record in segments if wrong.search(record["text"])] == []


def test_names_come_again_within_a_document() -> None:
    again = 0
    for document in documents(50, seed=2):
        names = Counter(
            record["text"][span["start"] : span["end"]].lower()
            for record in document.records()
            for span in record["spans"]
        )
        again += max(names.values(), default=0) > 1
    assert again > 40


def test_the_command_line_writes_the_records(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--documents", "3", "--seed", "4", "--blind", "0"])
    lines = capsys.readouterr().out.splitlines()
    knobs = news.Knobs(blind=0.0)
    assert [json.loads(line) for line in lines] == list(records(documents(3, 4, knobs)))


def test_the_command_line_refuses_a_share_above_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--rarity", "3"])
    assert "rarity 3.0: give a number from 0 to 1" in capsys.readouterr().err
