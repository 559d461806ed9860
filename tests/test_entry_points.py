"""One recipe, one file, one entry point, one name."""

from __future__ import annotations

import ast
from importlib.metadata import entry_points
from pathlib import Path

PLUGIN = Path(__file__).parent.parent / "recipes" / "prodigy_al"


def registered() -> dict[str, str]:
    """Every name given to the decorator, with the file and function it stands on."""
    found = {}
    for path in PLUGIN.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            for decorator in getattr(node, "decorator_list", []):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "recipe":
                    (name,) = decorator.args
                    found[ast.literal_eval(name)] = f"prodigy_al.{path.stem}:{node.name}"
    return found


def test_entry_points_are_the_registered_recipes():
    group = entry_points(group="prodigy_recipes")
    ours = {entry.name: entry.value for entry in group if entry.value.startswith("prodigy_al.")}
    assert ours == registered()


def test_each_recipe_has_a_file_of_its_own():
    files = [value.partition(":")[0] for value in registered().values()]
    assert len(set(files)) == len(files)


def test_a_recipe_reads_like_its_description():
    """No body is longer than 40 lines, none computes."""
    for path in PLUGIN.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.FunctionDef) and node.decorator_list:
                body = node.end_lineno - node.body[0].lineno
                assert body <= 40, f"{path.name}: {node.name} has {body} lines"


def test_the_callback_that_written_configs_name_is_an_entry_point():
    (entry,) = entry_points(group="spacy_callbacks", name="prodigy_al.prepare_ner.v1")
    assert callable(entry.load())
