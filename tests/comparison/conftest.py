"""A small comparison: datasets of generated news, trained and measured within seconds."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from prodigy.components.db import connect
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.measurements import Measurements
from prodigy_al.comparison.plan import Plan
from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.runs import Run
from prodigy_al.comparison.testset import TestSet, read_test, remove_overlap
from prodigy_al.inputs.comparison import open_comparison
from prodigy_al.report.build import build_report
from prodigy_al.report.schema import Report
from prodigy_al.sampling.design import RANKING, SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame, build_frame
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import Candidate, Scored
from prodigy_al.scoring.acquisition import expected_errors
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


@pytest.fixture(scope="session")
def drawn(world: Path) -> Callable[..., Arm]:
    """Draw a dataset from the pool, answer it with gold and read it: (name, strategy, seed, ...).

    By keys over the whole fold; `random` and `random-binary` with ε = 1.
    """
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()
    pool = [json.loads(line) for line in lines]
    gold = {r["text"]: [s for s in r["spans"] if s["label"] in LABELS] for r in pool}
    tokenizer = spacy.blank("en").make_doc

    def draw(
        name: str,
        strategy: str = "ranked",
        seed: int = 0,
        *,
        salt: str = "salt",
        number: int = 100,
        texts: slice = slice(None),
        labels: Sequence[str] = LABELS,
        **chosen: Any,
    ) -> Arm:
        frame = _frame(pool[texts], salt)
        binary = strategy in ("teach", "random-binary")
        design = SamplingDesign(
            strategy,
            "candidate" if binary else "segment",
            seed=seed,
            fold_salt=salt,
            **_usual(strategy) | chosen,
        )
        header = Header(
            model={"name": "base"},
            scorer={"labels": sorted(labels)},
            source={"name": "pool.jsonl", "sha256": frame.sha256},
            segmentation="tokens",
        )
        draws = draw_questions(frame, design, _score, acquisition=expected_errors)
        tasks = make_tasks(islice(draws, number), design, header, set_hashes)
        answers = [_answered(task, gold[task["text"]], binary=binary) for task in tasks]
        return read_arm(name, answers, LABELS, tokenizer=tokenizer)

    return draw


def _usual(strategy: str) -> dict[str, Any]:
    """Return the score of a strategy, or the share of chance of a random one."""
    if strategy.startswith("random"):
        return {"explore": 1.0}
    return {"acquisition": RANKING["acquisition"]} if strategy.startswith("ranked") else {}


@pytest.fixture
def untrained(plan: Any) -> Callable[..., Report]:
    """Report on arms whose models find gold spans at random, without any training: (*arms)."""

    def report(*arms: Arm, quality: float = 0.7, **options: Any) -> Report:
        asked = plan(arms, **options)
        measured = Measurements(asked, *remove_overlap(asked.arms, asked.test))
        rng = np.random.default_rng(0)
        sets = (asked.test.gold, *(arm.dev for arm in arms))
        runs = [(arm.dataset, policy) for arm in arms for policy in asked.policies]
        for name, policy in [("", None), *runs]:
            for seed in asked.seeds if policy else (0,):
                predictions = [
                    [_found(item, quality, rng) for item in answers.items] for answers in sets
                ]
                measured.add(Run(asked.base, sets, name, policy, seed), predictions)
        return build_report(measured)

    return report


def _found(item: Answer, quality: float, rng: np.random.Generator) -> frozenset[TokenSpan]:
    return frozenset(span for span in item.accepted if rng.uniform() < quality)


def _frame(records: Sequence[dict[str, Any]], salt: str) -> Frame:
    inputs = ((i, set_hashes({"text": r["text"]})["_input_hash"], r) for i, r in enumerate(records))
    return build_frame(inputs, dev_share=0.25, fold_salt=salt)


def _score(segments: Any) -> Any:
    """Give every text two candidates, the more certain the longer it is."""
    for segment in segments:
        tokens = segment.record["tokens"][:2]
        p = 0.5 / len(segment.record["tokens"])
        spans = tuple(Candidate(t["start"], t["end"], "ORG", p, greedy=False) for t in tokens)
        yield Scored(round(len(spans) * p * (1 - p), 9), spans)


def _answered(task: dict[str, Any], gold: Examples, *, binary: bool) -> dict[str, Any]:
    """Answer a task as a person would who knows the gold, and store it as JSON."""
    answer: dict[str, Any] = {"spans": gold, "answer": "accept", "_view_id": "ner_manual"}
    if binary:
        (span,) = task["spans"]
        right = (span["start"], span["end"]) in {(s["start"], s["end"]) for s in gold}
        verdict = "accept" if right else "reject"
        answer = {"spans": [span], "answer": verdict, "_view_id": "ner"}
    return dict(json.loads(json.dumps({**task, **answer})))


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


@pytest.fixture(scope="session")
def simulated(
    world: Path, warm: Any, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Examples]:
    """Simulate two seeds of `random`, `ranked` and `teach`, 48 answers each: by dataset."""
    home = tmp_path_factory.mktemp("simulated")
    done = warm(
        "prodigy", "al.simulate", world / "pool.jsonl", world / "base", "news", "-l", "ORG",
        "--budget", 48, "--arms", "random,ranked,teach", "--seeds", 2, home=home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    database = connect("sqlite", {"path": str(home)})
    return {name: list(database.get_dataset_examples(name)) for name in database.datasets}


@pytest.fixture
def opened(home: Path, world: Path) -> Callable[..., Plan]:
    """Store datasets and open a comparison of them: (DATASETS, answers by dataset, **options)."""

    def open_stored(datasets: str, answers: dict[str, Examples], **options: Any) -> Plan:
        database = connect("sqlite", {"path": str(home)})
        for name, examples in answers.items():
            if name not in database:
                database.add_dataset(name)
                database.add_examples(examples, datasets=[name])
        chosen: dict[str, Any] = {
            "label": LABELS, "loader": None, "skip_bad": False, "policies": ["usual"],
            "curves": False, "seeds": [0], "workers": 1, "engine": None, "group_by": None,
            "output": home / "out",
        }  # fmt: skip
        test = str(world / "test.jsonl")
        return open_comparison(datasets.split(","), str(world / "base"), test, **(chosen | options))

    return open_stored
