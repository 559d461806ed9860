"""Without recipes: how sure is a pipeline of its spans, and what is its F1 by uneven answers?

    python examples/library.py PIPELINE ANSWERS.jsonl "A text to score."

ANSWERS is what ``prodigy db-out`` writes of a dataset of al.manual-ranked or al.random.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.evaluation import Unavailable, Weighted, count_matches, weighted_scores
from prodigy_al.evaluation.counts import Span
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.scoring.marginals import MarginalScorer


def likely_spans(nlp: Language, text: str) -> list[tuple[str, str, float]]:
    """Return (span, label, probability) of every span the pipeline considers, likely ones first."""
    doc = nlp.make_doc(text)
    (found,) = MarginalScorer(nlp).score([doc])
    spans = zip(found.starts, found.ends, found.labels, found.probabilities, strict=True)
    return sorted(
        ((doc[a:b].text, label, float(p)) for a, b, label, p in spans), key=lambda span: -span[2]
    )


def weighted_f1(
    nlp: Language, answers: Sequence[dict[str, Any]], label: str
) -> Weighted | Unavailable:
    """Estimate how well the pipeline finds a label, from the dev fold of answers drawn unevenly."""
    served = [(answer["_input_hash"], read_record(answer), answer) for answer in answers]
    dev = [(key, record, answer) for key, record, answer in served if record.fold == "dev"]
    docs = [
        Doc(nlp.vocab, [t["text"] for t in answer["tokens"]], [t["ws"] for t in answer["tokens"]])
        for _, _, answer in dev
    ]
    gold = [
        [(s["token_start"], s["token_end"] + 1, s["label"]) for s in answer["spans"]]
        for _, _, answer in dev
    ]
    predicted = predict_entities(nlp, docs)
    return weighted_scores(
        count_matches(_only(label, gold), _only(label, predicted)),
        pi=inclusion([(key, record) for key, record, _ in dev]),
        copies=np.array([float(record.copies) for _, record, _ in dev]),
        groups=[record.group for _, record, _ in dev],
    )


def _only(label: str, spans: Iterable[list[Span]]) -> list[list[Span]]:
    return [[span for span in found if span[2] == label] for found in spans]


def main() -> None:
    """Print both for the files that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pipeline")
    parser.add_argument("answers", type=Path)
    parser.add_argument("text")
    parser.add_argument("--label", default="ORG")
    asked = parser.parse_args()
    nlp = load_pipeline(asked.pipeline)
    for span, label, p in likely_spans(nlp, asked.text):
        print(f"{p:.3f}  {label:8} {span}")
    found = weighted_f1(nlp, list(srsly.read_jsonl(asked.answers)), asked.label)
    if isinstance(found, Unavailable):
        sys.exit(f"F1 of {asked.label} is unavailable: {found.reason}")
    estimate = found.f1.new_text
    if isinstance(estimate, Unavailable):
        sys.exit(f"F1 of {asked.label} on new text is unavailable: {estimate.reason}")
    worth = "" if found.worth is None else f", worth {found.worth:.0f} uniform ones"
    print(
        f"F1 of {asked.label} on new text: {estimate.value:.3f} [{estimate.low:.3f}, "
        f"{estimate.high:.3f}] from {found.m} answers{worth}"
    )


if __name__ == "__main__":
    main()
