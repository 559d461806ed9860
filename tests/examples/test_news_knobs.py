"""Every knob moves what it says, and the knobs about spans leave the text alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import fields, replace
from typing import Any

import pytest
from news import PRETRAINED, Knobs, Scheme, documents, records
from news.mentions import Mention

from prodigy_al.errors import ParameterError


def corpus(knobs: Knobs, n: int = 150) -> list[dict[str, Any]]:
    return list(records(documents(n, seed=21, knobs=knobs)))


def texts(found: list[dict[str, Any]]) -> list[str]:
    return [record["text"] for record in found]


def spans(record: dict[str, Any]) -> list[tuple[int, int, str]]:
    return [(s["token_start"], s["token_end"], s["label"]) for s in record["spans"]]


def marked(mention: Mention, scheme: Scheme, *, possessive: bool = False) -> str | None:
    found = mention.span(scheme, possessive=possessive)
    text = mention.text + ("'s" if possessive else "")
    return found and f"{text[found[0] : found[1]]}|{found[2]}"


@pytest.mark.parametrize("rule", [field.name for field in fields(Scheme)])
def test_a_guideline_changes_spans_and_never_text(rule: str) -> None:
    scheme = replace(Scheme(), **{rule: not getattr(Scheme(), rule)})
    usual, other = corpus(Knobs()), corpus(Knobs(scheme=scheme))
    assert texts(usual) == texts(other)
    assert any(spans(a) != spans(b) for a, b in zip(usual, other, strict=True))


def test_guidelines_draw_borders_as_they_say() -> None:
    bank = Mention("firm", "Bank of Halden", "the ", " plc", town="Halden")
    assert marked(bank, Scheme()) == "Bank of Halden plc|ORG"
    assert marked(bank, PRETRAINED) == "the Bank of Halden|ORG"
    assert marked(bank, Scheme(outermost=False)) == "Halden|PLACE"
    assert marked(bank, Scheme(possessive=True), possessive=True) == "Bank of Halden plc's|ORG"
    assert marked(bank, Scheme(), possessive=True) == "Bank of Halden plc|ORG"
    assert marked(bank, PRETRAINED, possessive=True) == "the Bank of Halden|ORG"


def test_guidelines_say_what_counts_as_an_organisation() -> None:
    team, office = Mention("club", "Halden", town="Halden"), Mention("office", "FTA", "the ")
    assert (marked(team, Scheme()), marked(team, PRETRAINED)) == ("Halden|ORG", "Halden|PLACE")
    assert (
        marked(Mention("club", "Halden Rovers", town="Halden"), PRETRAINED) == "Halden Rovers|ORG"
    )
    assert (marked(office, Scheme()), marked(office, Scheme(offices=False))) == ("FTA|ORG", None)


def test_prevalence_sets_the_share_of_segments_with_an_organisation() -> None:
    def share(prevalence: float) -> float:
        found = corpus(Knobs(prevalence=prevalence))
        return sum(any(s["label"] == "ORG" for s in r["spans"]) for r in found) / len(found)

    none, some, many = share(0.0), share(0.3), share(0.9)
    assert none + 0.1 < some < many - 0.3


def test_rarity_sets_the_share_of_names_that_no_other_document_has() -> None:
    def lonely(rarity: float) -> float:
        where: dict[str, set[str]] = defaultdict(set)
        for record in corpus(Knobs(rarity=rarity)):
            for span in record["spans"]:
                where[record["text"][span["start"] : span["end"]]].add(record["meta"]["doc"])
        return sum(len(found) == 1 for found in where.values()) / sum(map(len, where.values()))

    assert lonely(0.0) + 0.2 < lonely(0.5) < lonely(1.0)
    assert lonely(1.0) > 0.85


def test_ambiguous_names_do_not_sound_of_their_kind() -> None:
    def told_by_sound(ambiguity: float) -> float:
        endings: dict[str, Counter[str]] = defaultdict(Counter)
        for record in corpus(Knobs(ambiguity=ambiguity, rarity=1.0)):
            for span in record["spans"]:
                if span["token_start"] == span["token_end"]:
                    endings[record["text"][: span["end"]][-3:]][span["label"]] += 1
        right = sum(max(counts.values()) for counts in endings.values())
        return right / sum(counts.total() for counts in endings.values())

    assert told_by_sound(0.0) > told_by_sound(1.0) + 0.15


def test_noise_spoils_its_share_of_spans_and_no_text() -> None:
    clean, noisy = corpus(Knobs(), 300), corpus(Knobs(noise=0.3), 300)
    assert texts(clean) == texts(noisy)
    lost = sum(len(set(spans(a)) - set(spans(b))) for a, b in zip(clean, noisy, strict=True)) / sum(
        len(record["spans"]) for record in clean
    )
    assert 0.2 <= lost <= 0.32  # a name of one word cannot be marked too short
    for record in noisy:
        for before, after in zip(spans(record), spans(record)[1:], strict=False):
            assert before[1] < after[0]


def test_blind_sets_the_share_of_the_letter_and_leaves_the_rest() -> None:
    with_letter = list(documents(400, seed=3, knobs=Knobs(blind=0.2)))
    without = list(documents(400, seed=3, knobs=Knobs(blind=0.0)))
    letters = [document.kind == "letter" for document in with_letter]
    assert 0.14 <= sum(letters) / 400 <= 0.26
    for letter, one, other in zip(letters, with_letter, without, strict=True):
        assert letter or one == other


def test_mix_sets_the_kinds() -> None:
    kinds = {d.kind for d in documents(50, 1, Knobs(mix={"market": 1.0}, blind=0.0))}
    assert kinds == {"market"}


@pytest.mark.parametrize(
    "wrong", [{"prevalence": 1.2}, {"noise": -0.1}, {"mix": {"sermon": 1.0}}, {"mix": {}}]
)
def test_knobs_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as refused:
        Knobs(**wrong)
    assert refused.value.parameter == next(iter(wrong))
