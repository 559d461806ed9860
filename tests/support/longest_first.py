"""The order of test files: the longest first, so that no worker is left with one at the end."""

from __future__ import annotations

import pytest

LONGEST = [
    "test_stories.py",
    "test_simulating_elsewhere.py",
    "test_line.py",
    "test_demo.py",
    "test_in_the_loop.py",
    "test_host_page_recipes.py",
    "test_protocol.py",
    "test_interruption.py",
    "test_learner.py",
    "test_packaging.py",
    "test_host_page_places.py",
    "test_host_page_views.py",
    "test_many_draws.py",
    "test_host_ner_recipes.py",
    "test_pipelines_kinds.py",
    "test_so_far.py",
    "test_finetune.py",
    "test_robust.py",
    "test_scoring_real_data.py",
    "test_two_designs.py",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; pytest finds this where conftest.py imports it."""
    place = {name: i for i, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))  # else as collected
