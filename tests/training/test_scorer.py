"""Predictions are made on fresh docs, and counted as spaCy's scorer counts them."""

from __future__ import annotations

import numpy as np
import pytest
import spacy
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc, Span
from spacy.training import Example

from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import stand_alone
from prodigy_al.training.policies import POLICIES, to_docs
from prodigy_al.training.scorer import UsualCounts, usual_counts


def predicted(nlp, docs):
    stand_alone(nlp)
    return [set(spans) for spans in predict_entities(nlp, docs)]


def usual_of(nlp, references, labels=None) -> UsualCounts:
    return usual_counts(references, predicted(nlp, references), labels)


def found(nlp, text):
    return {(ent.start, ent.end, ent.label_) for ent in nlp(text).ents}


def test_predictions_are_those_of_the_whole_pipeline_when_ner_listens(listening_base, gold):
    nlp = spacy.load(listening_base)
    docs = gold(nlp)
    spans = predicted(nlp, docs)
    assert spans == [found(nlp, doc.text) for doc in docs]
    assert sum(map(len, spans)) > 30


def test_entities_that_are_already_set_do_not_constrain_predictions(base, gold):
    nlp = spacy.load(base)
    (doc, *_) = gold(nlp)
    assert [ent.label_ for ent in doc.ents] == ["ORG", "PERSON"]
    doc.set_ents([Span(doc, 1, 4, label="PERSON")])
    assert predicted(nlp, [doc]) == [found(nlp, doc.text)]
    assert [(ent.start, ent.end) for ent in doc.ents] == [(1, 4)]


@pytest.fixture
def patchy(base, gold):
    """References with moved, dropped and unannotated spans, and one without any annotation."""
    nlp = spacy.load(base)
    rng = np.random.default_rng(4)
    docs = gold(nlp)
    for doc in docs[1:]:
        kept = [ent for ent in doc.ents if rng.random() < 0.6]
        hidden = [doc[i : i + 1] for i in range(len(doc)) if rng.random() < 0.2]
        hidden = [
            span for span in hidden if all(span.start not in range(e.start, e.end) for e in kept)
        ]
        doc.set_ents(kept, missing=hidden, default="outside")
    docs[0] = Doc(nlp.vocab, words=[token.text for token in docs[0]])
    return nlp, docs


@pytest.mark.parametrize("label", ["ORG", "PERSON"])
def test_counts_summed_over_docs_are_those_of_spacys_scorer(patchy, label):
    nlp, docs = patchy
    examples = [Example(nlp(Doc(nlp.vocab, words=[t.text for t in d])), d) for d in docs]
    scores = get_ner_prf(examples)["ents_per_type"][label]
    counts = usual_of(nlp, docs, [label])
    tp, fp, fn, ignored = (int(x.sum()) for x in (counts.tp, counts.fp, counts.fn, counts.ignored))
    assert min(tp, fp, ignored) > 0
    assert scores["p"] == tp / (tp + fp)
    assert scores["r"] == tp / (tp + fn)
    assert scores["f"] == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=1e-15)


def test_all_labels_together_are_counted_as_the_scorer_does(patchy):
    nlp, docs = patchy
    examples = [Example(nlp(Doc(nlp.vocab, words=[t.text for t in d])), d) for d in docs]
    scores, counts = get_ner_prf(examples), usual_of(nlp, docs)
    assert scores["ents_p"] == counts.tp.sum() / (counts.tp.sum() + counts.fp.sum())
    assert scores["ents_r"] == counts.tp.sum() / (counts.tp.sum() + counts.fn.sum())


def test_a_doc_without_annotation_has_only_ignored_predictions(patchy):
    nlp, docs = patchy
    counts = usual_of(nlp, docs)
    first = counts.tp[0], counts.fp[0], counts.fn[0], counts.ignored[0]
    assert first == (0, 0, 0, len(predicted(nlp, docs[:1])[0]))
    assert counts.ignored[0] > 0


def test_masking_answers_to_binary_hides_false_positives_from_the_scorer(base, full, binary):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler", name="ner").add_patterns(
        [{"label": "ORG", "pattern": [{"IS_TITLE": True}]}]
    )
    told = usual_of(nlp, to_docs(full, POLICIES["usual"], nlp.vocab), ["ORG"])
    masked = usual_of(nlp, to_docs(binary, POLICIES["usual"], nlp.vocab), ["ORG"])
    assert told.fp.sum() > 0
    assert told.ignored.sum() == 0
    assert masked.fp.sum() < told.fp.sum()
    assert masked.ignored.sum() > 0
