"""Rows 5-9: what exact marginals cost against spaCy's own ways, and how long a person waits.

    make bench            five interleaved repeats, items of three corpora; 20,000 sentences parsed
    QUICK=1 make bench    the same with fewer items and 2,000 sentences
    ROWS=5,6 make bench   some rows only; the others stay as they were measured before

All on one thread and one core. A ratio is one of processor time (`wall` beside it: of time on the
clock), taken within a repeat, in which everything runs in turn on fresh docs; rows give its median
and its range over repeats. Items are tokenised beforehand: only the component is measured.

`5same`, `5floor`: exact marginals against `nlp.pipe` and against the token vectors alone, all on
numpy's BLAS; `5blis`: against `nlp.pipe`, both on BLIS; `5shipped`: on numpy's BLAS, against
`nlp.pipe` as spaCy ships it, on BLIS. `5greedy`: sentences that are parsed differently from spaCy,
on either BLAS. `6beam16`, `6beam32`: `scored_ents` against exact marginals. `7`: `nlp.pipe` against
scoring with token vectors that were kept, which nothing does yet. Rows 8 and 9: see
`first_question.py`.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

# before numpy is loaded
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}

from first_question import measure_first_questions
from kept import current_commit
from spacy.language import Language
from spacy.tokens import Doc
from wasabi.tables import table

from prodigy_al.jobs.machine import describe_machine
from prodigy_al.ner.batches import batches
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import find_ner, load_pipeline, set_blas
from prodigy_al.scoring import transitions
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import MOST_TOKENS, score_pool

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build"
DATA = Path(os.environ.get("PRODIGY_AL_DATA", ROOT.parent / "shared" / "data"))
BASE = DATA / "models" / "en_core_web_sm_225_spacy3"
QUICK = bool(os.environ.get("QUICK"))
ROWS = set(filter(None, os.environ.get("ROWS", "5,5greedy,6,7,8,9").split(",")))
REPEATS = 5
ITEMS, BEAM_ITEMS, SENTENCES = (256, 64, 2_000) if QUICK else (512, 128, 20_000)
PLAIN_BATCH = 256  # of `nlp.pipe`, which is slower with its default of 1,000
CORPORA = {
    "conll": "conll2003/testb.jsonl.gz",
    "finer": "finer_ord/heldout.jsonl.gz",
    "agnews": "ag_news/test.jsonl.gz",
}
PARSED = ("conll2003/train.jsonl.gz", "finer_ord/train.jsonl.gz", "ag_news/train.jsonl.gz")
LABELS = ["ORG"]
TARGETS = {"5same": 0.40, "5blis": 0.40, "5shipped": 0.25, "5floor": 1.25}
AT_LEAST = {"6beam16": 8.0, "6beam32": 15.0, "7": 10.0}

Row = dict[str, Any]
Docs = Sequence[Doc]
Seconds = tuple[float, float]


@dataclass(frozen=True)
class Pipelines:
    """The same pipeline twice, on the BLAS of numpy and on BLIS, with which spaCy ships."""

    numpy: Language
    blis: Language

    @classmethod
    def load(cls) -> Pipelines:
        """Load both."""
        both = [load_pipeline(str(BASE)) for _ in range(2)]
        for nlp, use_blis in zip(both, (False, True), strict=True):
            set_blas(nlp, use_blis=use_blis)
        return cls(*both)


def read_items(name: str, n: int) -> list[dict[str, Any]]:
    """Return the first records of a corpus that have a token."""
    with gzip.open(DATA / name, "rt", encoding="utf8") as lines:
        records = [json.loads(line) for line in lines]
    return [record for record in records if record["text"].strip()][:n]


def make_docs(nlp: Language, records: Sequence[Mapping[str, Any]]) -> list[Doc]:
    """Return fresh docs with the corpus's own tokens, or the pipeline's where it has none."""
    return [
        Doc(nlp.vocab, [t["text"] for t in record["tokens"]], [t["ws"] for t in record["tokens"]])
        if "tokens" in record
        else nlp.make_doc(record["text"])
        for record in records
    ]


def in_batches(docs: Docs) -> Iterator[Docs]:
    """Yield the docs as they are scored."""
    return batches(docs, most_tokens=MOST_TOKENS)


def plain(nlp: Language) -> Callable[[Docs], object]:
    """Return spaCy's own way to entities."""
    return lambda docs: list(nlp.pipe(docs, batch_size=PLAIN_BATCH))


def exact(nlp: Language) -> Callable[[Docs], object]:
    """Return ours to marginals."""
    scorer = MarginalScorer(nlp, LABELS)
    return lambda docs: list(score_pool(scorer, docs, progress=False))


def floor(nlp: Language) -> Callable[[Docs], object]:
    """Return what computes the token vectors and nothing else."""
    tok2vec = find_ner(nlp).model.get_ref("tok2vec")
    return lambda docs: [tok2vec.predict(batch) for batch in in_batches(docs)]


def beam(nlp: Language, width: int) -> Callable[[Docs], object]:
    """Return spaCy's beam search with the sums of its scores per span."""
    ner = find_ner(nlp)

    def run(docs: Docs) -> object:
        return [ner.scored_ents(ner.beam_parse(batch, width)) for batch in in_batches(docs)]

    return run


def from_vectors(nlp: Language, docs: Docs) -> Callable[[Docs], object]:
    """Return ours with the token vectors of these docs, in their batches, computed beforehand."""
    tok2vec = find_ner(nlp).model.get_ref("tok2vec")
    kept = [tok2vec.predict(batch) for batch in in_batches(docs)]
    scorer = MarginalScorer(nlp, LABELS)

    def run(docs: Docs) -> object:
        turn = iter(kept)
        with patch.object(transitions, "token_vectors", lambda *_: next(turn)):
            return list(score_pool(scorer, docs, progress=False))

    return run


