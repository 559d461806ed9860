"""The greedy parse against spaCy's own on annotated news, where such data lies at hand."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import load_pipeline, set_blas
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import score_pool

BESIDE_THE_REPOSITORY = Path(__file__).parents[2].parent / "shared" / "data"
DATA = Path(os.environ.get("PRODIGY_AL_DATA", BESIDE_THE_REPOSITORY))
MODEL = DATA / "models" / "en_core_web_sm_225_spacy3"
CORPORA = [DATA / "conll2003" / "testb.jsonl.gz", DATA / "finer_ord" / "heldout.jsonl.gz"]

pytestmark = pytest.mark.skipif(
    not all(path.exists() for path in (MODEL, *CORPORA)),
    reason=f"needs the corpora and the pipeline under {DATA} (set PRODIGY_AL_DATA)",
)


@pytest.fixture(scope="module")
def news_pipeline() -> Language:
    nlp = load_pipeline(str(MODEL))
    set_blas(nlp, use_blis=False)
    return nlp


@pytest.mark.parametrize("corpus", CORPORA, ids=lambda path: path.parent.name)
def test_not_one_segment_is_parsed_differently_from_spacy(
    news_pipeline: Language, corpus: Path
) -> None:
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        records = [json.loads(line)["tokens"] for line in lines]
    docs = [
        Doc(news_pipeline.vocab, [t["text"] for t in tokens], [t["ws"] for t in tokens])
        for tokens in records
    ]
    different = entities = 0
    scores = score_pool(MarginalScorer(news_pipeline), docs, progress=False)
    for scored, predicted in zip(scores, predict_entities(news_pipeline, docs), strict=True):
        spans = zip(scored.starts.tolist(), scored.ends.tolist(), scored.labels, strict=True)
        greedy = [span for span, taken in zip(spans, scored.greedy, strict=True) if taken]
        entities += len(predicted)
        different += greedy != predicted
    assert entities > 1000
    assert different == 0
