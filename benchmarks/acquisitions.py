"""What does each acquisition function bring to the top? Both training pools, their gold known.

    make bench-acquisition            every function on both corpora; two minutes
    QUICK=1 make bench-acquisition    on the first 1,500 sentences of FiNER

The pipeline's own ORG spans are held against the gold of every sentence of the pool: a wrong span
is one that it finds and that is not there, or the other way round. Each function ranks the pool, as
`--by` does (ties at random). Rows, per corpus and function:

    top300      share of the first 300 sentences that hold a wrong span
    found       share of all wrong spans that are in the first 1,000 sentences
    tokens      mean tokens of these
    tables      share of these that look like a table (`sampling/kinds.py`)
    per-1000    wrong spans in 1,000 tokens of these

Random order has its expected values, which are those of the whole pool. Nothing is trained: which
function teaches most is another question, docs/fine-tuning.md.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from gold import LABEL, Gold, read_gold
from real_corpora import BASE, CORPORA, DATA, QUICK, Corpus, write_result
from wasabi.tables import table

from prodigy_al.arrays import BoolArray, FloatArray, IntArray
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256, set_blas
from prodigy_al.sampling.kinds import measure_kinds
from prodigy_al.sampling.scored import Scored
from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.committee import MEMBERS
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer

FIRST, MORE = 300, 1000
EXPECTED = "random (expected)"
COLUMNS = ("top300", "found", "tokens", "tables", "per-1000")


def scores_of(gold: Gold, folder: Path) -> dict[str, list[Scored]]:
    """Return the pool scored by every function, the model asked once."""
    nlp = load_pipeline(str(BASE))
    set_blas(nlp, use_blis=False)
    scorer = MarginalScorer(nlp, [LABEL], steps=True, embed=True, members=MEMBERS)
    cache = ScoreCache(folder / "scores.sqlite", pipeline_sha256(nlp))
    return {
        name: list(segment_scorer(nlp, scorer, name, cache=cache)(gold.segments))
        for name in ACQUISITIONS
    }


def wrong_spans(gold: Gold, scored: Sequence[Scored]) -> IntArray:
    """Return (N,): how many spans the model's own parse of each sentence has wrong or lacks."""
    wrong = []
    for segment, true, one in zip(gold.segments, gold.spans, scored, strict=True):
        tokens = segment.record["tokens"]
        wanted = {(tokens[a]["start"], tokens[b - 1]["end"]) for a, b, _ in true}
        found = {(span.start, span.end) for span in one.candidates if span.greedy}
        wrong.append(len(wanted ^ found))
    return np.array(wrong)


def measures(order: IntArray, wrong: IntArray, tokens: IntArray, tables: BoolArray) -> list[float]:
    """Return the columns of a table's line for an order of the pool."""
    first, more = order[:FIRST], order[:MORE]
    return [
        float(np.mean(wrong[first] > 0)),
        float(wrong[more].sum() / wrong.sum()),
        float(tokens[more].mean()),
        float(tables[more].mean()),
        float(1000 * wrong[more].sum() / tokens[more].sum()),
    ]


def rank(u: FloatArray) -> IntArray:
    """Return the places of the pool from the highest score down, ties at random."""
    at_random = np.random.default_rng(0).random(u.size)
    return np.lexsort((at_random, -u))


def measure(corpus: Corpus) -> dict[str, list[float]]:
    """Return the line of every function, and what a random order is expected to have."""
    gold = read_gold(DATA / corpus.pool)
    if QUICK:
        gold = gold.take(range(1500))
    with TemporaryDirectory() as folder:
        scored = scores_of(gold, Path(folder))
    kinds = measure_kinds(gold.segments)
    tables = np.array([kinds.name(one).endswith("table") for one in gold.segments])
    any_of_them = next(iter(scored.values()))
    tokens = np.array([one.tokens for one in any_of_them])
    wrong = wrong_spans(gold, any_of_them)
    found = {
        name: measures(rank(np.array([one.u for one in own])), wrong, tokens, tables)
        for name, own in scored.items()
    }
    expected = [wrong > 0, MORE / wrong.size, tokens, tables, 1000 * wrong.sum() / tokens.sum()]
    print(f"{corpus.name}: {wrong.size:,} sentences, {wrong.sum():,} wrong spans")
    return {**found, EXPECTED: [float(np.mean(one)) for one in expected]}


def main() -> None:
    """Rank both pools, print a table of each and write build/bench-acquisition.json."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    rows: dict[str, dict[str, float]] = {}
    for corpus in reversed(CORPORA[1:] if QUICK else CORPORA):
        found = measure(corpus)
        for name, values in found.items():
            for column, value in zip(COLUMNS, values, strict=True):
                n = FIRST if column == "top300" else MORE
                rows[f"{column}.{corpus.name}.{name}"] = {"value": value, "n": n}
        lines = [(name, *(f"{value:.3f}" for value in values)) for name, values in found.items()]
        print(table(lines, header=(corpus.name, *COLUMNS), divider=True))
    write_result("bench-acquisition", rows=rows)


if __name__ == "__main__":
    main()
