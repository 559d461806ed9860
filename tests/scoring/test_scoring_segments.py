"""Segments: each fold is scored as it is drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring.acquisition import ACQUISITIONS, expected_errors
from prodigy_al.scoring.committee import MEMBERS
from prodigy_al.scoring.greedy_orders import apart_when_taken, room_when_taken
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool_wide import label_balance
from prodigy_al.scoring.registry import SegmentScores, find_acquisition
from prodigy_al.scoring.segments import make_doc, segment_scorer

MakeDocs = Callable[..., list[Doc]]


@pytest.fixture
def segments(plain: Language, generated: MakeDocs) -> list[Segment]:
    docs = generated(plain, 12)
    return [
        Segment({"text": doc.text}, i, "g", fold="dev" if i % 3 == 0 else "train")
        for i, doc in enumerate(docs)
    ]


def test_each_fold_has_its_own_score(plain: Language, segments: list[Segment]) -> None:
    scorer = MarginalScorer(plain)
    both = list(segment_scorer(plain, scorer, "expected-entities", dev="span-entropy")(segments))
    alike = {
        name: list(segment_scorer(plain, scorer, name)(segments))
        for name in ("expected-entities", "span-entropy")
    }
    for i, segment in enumerate(segments):
        name = "span-entropy" if segment.fold == "dev" else "expected-entities"
        assert both[i] == alike[name][i]
    assert alike["expected-entities"] != alike["span-entropy"]


def scores_of(nlp: Language, segments: list[Segment]) -> list[SegmentScores]:
    """Everything that can be known, without the functions that are tested."""
    docs = [make_doc(nlp, segment) for segment in segments]
    spans = MarginalScorer(nlp, steps=True, embed=True, members=MEMBERS).score(docs)
    forms = [
        [doc[a:b].text.lower() for a, b in zip(one.starts, one.ends, strict=True)]
        for doc, one in zip(docs, spans, strict=True)
    ]
    everywhere = Counter[str]()
    for names, one in zip(forms, spans, strict=True):
        for name, p in zip(names, one.probabilities, strict=True):
            everywhere[name] += p
    by_label = Counter[str]()
    for one in spans:
        for label, p in zip(one.labels, one.probabilities, strict=True):
            by_label[label] += p
    mean = sum(by_label.values()) / len(by_label)
    unit = np.array([one.embedding / np.linalg.norm(one.embedding) for one in spans])
    taken_apart = apart_when_taken(
        np.array([one.embedding for one in spans]),
        np.array([expected_errors(one.probabilities) for one in spans]),
    )
    wanted = room_when_taken(forms, [one.probabilities for one in spans])
    return [
        SegmentScores(
            one.probabilities,
            len(doc),
            one.ends - one.starts,
            one.greedy,
            one.steps.entropies,
            one.steps.margins,
            one.steps.log_probability,
            one.members,
            np.array(
                [
                    everywhere[name] - one.probabilities[np.array(names) == name].sum()
                    for name in names
                ]
            ),
            np.array([(mean + 1) / (by_label[label] + 1) for label in one.labels]),
            float(np.mean(unit @ unit[i])),
            taken_apart[i],
            wanted[i],
            0.5,
        )
        for i, (doc, one, names) in enumerate(zip(docs, spans, forms, strict=True))
    ]


@pytest.mark.parametrize("name", [name for name in ACQUISITIONS if name != "random"])
def test_a_score_is_that_of_what_its_function_reads(
    plain: Language, segments: list[Segment], name: str
) -> None:
    scored = list(segment_scorer(plain, MarginalScorer(plain), name)(segments))
    wanted = [find_acquisition(name)(one) for one in scores_of(plain, segments)]
    assert [one.u for one in scored] == pytest.approx(wanted, abs=1e-6)
    assert len({one.u for one in scored}) > 1
    for one, segment in zip(scored, segments, strict=True):
        assert one.tokens == len(make_doc(plain, segment)) > 1


def test_of_a_large_pool_all_labels_weigh_about_as_much_as_each_other() -> None:
    rng = np.random.default_rng(0)
    often = {"ORG": 0.9, "PERSON": 0.09, "LAW": 0.01}
    labels = [rng.choice([*often], size=3, p=[*often.values()]).tolist() for _ in range(4000)]
    marginals = [rng.uniform(0, 1, 3) for _ in labels]
    weights = label_balance(labels, marginals)
    weighted = Counter[str]()
    plainly = Counter[str]()
    for names, p, weight in zip(labels, marginals, weights, strict=True):
        for name, one, other in zip(names, p, weight, strict=True):
            plainly[name] += one
            weighted[name] += one * other
    assert plainly["LAW"] < 0.02 * plainly["ORG"]
    assert min(weighted.values()) > 0.97 * max(weighted.values())
    # no more and no less in all than without weights
    assert sum(weighted.values()) == pytest.approx(sum(plainly.values()), rel=0.02)


def test_of_a_single_label_none_is_rare() -> None:
    found = label_balance([["ORG", "ORG"], [], ["ORG"]], [np.ones(2), np.zeros(0), np.ones(1)])
    assert [one.tolist() for one in found] == [[1.0, 1.0], [], [1.0]]


def test_random_scores_follow_from_text_and_seed_alone(
    plain: Language, segments: list[Segment]
) -> None:
    def drawn(segments: list[Segment], seed: int) -> list[float]:
        score = segment_scorer(plain, MarginalScorer(plain), "random", seed=seed)
        return [one.u for one in score(segments)]

    first = drawn(segments, 1)
    assert drawn(segments[::-1], 1)[::-1] == first
    assert set(drawn(segments, 2)).isdisjoint(first)
    assert 0.1 < np.mean(first) < 0.9


@pytest.mark.parametrize("name", ["mnlp", "information-density", "diverse-errors", "bald"])
def test_a_scorer_that_another_holds_is_not_changed(
    plain: Language, segments: list[Segment], name: str
) -> None:
    scorer = MarginalScorer(plain)
    list(segment_scorer(plain, scorer, name)(segments))
    assert not scorer.steps
    assert not scorer.embed
    assert not scorer.members
