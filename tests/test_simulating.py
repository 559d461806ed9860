"""`al.simulate` runs the recipes of this package as functions, under any controller."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from prodigy.core import Controller

from prodigy_al import simulate as module
from prodigy_al.simulate import simulate


def stored(dataset: str) -> list[dict[str, Any]]:
    from prodigy.components.db import connect

    return list(connect().get_dataset_examples(dataset))


def run(world: Path, **options: Any) -> None:
    chosen = {"label": ["ORG"], "arms": ["random"], "budget": 20, **options}
    simulate(str(world / "pool.jsonl"), str(world / "base"), "news", **chosen)


def test_a_recipe_that_returns_a_controller_is_used_as_it_is(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    made = []

    def random_order(*args: Any, **options: Any) -> Controller:
        made.append(Controller.from_components("al.random", given(*args, **options)))
        return made[-1]

    given = module.RECIPES["al.random"]
    monkeypatch.setattr(module, "RECIPES", {"al.random": random_order})
    run(world)
    assert made[0].total_annotated == len(stored("news-random-0")) == 20
    assert {answer["_view_id"] for answer in stored("news-random-0")} == {"ner_manual"}


def test_a_dataset_without_times_is_gone_on_with(home: Path, world: Path):
    from prodigy.components.db import connect

    run(world)
    begun = [{k: v for k, v in one.items() if k != "_timestamp"} for one in stored("news-random-0")]
    connect().drop_dataset("news-random-0")
    connect().add_dataset("news-random-0")
    connect().add_examples(begun, datasets=["news-random-0"])
    run(world, budget=30)
    assert len(stored("news-random-0")) == 30
