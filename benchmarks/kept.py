"""What each trained model of a study got on test, small enough to be kept with the results.

A study of many trainings takes longer than one machine may be had for. build/ holds its datasets
and predictions and goes with the machine; this file of numbers stays, and a study that finds a
model in it neither simulates its answers nor trains it again. It holds no text: counts by document
of the test set, in the order of the set, and what the answers cost.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from study_rows import Row, difference_row

from prodigy_al.arrays import FloatArray
from prodigy_al.comparison.estimates import difference_over_replicates
from prodigy_al.comparison.measurements import BASE as UNTRAINED
from prodigy_al.comparison.measurements import Measurements, Model
from prodigy_al.comparison.measurements import Row as Measured
from prodigy_al.comparison.retention import FEWEST_SPANS, measure_retention
from prodigy_al.errors import EstimateError
from prodigy_al.evaluation.counts import Counts, scores
from prodigy_al.jobs.files import write_atomically

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Tested:
    """One model on a test set, one entry per document: matches, predicted and gold spans.

    others: agreement with the base on the labels that were not asked for, together
    per_label: the same of each of them of which the base has 20 spans or more
    effort: what its answers cost, as the study counts it
    commit: of the code that trained it
    signs: what can be seen of it without the test set, where a study is about that
    """

    tp: list[int]
    predicted: list[int]
    gold: list[int]
    others: float
    per_label: dict[str, float]
    effort: dict[str, float]
    commit: str
    signs: dict[str, float] = field(default_factory=dict)

    @property
    def counts(self) -> Counts:
        """Return the counts by document."""
        parts = (np.array(part, dtype=float) for part in (self.tp, self.predicted, self.gold))
        return Counts(*parts)

    @property
    def f1(self) -> float:
        """Return F1 on test."""
        found = scores(self.counts).f1
        if found is None:
            raise EstimateError("neither gold nor the model has a span on this test set")
        return found


def tested(measured: Measurements, model: Model, effort: Mapping[str, float]) -> Tested:
    """Return what is kept of a measured model; its base is measured too."""
    side = measured.side(Measured(model, "test"))
    (counts,) = side.counts_per_seed
    place = {group: i for i, group in enumerate(dict.fromkeys(side.groups))}
    documents = [place[group] for group in side.groups]

    def by_document(part: FloatArray) -> list[int]:
        return [round(total) for total in np.bincount(documents, part)]

    retention = measure_retention(
        measured.plan.test.gold, measured.predictions[UNTRAINED][0], measured.predictions[model]
    )
    if retention.agreement_f1 is None:
        raise EstimateError("the base predicts no other label on this test set")
    return Tested(
        tp=by_document(counts.tp),
        predicted=by_document(counts.predicted),
        gold=by_document(counts.gold),
        others=retention.agreement_f1,
        per_label={
            label: one.agreement_f1
            for label, one in retention.per_label.items()
            if one.before >= FEWEST_SPANS and one.agreement_f1 is not None
        },
        effort=dict(effort),
        commit=current_commit(),
    )


def difference(
    pairs: Sequence[tuple[Tested, Tested]], target: float | None = None, *, mean: float = 0.0
) -> Row:
    """Return the row of a difference over replicates, the second of each pair subtracted."""
    ours, theirs = ([[pair[i].counts] for pair in pairs] for i in (0, 1))
    groups = [str(document) for document in range(len(pairs[0][0].tp))]
    found = difference_over_replicates(ours, theirs, groups)
    values = [first.f1 - second.f1 for first, second in pairs]
    return difference_row(found, values, target, mean=mean)


class KeptModels:
    """Tested models by name, in a file of build/ and, from earlier runs, one of the results."""

    def __init__(self, name: str) -> None:
        self._path = ROOT / "build" / f"{name}.json"
        self._found: dict[str, Tested] = {}
        for path in (ROOT / "benchmarks" / "results" / f"{name}.json", self._path):
            if path.exists():
                stored: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
                self._found |= {model: Tested(**one) for model, one in stored.items()}

    def __contains__(self, model: str) -> bool:
        return model in self._found

    def __getitem__(self, model: str) -> Tested:
        return self._found[model]

    def add(self, found: Mapping[str, Tested]) -> None:
        """Keep models, on disk too, one to a line."""
        self._found |= found
        lines = [
            f"{json.dumps(name)}: {json.dumps(_to_json(one), separators=(',', ':'))}"
            for name, one in sorted(self._found.items())
        ]
        write_atomically(self._path, "{\n" + ",\n".join(lines) + "\n}\n")


def _to_json(one: Tested) -> dict[str, Any]:
    """Return all that is kept of a model; most studies keep no signs."""
    return {key: value for key, value in asdict(one).items() if key != "signs" or value}


def current_commit() -> str:
    """Return the commit of this checkout."""
    return subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
