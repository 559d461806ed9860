"""Are span probabilities right as often as they say, before and after a temperature is fitted?

    make bench-calibration            five draws of 200 whole segments on both corpora
    QUICK=1 make bench-calibration    two draws, FiNER alone

Before: the shipped temperature. After: the one fitted (`scoring/calibration.py`) on 200 sentences
drawn at random from the training pool, each draw held against the whole test set. Rows per corpus,
of the candidates of ORG (probability .02 or more, or in the model's own parse):

    ece, brier, auc    of their probabilities
    ece-own            the same error of the spans in the model's own parse alone
    candidates         of a sentence
    temperature        as fitted
    found              share of true spans that the model's own parse lacks which are candidates
    found-at-five      the same where the floor of .02 is moved until a sentence has five candidates
                       on average
    found-of-five      the same among the five likeliest spans of each sentence
    refitted-*         the calibration error of a model fine-tuned on the 200 sentences (three
                       draws): as shipped, at the temperature fitted with the model before
                       (`before`), and at one fitted with the refitted model on what it was
                       trained on (`own`)

`low` and `high` are the range over draws, and of ece and brier before the 95 % interval over
resampled documents.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gold import LABEL, Gold, read_gold
from real_corpora import BASE, CORPORA, DATA, QUICK, Corpus, write_result
from spacy.language import Language
from wasabi.tables import table

from prodigy_al.arrays import BoolArray, FloatArray, IndexArray
from prodigy_al.evaluation.auc import auc
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reliability import Reliability, measure_reliability
from prodigy_al.ner.pipelines import load_pipeline, set_blas
from prodigy_al.scoring.calibration import fit_temperature, temper_spans
from prodigy_al.scoring.marginals import DEFAULT_TEMPERATURE, MarginalScorer
from prodigy_al.scoring.pool import score_pool
from prodigy_al.training.answers import Answer, Answers
from prodigy_al.training.finetune import fine_tune
from prodigy_al.training.policies import ROBUST

DRAWS, REFITS = (2, 1) if QUICK else (5, 3)
SIZE, RESAMPLES = 200, 200
MOST = 5
"""Candidates of a sentence."""
FLOOR, LOWEST = 0.02, 0.002
"""Of candidates as shipped, and of spans that are looked at here."""
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Spans:
    """All spans of a test set down to `LOWEST`, and how many true ones the model's own parse lacks.

    p, right, greedy: (n,); rank: (n,) place among those of its sentence, 0 the likeliest;
    documents: (n,) of which it is.
    """

    p: FloatArray
    right: BoolArray
    greedy: BoolArray
    rank: IndexArray
    documents: IndexArray
    missed: int
    sentences: int

    @property
    def are_candidates(self) -> BoolArray:
        """Return (n,) whether questions can be about each of them."""
        return (self.p >= FLOOR) | self.greedy

    def reliability(self, among: BoolArray, weights: FloatArray | None = None) -> Reliability:
        """Return ECE and Brier score of some spans, documents weighted by `weights` if given."""
        here = np.ones(self.p.size) if weights is None else weights[self.documents]
        kept = among & (here > 0)
        found = measure_reliability(self.p[kept], self.right[kept], here[kept])
        assert isinstance(found, Reliability)
        return found

    def auc(self) -> float:
        """Return how well probabilities tell right candidates from wrong ones."""
        found = auc(self.p[self.are_candidates], self.right[self.are_candidates])
        assert not isinstance(found, Unavailable)
        return found.value

    def found(self, among: BoolArray | IndexArray) -> float:
        """Return the share of missed spans that are among some of these."""
        return float((self.right & ~self.greedy)[among].sum()) / self.missed


def score_test(nlp: Language, gold: Gold, temperature: float) -> Spans:
    """Score a test set at a temperature."""
    scorer = MarginalScorer(nlp, [LABEL], temperature=temperature, floor=LOWEST)
    parts: list[tuple[Any, ...]] = []
    missed = 0
    scored = score_pool(scorer, gold.docs(nlp), progress=False)
    for spans, true, document in zip(scored, gold.spans, gold.documents(), strict=True):
        places = list(zip(spans.starts.tolist(), spans.ends.tolist(), spans.labels, strict=True))
        right = np.array([place in true for place in places], dtype=np.bool_)
        rank = np.argsort(np.argsort(-spans.probabilities, kind="stable"))
        missed += len(true) - int((right & spans.greedy).sum())
        whose = np.full(len(places), document)
        parts.append((spans.probabilities, right, spans.greedy, rank, whose))
    p, right, greedy, rank, documents = (np.concatenate(one) for one in zip(*parts, strict=True))
    return Spans(p, right, greedy, rank, documents, missed, len(gold))


def over_documents(found: Spans, measure: str) -> tuple[float, float]:
    """Return the 95 % interval of a measure over resampled documents."""
    rng = np.random.default_rng(0)
    n = int(found.documents.max()) + 1
    values = [
        getattr(found.reliability(found.are_candidates, weights), measure)
        for weights in rng.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(np.float64)
    ]
    low, high = np.quantile(values, (0.025, 0.975)).tolist()
    return low, high


def base() -> Language:
    """Return the pipeline, as the recipes score with it."""
    nlp = load_pipeline(str(BASE))
    set_blas(nlp, use_blis=False)
    return nlp


def rows(corpus: Corpus) -> Iterator[tuple[str, Row]]:
    """Yield the rows of the pipeline as it is, on one corpus."""
    nlp, test = base(), read_gold(DATA / corpus.test)
    before = score_test(nlp, test, DEFAULT_TEMPERATURE)
    measures = measures_of(before)
    for name in ("ece", "brier"):
        low, high = over_documents(before, name)
        n = int(before.are_candidates.sum())
        yield f"{name}.{corpus.name}.before", row([measures[name]], low, high, n=n)
    for name in list(measures)[2:]:
        yield f"{name}.{corpus.name}.before", row([measures[name]])
    fitted = [fit(nlp, part) for part in draws(corpus, DRAWS)]
    yield f"temperature.{corpus.name}", row(fitted)
    after = [measures_of(score_test(nlp, test, temperature)) for temperature in fitted]
    for name in measures:
        yield f"{name}.{corpus.name}.after", row([one[name] for one in after])


def measures_of(found: Spans) -> dict[str, float]:
    """Return all that a row is made of."""
    reliability = found.reliability(found.are_candidates)
    likeliest = np.argsort(-found.p, kind="stable")
    return {
        "ece": reliability.ece,
        "brier": reliability.brier,
        "ece-own": found.reliability(found.greedy).ece,
        "auc": found.auc(),
        "candidates": float(found.are_candidates.sum()) / found.sentences,
        "found": found.found(found.are_candidates),
        "found-at-five": found.found(likeliest[: MOST * found.sentences]),
        "found-of-five": found.found(found.rank < MOST),
    }


def refitted_rows(corpus: Corpus) -> Iterator[tuple[str, Row]]:
    """Yield the calibration error of models fine-tuned on each draw, at three temperatures."""
    test = read_gold(DATA / corpus.test)
    errors: dict[str, list[float]] = {"shipped": [], "before": [], "own": []}
    temperatures = []
    for seed, part in enumerate(draws(corpus, REFITS)):
        nlp = fine_tune(str(BASE), answers(part), ROBUST, seed=seed)
        set_blas(nlp, use_blis=False)
        chosen = DEFAULT_TEMPERATURE, fit(base(), part), fit(nlp, part)
        temperatures.append(chosen[-1])
        for name, temperature in zip(errors, chosen, strict=True):
            spans = score_test(nlp, test, temperature)
            errors[name].append(spans.reliability(spans.are_candidates).ece)
    yield f"refitted-temperature.{corpus.name}.own", row(temperatures)
    for name, values in errors.items():
        yield f"refitted-ece.{corpus.name}.{name}", row(values)


def answers(part: Gold) -> Answers:
    """Return whole segments as answers."""
    items = [
        Answer(
            input_hash=segment.input_hash,
            words=tuple(token["text"] for token in segment.record["tokens"]),
            spaces=tuple(token["ws"] for token in segment.record["tokens"]),
            accepted=tuple(sorted(spans)),
        )
        for segment, spans in zip(part.segments, part.spans, strict=True)
    ]
    return Answers("drawn", "full", (LABEL,), tuple(items), {"accept": len(items)})


def fit(nlp: Language, part: Gold) -> float:
    """Return the temperature that whole segments give a model."""
    return fit_temperature(temper_spans(nlp, [LABEL], part.docs(nlp), part.spans))


def draws(corpus: Corpus, n: int) -> list[Gold]:
    """Return n draws from the training pool, in each of which all sentences have one chance."""
    pool = read_gold(DATA / corpus.pool)
    rngs = map(np.random.default_rng, range(n))
    return [pool.take(rng.choice(len(pool), SIZE, replace=False).tolist()) for rng in rngs]


def row(
    values: Sequence[float], low: float | None = None, high: float | None = None, *, n: int = 0
) -> Row:
    """Return the mean of some draws and their range, or one value and its interval."""
    return {
        "value": float(np.mean(values)),
        "low": min(values) if low is None else low,
        "high": max(values) if high is None else high,
        "n": n or len(values),
    }


def main() -> None:
    """Measure, print the rows and write build/bench-calibration.json after each part."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    found: dict[str, Row] = {}
    corpora = [one for one in reversed(CORPORA) if not QUICK or one.name == "finer"]
    for part in (rows, refitted_rows):
        for corpus in corpora:
            found |= part(corpus)
            write_result("bench-calibration", rows=found)
    lines = [
        (name, f"{r['value']:.3f}", f"{r['low']:.3f} to {r['high']:.3f}", r["n"])
        for name, r in found.items()
    ]
    print(table(lines, header=("row", "value", "interval or range", "n"), divider=True))


if __name__ == "__main__":
    main()
