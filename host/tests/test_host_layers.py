"""No module of the host imports itself by way of others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import recipe_host

ROOT = Path(recipe_host.__file__).parent.parent


def imported(source: str) -> Iterator[str]:
    """Yield what a module imports anywhere in it: in functions, and for the type checker."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports name the whole module"
            yield f"{node.module}"
            # `from package import module`: the name may be a module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph_of(sources: Mapping[str, str]) -> dict[str, set[str]]:
    """Map each module to the modules among `sources` that it imports."""
    return {name: set(imported(text)) & set(sources) for name, text in sources.items()}


def circle_in(sources: Mapping[str, str]) -> list[str]:
    """Return the modules of one circle, the first one again at its end; an empty list for none."""
    try:
        TopologicalSorter(graph_of(sources)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def host_modules() -> dict[str, str]:
    paths = [path for path in (ROOT / "recipe_host").rglob("*.py") if "_fallback" not in path.parts]
    parts = {path: path.relative_to(ROOT).with_suffix("").parts for path in paths}
    return {
        ".".join(name for name in parts[path] if name != "__init__"): path.read_text("utf-8")
        for path in paths
    }


def test_the_hosts_modules_import_one_another_without_a_circle() -> None:
    modules = host_modules()
    graph = graph_of(modules)
    assert "recipe_host.store" in graph["recipe_host.leases"]
    assert "recipe_host.commands" in graph["recipe_host.recipes"]  # inside a function
    assert circle_in(modules) == []


def test_a_circle_is_found_wherever_its_imports_stand() -> None:
    late = "def run():\n    from host import second"
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import host.first"
    modules = {"host": "", "host.first": late, "host.second": "import host.third"}
    assert circle_in({**modules, "host.third": "import json"}) == []
    circle = circle_in({**modules, "host.third": typed})
    assert {"host.first", "host.second", "host.third"} == set(circle)
