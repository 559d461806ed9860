"""Pools to plant causes in: generated news, or real documents, and the pipeline that asks about it.

Of generated news the base is trained on other documents of the same knobs and guideline, so that
nothing differs between base, pool and annotators but what is planted. Its grammar makes some
sentences again and again; of those that nearly repeat an earlier one none is in a pool, so that no
text is there twice. A pool is in the order of an archive: kind of document by kind of document. In
a world `with_versions` one sentence in twenty has two later versions in its own document, as wire
stories have.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import numpy as np
from news import PRETRAINED, Document, Knobs, documents, records
from news.base import read_doc, train_base
from real_corpora import BASE, BUILD, CORPORA, DATA
from spacy.language import Language

from prodigy_al.diagnosis.shingles import cluster_texts
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import load_pipeline

Record = Mapping[str, Any]

FOLDER = BUILD / "planted"
LABEL = "ORG"
UNSEEN = "unseen"
KNOBS: Mapping[str, Knobs] = {
    "usual": Knobs(),
    "ambiguous": Knobs(ambiguity=0.9, rarity=0.7, blind=0.0),
    UNSEEN: Knobs(prevalence=0.5, ambiguity=0.6, rarity=0.45, blind=0.1),
}
"""Settings of generated news; nothing was tried on the `UNSEEN` one before the final run."""
BASE_DOCUMENTS, BASE_EPOCHS, BASE_SEED = 100, 5, 500_000
POOL_DOCUMENTS, POOL_SEGMENTS = 170, 1000
VERSIONS, SHARE_WITH_VERSIONS, LONG_ENOUGH = ("update", "correction"), 0.05, 12


@dataclass(frozen=True, eq=False)
class World:
    """A pool in a file, its distinct `records` with gold, and the path of the base.

    `other_rules` are the same texts as another guideline marks them, in the same order; none of
    real documents.
    """

    seed: int
    pool: Path
    base: Path
    records: Sequence[Record]
    other_rules: Sequence[Record] = ()

    @cached_property
    def nlp(self) -> Language:
        """Return the base."""
        return load_pipeline(str(self.base))

    @cached_property
    def predicted(self) -> list[set[tuple[int, int]]]:
        """Return the spans (tokens, end exclusive) that the base finds in each record."""
        docs = (read_doc(self.nlp, record) for record in self.records)
        found = predict_entities(self.nlp, docs)
        return [{(a, b) for a, b, label in spans if label == LABEL} for spans in found]

    @cached_property
    def gold(self) -> list[set[tuple[int, int]]]:
        """Return the spans (tokens, end exclusive) that each record has."""
        return [
            {(span["token_start"], span["token_end"] + 1) for span in own_spans(record)}
            for record in self.records
        ]

    def rng(self, plant: str) -> np.random.Generator:
        """Return the generator of one plant, which depends on no other plant."""
        return np.random.default_rng([self.seed, crc32(plant.encode())])


def own_spans(record: Record) -> list[dict[str, Any]]:
    """Return the spans of the label that is asked for."""
    return [span for span in record["spans"] if span["label"] == LABEL]


def generated_world(setting: str, seed: int, *, with_versions: bool = False) -> World:
    """Return news of one setting of the knobs and one seed; the base is trained once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    knobs = KNOBS[setting]
    usual, other = (
        list[Record](records(_by_kind(documents(POOL_DOCUMENTS, seed, own))))
        for own in (knobs, replace(knobs, scheme=PRETRAINED))
    )
    clusters = cluster_texts([record["text"] for record in usual]).tolist()
    first = [i for i, cluster in enumerate(clusters) if i == cluster]
    usual, other = ([made[i] for i in first] for made in (usual, other))
    if with_versions:
        usual, other = (_with_versions(made, seed) for made in (usual, other))
    pool = _write(usual, f"{setting}-{seed}")
    return World(seed, pool, _base(setting), distinct(usual), distinct(other))


def real_world(seed: int) -> World:
    """Return documents of a real corpus: of one by even seeds, of another by odd ones."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    corpus = CORPORA[seed % len(CORPORA)]
    with gzip.open(DATA / corpus.pool, "rt", encoding="utf8") as file:
        lines = [json.loads(line) for line in file]
    names = sorted({line["meta"]["doc"] for line in lines})
    Random(seed).shuffle(names)
    place = {name: i for i, name in enumerate(names)}
    lines.sort(key=lambda line: place[line["meta"]["doc"]])  # stable: in reading order within
    chosen = lines[:POOL_SEGMENTS]
    pool = _write(chosen, f"{corpus.name}-{seed}")
    return World(seed, pool, BASE, distinct(chosen))


def distinct(found: Iterable[Record]) -> list[Record]:
    """Return the first record of every text."""
    by_text: dict[str, Record] = {}
    for record in found:
        by_text.setdefault(record["text"], record)
    return list(by_text.values())


def _base(setting: str) -> Path:
    """Return the pipeline of a setting, which is there as a whole or not at all."""
    base = FOLDER / f"base-{setting}"
    if not base.exists():
        unfinished = FOLDER / f"unfinished-{setting}"
        others = records(documents(BASE_DOCUMENTS, BASE_SEED, KNOBS[setting]))
        train_base(others, epochs=BASE_EPOCHS).to_disk(unfinished)
        unfinished.rename(base)
    return base


def _by_kind(made: Iterable[Document]) -> list[Document]:
    return sorted(made, key=lambda document: document.kind)


def _with_versions(found: Sequence[Record], seed: int) -> list[Record]:
    """Return the records with later versions of some of them behind them."""
    rng, all_of_them = Random(f"versions {seed}"), list[Record]()
    for record in found:
        all_of_them.append(record)
        if len(record["tokens"]) >= LONG_ENOUGH and rng.random() < SHARE_WITH_VERSIONS:
            all_of_them += [version(record, word) for word in VERSIONS]
    return all_of_them


def version(record: Record, word: str) -> Record:
    """Return a later version of a record: with a word in brackets behind it."""
    text, tokens = record["text"], [dict(token) for token in record["tokens"]]
    tokens[-1]["ws"] = True
    for piece, gap in (("(", " "), (word, ""), (")", "")):
        start = len(text) + len(gap)
        text += gap + piece
        tokens.append(
            {"text": piece, "start": start, "end": len(text), "id": len(tokens), "ws": False}
        )
    return {**record, "text": text, "tokens": tokens, "meta": {**record["meta"], "version": word}}


def _write(found: Iterable[Record], name: str) -> Path:
    path = FOLDER / f"{name}.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in found), encoding="utf8")
    return path