def seconds(action: Callable[[Docs], object], docs: Docs) -> Seconds:
    """Run it; return processor seconds and seconds on the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    action(docs)
    return time.process_time() - cpu, time.perf_counter() - wall


def interleaved(
    actions: Mapping[str, Callable[[Docs], object]], fresh: Callable[[], Docs]
) -> dict[str, list[Seconds]]:
    """Return the seconds of every action in every repeat; the first round is for warming up."""
    spent: dict[str, list[Seconds]] = {name: [] for name in actions}
    for repeat in range(REPEATS + 1):
        for name, action in actions.items():
            took = seconds(action, fresh())
            if repeat:
                spent[name].append(took)
    return spent


def ratio(name: str, over: Sequence[Seconds], under: Sequence[Seconds]) -> Row:
    """Return the row of a ratio."""
    cpu, wall = ([a[i] / b[i] for a, b in zip(over, under, strict=True)] for i in (0, 1))
    row: Row = {"value": median(cpu), "low": min(cpu), "high": max(cpu), "n": len(cpu)}
    row["wall"] = median(wall)
    least, target = AT_LEAST.get(name), TARGETS.get(name)
    met = row["value"] >= least if least else target is None or row["value"] <= target
    return {**row, "target": f">= {least:g}" if least else f"<= {target:g}", "met": met}


def measure_corpus(both: Pipelines, corpus: str) -> Iterator[tuple[str, Row]]:
    """Yield rows 5 and 7 of a corpus."""
    records = read_items(CORPORA[corpus], ITEMS)
    docs = make_docs(both.numpy, records)
    actions = {
        "exact": exact(both.numpy),
        "plain": plain(both.numpy),
        "floor": floor(both.numpy),
        "kept": from_vectors(both.numpy, docs),
        "blis": plain(both.blis),
        "exact-blis": exact(both.blis),
    }
    spent = interleaved(actions, lambda: make_docs(both.numpy, records))
    pairs = {
        "5same": ("exact", "plain"),
        "5blis": ("exact-blis", "blis"),
        "5shipped": ("exact", "blis"),
        "5floor": ("exact", "floor"),
        "7": ("plain", "kept"),
    }
    tokens = sum(map(len, docs))
    speed = tokens / median(cpu for cpu, _ in spent["exact"])
    for name, (over, under) in pairs.items():
        if name[0] in ROWS:
            row = ratio(name, spent[over], spent[under])
            row |= {"items": len(docs), "tokens": tokens, "exact_tokens_per_second": round(speed)}
            yield f"{name}.{corpus}", row


def measure_beams(both: Pipelines, corpus: str) -> Iterator[tuple[str, Row]]:
    """Yield rows 6 of a corpus."""
    records = read_items(CORPORA[corpus], BEAM_ITEMS)
    names = {"6beam16": 16, "6beam32": 32}
    actions = {name: beam(both.numpy, width) for name, width in names.items()}
    spent = interleaved(
        {**actions, "exact": exact(both.numpy)}, lambda: make_docs(both.numpy, records)
    )
    for name in names:
        yield f"{name}.{corpus}", ratio(name, spent[name], spent["exact"])


def measure_greedy(both: Pipelines) -> Iterator[tuple[str, Row]]:
    """Yield row 5greedy: of `SENTENCES` sentences, those that are parsed differently from spaCy."""
    records = [record for name in PARSED for record in read_items(name, SENTENCES)][:SENTENCES]
    for name, nlp in (("numpy", both.numpy), ("blis", both.blis)):
        docs, different, entities = make_docs(nlp, records), 0, 0
        scored = score_pool(MarginalScorer(nlp), docs, total=len(docs))
        for one, predicted in zip(scored, predict_entities(nlp, docs), strict=True):
            spans = zip(one.starts.tolist(), one.ends.tolist(), one.labels, strict=True)
            parse = [span for span, taken in zip(spans, one.greedy, strict=True) if taken]
            entities += len(parse)
            different += parse != predicted
        yield f"5greedy.{name}", {
            "value": different, "low": different, "high": different, "n": len(docs),
            "entities": entities, "target": "0", "met": different == 0,
        }  # fmt: skip


def measure() -> Iterator[tuple[str, Row]]:
    """Yield every row that is asked for."""
    both = Pipelines.load()
    for corpus in CORPORA:
        if ROWS & {"5", "7"}:
            yield from measure_corpus(both, corpus)
        if "6" in ROWS:
            yield from measure_beams(both, corpus)
    if "5greedy" in ROWS:
        yield from measure_greedy(both)
    if ROWS & {"8", "9"}:
        yield from measure_first_questions(ROWS, quick=QUICK)


def main() -> None:
    """Measure, print and write build/bench.json; what was measured before stays in it."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    path = BUILD / "bench.json"
    path.parent.mkdir(exist_ok=True)
    rows: dict[str, Row] = {}
    for name, row in measure():
        # read again each time: other rows may be measured meanwhile
        rows = json.loads(path.read_bytes())["rows"] if path.exists() else {}
        rows[name] = {**row, "commit": current_commit()}
        result = {"rows": rows, "machine": dict(describe_machine()), "commit": current_commit()}
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf8")
        print(f"{name}: {row['value']:.3f}", file=sys.stderr, flush=True)
    lines = [
        (name, f"{r['value']:.3f}", f"{r['low']:.3f} to {r['high']:.3f}", r["n"], r["target"],
         "met" if r["met"] else "MISSED")
        for name, r in rows.items()
    ]  # fmt: skip
    header = ("row", "median", "range", "n", "target", "")
    print(table(lines, header=header, divider=True))


if __name__ == "__main__":
    main()
