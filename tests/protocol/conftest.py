"""Protocols whose counts are made up, so that every rule can be met: no pipeline is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.comparison.testset import TestSet
from prodigy_al.evaluation.counts import Counts
from prodigy_al.protocol.measuring import Measured, Tested
from prodigy_al.protocol.plan import (
    LOOKUP,
    ORACLE,
    POOL,
    RANDOM,
    Cell,
    Pipeline,
    ProtocolPlan,
)
from prodigy_al.protocol.result import Result
from prodigy_al.protocol.run import summarise
from prodigy_al.training.answers import Answer, Answers

DOCUMENTS, SPANS = 30, 80
BASE = 0.6  # F1 of random order
GAINS: Mapping[str, float] = {RANDOM: 0.0, POOL: 0.12, ORACLE: 0.05}
Gain = Callable[[Cell], float]


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., ProtocolPlan]:
    """Plan a protocol of ranked and teach: (**what differs)."""

    def make(*, documents: int = DOCUMENTS, **changes: Any) -> ProtocolPlan:
        items = [
            Answer(i, (f"text{i}",), (False,), tuple((k, k + 1, "ORG") for k in range(SPANS)))
            for i in range(documents)
        ]
        gold = Answers("test", "full", ("ORG",), tuple(items), {})
        names = tuple(f"document {i}" for i in range(documents))
        usual: dict[str, Any] = {
            "name": "news",
            "parts": ("budgets", "bounds"),
            "arms": ("ranked", "teach"),
            "seeds": (0, 1, 2, 3, 4),
            "budget": 1000,
            "unit": "answers",
            "segments": 3000,
            "labels": ("ORG",),
            "test": TestSet("heldout.jsonl", gold, tuple(range(documents)), names),
            "base": Pipeline("base_sm", {"name": "base_sm", "version": "1", "sha256": "a"}),
            "successor": Pipeline("other_md", {"name": "other_md", "version": "1", "sha256": "b"}),
            "settings": ("usual", "robust", "scratch"),
            "starts": (1 / 6, 1 / 3),
            "start_share": 1 / 3,
            "wanted": 0.02,
            "cache": RunCache(tmp_path / "runs"),
            "workers": 1,
            "tokenizer": str.split,
            "conditions": {"error_rate": 0.0, "costs_from": None},
            "fold_salt": "salt",
            "active": {},
            "machine": {"cores": 2},
        }
        return ProtocolPlan(**usual | changes)

    return make


@pytest.fixture
def found(plan: Any) -> Callable[..., Result]:
    """Return the result of made-up counts: (gain of a cell over random, spread=, short=, ...).

    What a cell finds in a document is what random order finds there and the gain, so that documents
    matter little; `spread` is about the standard deviation of a gain between redraws.
    """

    def make(
        gain: Gain | Mapping[str, float],
        *,
        spread: float = 0.002,
        short: int = 0,
        **changes: Any,
    ) -> Result:
        planned: ProtocolPlan = plan(**changes)
        gold = np.full(len(planned.test.groups), float(SPANS))
        rng = np.random.default_rng(5)
        apart = np.linspace(-1.3, 1.3, len(planned.seeds)) * spread
        measured = {}
        for place, seed in enumerate(planned.seeds):
            luck = rng.random((gold.size, SPANS))
            cells = {}
            for cell in dict.fromkeys(one for part in planned.parts for one in planned.cells(part)):
                more = gain(cell) if callable(gain) else gain.get(cell.arm, GAINS.get(cell.arm, 0))
                noise = 0.0 if cell.arm == RANDOM else apart[place]
                level = 0.3 if cell.policy == LOOKUP and not callable(gain) else BASE + more
                tp = (luck < level + noise).sum(axis=1).astype(float)
                tested = Tested(Counts(tp, gold, gold), 1000, 750, 9000.0, place < short)
                cells[cell] = tested
            untrained = Counts(gold / 2, gold, gold)
            measured[seed] = Measured(untrained, untrained, cells)
        return summarise(planned, measured)

    return make
