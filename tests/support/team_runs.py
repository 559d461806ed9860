"""Simulations of the small world, and what the database holds of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prodigy.components.db import connect

from prodigy_al.simulate import simulate

Answers = list[dict[str, Any]]


def stored(dataset: str) -> Answers:
    return list(connect().get_dataset_examples(dataset))


def everything() -> dict[str, Answers]:
    """All records of the database, by dataset and by session."""
    database = connect()
    return {name: stored(name) for name in [*database.datasets, *database.sessions]}


def run(world: Path, name: str = "news", **options: Any) -> None:
    chosen = {"label": ["ORG"], "arms": ["random"], "budget": 60, **options}
    simulate(str(world / "pool.jsonl"), str(world / "base"), name, **chosen)


def forget(*datasets: str) -> None:
    """Drop datasets, and with them their sessions."""
    for name in datasets:
        connect().drop_dataset(name)
        assert not any(one.startswith(name) for one in connect().sessions)


def keep(dataset: str, answers: Answers) -> None:
    """Let a dataset hold these answers alone, as after a kill."""
    database = connect()
    forget(dataset)
    for one in answers:
        database.add_dataset(dataset)
        database.add_dataset(one["_session_id"], session=True)
        database.add_examples([one], datasets=[dataset, one["_session_id"]])
