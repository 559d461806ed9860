"""Not one segment is parsed differently from spaCy: both BLAS, all kinds of states and vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.pipelines import borrowed_from, set_blas, stand_alone
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import score_pool

MakeDocs = Callable[..., list[Doc]]


@pytest.fixture(params=["own", "listener"])
def trained(request: pytest.FixtureRequest, extra: bool) -> Language:
    """A recogniser with its own token vectors, or with borrowed ones."""
    if request.param == "own":
        name = "extra_tokens" if extra else "plain"
    else:
        name = "listening_to_more" if extra else "listening"
    pipeline: Language = request.getfixturevalue(name)
    assert bool(borrowed_from(pipeline)) == (request.param == "listener")
    return pipeline


@pytest.mark.parametrize("use_blis", [False, True], ids=["numpy", "blis"])
@pytest.mark.parametrize("extra", [False, True], ids=["3", "6"])
def test_the_greedy_parse_is_that_of_nlp_pipe(
    trained: Language, extra: bool, use_blis: bool, generated: MakeDocs, word_salad: MakeDocs
) -> None:
    set_blas(trained, use_blis=use_blis)
    docs = [*generated(trained, 400), *word_salad(trained, [*range(40), 200], seed=5)]
    piped = list(trained.pipe(doc.copy() for doc in docs))
    wanted = [[(ent.start, ent.end, ent.label_) for ent in doc.ents] for doc in piped]
    stand_alone(trained)
    found = []
    for one in score_pool(MarginalScorer(trained), docs, progress=False):
        spans = zip(one.starts.tolist(), one.ends.tolist(), one.labels, strict=True)
        found.append([span for span, taken in zip(spans, one.greedy, strict=True) if taken])
    assert found == wanted
    assert sum(map(len, wanted)) > 400
