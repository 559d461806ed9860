"""The plugin relies on documented names of Prodigy and on nothing else, read from its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PLUGIN = Path(__file__).parent.parent / "recipes"
STAND_IN = Path(__file__).parent / "stand_in"

# The documented, long-lived names of Prodigy since 1.15 that the plugin may rely on, and the
# documented members of what they return.
DOCUMENTED = {
    "prodigy.core": {"Arg", "Controller", "recipe"},
    "prodigy.components.db": {"connect"},
    "prodigy.components.preprocess": {"add_tokens", "split_sentences"},
    "prodigy.components.stream": {"get_stream"},
    "prodigy.errors": {"RecipeError"},
    "prodigy.recipes.ner": {"teach"},
    "prodigy.util": {"log", "msg", "set_hashes", "split_string"},
}
MEMBERS = {
    "connect": {
        "datasets",
        "sessions",
        "db_name",
        "get_dataset_examples",
        "get_meta",
        "add_dataset",
        "add_examples",
        "get_input_hashes",
        "get_task_hashes",
        "count_dataset",
        "drop_dataset",
    },
    "Controller": {
        "from_components",
        "get_questions",
        "receive_answers",
        "db",
        "dataset",
        "config",
    },
    "get_stream": {"apply"},
    "msg": {"good", "fail", "warn", "info", "text", "divider", "table"},
}


def syntax_of(folder: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(folder.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def prodigy_imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((a.name, "") for a in node.names if a.name.partition(".")[0] == "prodigy")
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "prodigy"
        ):
            yield from ((str(node.module), alias.name) for alias in node.names)


def members_used(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (name, member) for members of imported names, of their results, of such variables."""
    names = {name: name for _, name in prodigy_imports(tree)}

    def origin(node: ast.expr) -> str | None:
        if isinstance(node, ast.Call):
            return origin(node.func)
        return names.get(node.id) if isinstance(node, ast.Name) else None

    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and (source := origin(node.value)):
            names.update((t.id, source) for t in node.targets if isinstance(t, ast.Name))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (source := origin(node.value)):
            yield source, node.attr


def test_the_plugin_uses_documented_names_only():
    used = {
        (path.name, module, name)
        for path, tree in syntax_of(PLUGIN)
        for module, name in prodigy_imports(tree)
    }
    assert len(used) > 10
    assert [one for one in used if one[2] not in DOCUMENTED.get(one[1], ())] == []


def test_the_plugin_uses_documented_members_of_them_only():
    used = {
        (path.name, name, member)
        for path, tree in syntax_of(PLUGIN)
        for name, member in members_used(tree)
        if name in MEMBERS
    }
    assert {name for _, name, _ in used} >= {"connect", "Controller", "msg"}
    assert [one for one in used if one[2] not in MEMBERS[one[1]]] == []


def test_an_undocumented_member_is_found():
    source = """
def f():
    from prodigy.components.db import connect
    db = connect()
    db.link(connect().reconnect)
"""
    assert set(members_used(ast.parse(source))) == {("connect", "link"), ("connect", "reconnect")}


def test_the_stand_in_has_the_documented_names_and_no_others():
    offered = {}
    for path, tree in syntax_of(STAND_IN / "prodigy"):
        listed = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ]
        if listed:
            module = path.relative_to(STAND_IN).with_suffix("").as_posix().replace("/", ".")
            offered[module] = set(listed[0])
    assert offered == DOCUMENTED
