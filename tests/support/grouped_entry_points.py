"""Entry points by group, looked through once: whatever is loaded asks for them hundreds of times.

spaCy's registries (catalogue) keep the entry points of the whole environment and look through all
of them for each function that a config names and for each array that is read from a file. That is
a tenth of the time of these tests, which load small pipelines all the time.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import catalogue


class GroupedEntryPoints:
    """The same entry points, of which each group is selected once."""

    def __init__(self, found: Any) -> None:
        self._selected = cache(lambda group: found.select(group=group))

    def select(self, *, group: str) -> Any:
        """Return those of a group."""
        return self._selected(group)


def group_entry_points() -> None:
    """Let the registries of this process, and of those forked from it, look by group."""
    found = catalogue.AVAILABLE_ENTRY_POINTS
    if not isinstance(found, GroupedEntryPoints):
        catalogue.AVAILABLE_ENTRY_POINTS = GroupedEntryPoints(found)
