"""Who may import whom, as a table.

A package imports itself and what the table names, nothing else. A recipe file may import every
package, and no other recipe but those that it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLUGIN = ROOT / "recipes" / "prodigy_al"
HOST = ROOT / "host" / "recipe_host"

ALLOWED: dict[str, set[str]] = {
    "arrays": set(),
    "errors": set(),
    "records": {"errors"},
    "jobs": {"errors"},
    "evaluation": {"errors"},
    "ner": {"records", "errors"},
    "simulation": {"records", "errors"},
    "sampling": {"records", "errors"},
    "scoring": {"sampling", "jobs", "ner", "records", "errors"},
    "training": {"ner", "records", "errors"},
    "online": {"training", "scoring", "sampling", "jobs", "ner", "records", "errors"},
    "comparison": {
        "training",
        "scoring",
        "sampling",
        "evaluation",
        "jobs",
        "ner",
        "records",
        "errors",
    },
    "diagnosis": {"comparison", "training", "sampling", "evaluation", "errors"},
    "report": {"comparison", "diagnosis", "evaluation", "jobs", "errors"},
    # simulated answers, trained from and compared: al.simulate answers for it
    "protocol": {"report", "comparison", "training", "simulation", "evaluation", "errors"},
}
for below in ALLOWED.values():
    below.add("arrays")
ALLOWED["inputs"] = set(ALLOWED)
ALLOWED |= {"options": {"errors"}, "exits": {"options", "errors"}}
RECIPES = {"teach", "manual_ranked", "random_order", "trial", "simulate", "compare", "diagnose"}
# al.simulate answers the questions of the recipes that it runs.
RUN_BY = {"simulate": {"teach", "manual_ranked", "random_order"}}
IMPORT_PRODIGY = RECIPES | {"options", "exits", "inputs"}
FREE_OF_SPACY = {
    "sampling",
    "evaluation",
    "simulation",
    "diagnosis",
    "report",
    "protocol",
    "records",
    "errors",
    "jobs",
    "arrays",
}
# The documented names that every Prodigy since 1.15 has; nothing else may be relied upon.
PRODIGY_NAMES = {
    "prodigy.core": {"Arg", "Controller", "recipe"},
    "prodigy.components.db": {"connect"},
    "prodigy.components.preprocess": {"add_tokens", "split_sentences"},
    "prodigy.components.stream": {"get_stream"},
    "prodigy.errors": {"RecipeError"},
    "prodigy.recipes.ner": {"teach"},
    "prodigy.util": {"log", "msg", "set_hashes", "split_string"},
}


def imports(source: str) -> Iterator[tuple[str, str]]:
    """Yield (module, name) for every import of a file, also inside functions; name may be ''."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from . import x` would hide where x lives
            module = "." * node.level + (node.module or "")
            yield from ((module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called.endswith(("import_module", "__import__")) and node.args:
                yield ast.unparse(node.args[0]).strip("'\""), ""


def package_of(path: Path) -> str:
    return path.relative_to(PLUGIN).parts[0].removesuffix(".py")


def broken_arrows(package: str, source: str) -> list[str]:
    """Return what `source`, a file of `package`, imports although the table does not allow it."""
    broken = []
    for module, name in imports(source):
        top, _, rest = module.partition(".")
        if not top:
            broken.append(f"{package}: relative import of {module}{name}")
        elif top == "prodigy_al":
            target = (rest or name).partition(".")[0]
            allowed = set(ALLOWED) if package in RECIPES else ALLOWED[package] | {package}
            allowed |= RUN_BY.get(package, set())
            if target and target not in allowed:
                broken.append(f"{package} -> {target}")
        elif top == "prodigy":
            if package not in IMPORT_PRODIGY:
                broken.append(f"{package} -> prodigy")
            elif name not in PRODIGY_NAMES.get(module, set()):
                broken.append(f"{package} uses {module}.{name}, which is not documented")
        elif top == "recipe_host" or (top in {"spacy", "thinc"} and package in FREE_OF_SPACY):
            broken.append(f"{package} -> {top}")
    return broken


def plugin_files() -> list[Path]:
    return [path for path in sorted(PLUGIN.rglob("*.py")) if package_of(path) != "__init__"]


def test_every_package_stands_in_the_table():
    assert {package_of(path) for path in plugin_files()} == set(ALLOWED) | RECIPES


@pytest.mark.parametrize("path", plugin_files(), ids=lambda path: str(path.relative_to(PLUGIN)))
def test_a_file_imports_only_what_its_package_may(path: Path):
    assert broken_arrows(package_of(path), path.read_text(encoding="utf8")) == []


@pytest.mark.parametrize("path", sorted(HOST.rglob("*.py")), ids=lambda p: str(p.relative_to(HOST)))
def test_the_host_knows_nothing_of_the_plugin(path: Path):
    modules = {module.partition(".")[0] for module, _ in imports(path.read_text(encoding="utf8"))}
    assert "prodigy_al" not in modules


@pytest.mark.parametrize(
    ("package", "line", "arrow"),
    [
        ("sampling", "import spacy", "sampling -> spacy"),
        ("evaluation", "from spacy.tokens import Doc", "evaluation -> spacy"),
        ("evaluation", "from prodigy_al.sampling import keys", "evaluation -> sampling"),
        ("sampling", "import prodigy_al.scoring.pool", "sampling -> scoring"),
        ("comparison", "from prodigy_al.report import schema", "comparison -> report"),
        ("diagnosis", "from prodigy_al.scoring import marginals", "diagnosis -> scoring"),
        ("jobs", "from prodigy_al.inputs.pool import Pool", "jobs -> inputs"),
        ("scoring", "from prodigy_al import training", "scoring -> training"),
        ("training", "def f():\n    from prodigy import set_hashes", "training -> prodigy"),
        ("training", "__import__('recipe_host')", "training -> recipe_host"),
        ("jobs", "import importlib\nimportlib.import_module('prodigy')", "jobs -> prodigy"),
        ("compare", "from prodigy_al.teach import teach", "compare -> teach"),
        (
            "compare",
            "from prodigy.models.ner import EntityRecognizer",
            "compare uses prodigy.models",
        ),
        ("report", "from . import x", "report: relative import"),
        (
            "protocol",
            "from prodigy_al.inputs.pool import Pool",
            "protocol -> inputs",
        ),
        ("protocol", "import spacy", "protocol -> spacy"),
        ("comparison", "from prodigy_al.protocol import plan", "comparison -> protocol"),
        ("records", "from prodigy_al.sampling.keys import quantise", "records -> sampling"),
    ],
)
def test_an_arrow_broken_on_purpose_is_found(package: str, line: str, arrow: str):
    (found,) = broken_arrows(package, line)
    assert found.startswith(arrow)
