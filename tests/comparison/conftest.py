"""A small comparison: datasets of generated news, trained and measured within seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import spacy

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.runs import Run
from prodigy_al.comparison.testset import TestSet, read_test, remove_overlap
from prodigy_al.training.answers import Answer
from prodigy_al.training.truths import TokenSpan

LABELS = ["ORG"]
Examples = list[dict[str, Any]]


def _records(path: Path, number: int, form: str = "full") -> Examples:
    """Answers to the first texts of a gold file: as it says, or one accepted span each."""
    lines = path.read_text(encoding="utf8").splitlines()
    found = []
    for i, line in enumerate(lines):
        record = json.loads(line)
        spans = [span for span in record["spans"] if span["label"] in LABELS]
        record["spans"] = spans
        if form == "binary":
            record["spans"] = spans[:1] or [{**record["tokens"][0], "label": "ORG"}]
            record["answer"] = "accept" if spans else "reject"
        view = "ner" if form == "binary" else "ner_manual"
        found.append(record | {"_input_hash": i, "_view_id": view, "_timestamp": 1000 + 10 * i})
    return found[:number]


@pytest.fixture(scope="session")
def examples(world: Path) -> Callable[..., Examples]:
    """Answers to the pool's first texts: (number, form)."""
    return lambda number=80, form="full": _records(world / "pool.jsonl", number, form)


@pytest.fixture(scope="session")
def arm(world: Path) -> Callable[..., Arm]:
    """Read a dataset: (name, examples, curves)."""
    tokenizer = spacy.load(world / "base").make_doc
    return partial(read_arm, labels=LABELS, tokenizer=tokenizer)


@pytest.fixture(scope="session")
def gold(world: Path) -> TestSet:
    """Held-out text, all of it."""
    # numbered apart from the pool's texts
    records = [(100_000 + i, r) for i, r in enumerate(_records(world / "test.jsonl", 200))]
    return read_test("test", records, LABELS, tokenizer=spacy.load(world / "base").make_doc)


@pytest.fixture
def plan(world: Path, gold: TestSet, tmp_path: Path) -> Callable[..., Plan]:
    """Plan a comparison: (arms, policies, seeds, **fields)."""

    def make(
        arms: Sequence[Arm],
        policies: Sequence[str] = ("usual",),
        seeds: Sequence[int] = (0,),
        **fields: Any,
    ) -> Plan:
        output = fields.pop("output", tmp_path / "out")
        chosen = {
            "test": gold,
            "base": str(world / "base"),
            "model": {"name": "base", "version": "1", "sha256": "of the base"},
            "labels": LABELS,
            "workers": 1,
            "cache": RunCache(output / "runs"),
            "output": output,
        }
        return Plan(arms=arms, policies=policies, seeds=seeds, **(chosen | fields))

    return make


Predict = Callable[[Answer], set[TokenSpan]]


@pytest.fixture(scope="session")
def predicted() -> Callable[..., Measurements]:
    """Measure models that predict as told, without any training: (plan, base, **by dataset)."""

    def make(plan: Plan, base: Predict, **models: Predict) -> Measurements:
        evaluate = (plan.test.gold, *(arm.dev for arm in plan.arms))
        found = Measurements(plan, *remove_overlap(plan.arms, plan.test))
        runs = [(Run(plan.base, evaluate), base)]
        runs += [
            (Run(plan.base, evaluate, dataset=name, policy="usual"), predict)
            for name, predict in models.items()
        ]
        for run, predict in runs:
            predictions = [[frozenset(predict(one)) for one in part.items] for part in evaluate]
            found.add(run, predictions)
        return found

    return make
