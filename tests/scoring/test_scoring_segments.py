"""Segments: each fold is scored as it is drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.marginals import MarginalScorer
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


@pytest.mark.parametrize("name", ACQUISITIONS)
def test_a_score_is_that_of_the_candidates_and_of_the_tokens(
    plain: Language, segments: list[Segment], name: str
) -> None:
    for segment, scored in zip(
        segments, segment_scorer(plain, MarginalScorer(plain), name)(segments), strict=True
    ):
        p = np.array([span.p for span in scored.candidates])
        assert scored.tokens == len(make_doc(plain, segment)) > 1
        assert scored.u == pytest.approx(ACQUISITIONS[name](p, scored.tokens), abs=1e-6)
