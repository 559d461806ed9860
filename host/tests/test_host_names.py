"""The name `prodigy`: which names it has, which it refuses, what importing it costs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import recipe_host

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
ROWS = [row.split("|") for row in README.splitlines() if row.startswith("| `prodigy")]
COVERED = {row[1].strip(" `"): re.findall(r"`(\w+)`", row[2]) for row in ROWS}


def python(code: str) -> subprocess.CompletedProcess[str]:
    begin = f"import sys; sys.path.insert(0, {str(Path(recipe_host.__file__).parent.parent)!r})\n"
    return subprocess.run(
        [sys.executable, "-c", begin + code], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("module", COVERED)
def test_the_readme_lists_exactly_the_names_that_are_there(module: str) -> None:
    assert sorted(COVERED[module]) == sorted(importlib.import_module(module).__all__)
    for name in COVERED[module]:
        assert getattr(importlib.import_module(module), name) is not None


def test_every_module_that_is_provided_is_in_the_readme() -> None:
    import prodigy

    modules = pkgutil.walk_packages(prodigy.__path__, "prodigy.")
    found = {module.name for module in modules if not module.ispkg}
    assert found - {"prodigy.__main__"} == set(COVERED) - {"prodigy"}
    assert prodigy.__version__.endswith("+recipe-host")


@pytest.mark.parametrize(
    "statement",
    [
        "from prodigy.models.textcat import TextClassifier",
        "from prodigy.components.routers import full_overlap",
        "from prodigy.util import DEFAULT_LLM_BATCH_SIZE",
        "from prodigy import nosuch",
        "import prodigy; prodigy.nosuch",
        "import prodigy.core; prodigy.core.nosuch",
    ],
)
def test_names_that_are_not_covered_say_so(statement: str) -> None:
    with pytest.raises(ImportError, match=r"recipe-host, not Prodigy, .* host/README.md"):
        exec(statement)


def test_python_may_ask_modules_for_names_of_its_own() -> None:
    import prodigy.util

    assert not hasattr(prodigy, "__wrapped__")
    assert not hasattr(prodigy.util, "__wrapped__")


def test_importing_brings_neither_spacy_nor_the_database_along() -> None:
    code = """
import recipe_host; recipe_host.provide()
import prodigy, prodigy.core, prodigy.util, prodigy.components.preprocess, recipe_host.cli
print(sorted({"spacy", "peewee", "srsly", "thinc", "numpy"} & set(sys.modules)))
"""
    assert python(code).stdout == "[]\n"


def test_providing_the_name_says_whose_it_is(tmp_path: Path) -> None:
    assert python("import recipe_host; print(recipe_host.provide())").stdout == "True\n"
    (tmp_path / "prodigy").mkdir()
    (tmp_path / "prodigy" / "__init__.py").write_text("__version__ = '1.18.0'")
    code = f"""
sys.path.insert(0, {str(tmp_path)!r})
import recipe_host; print(recipe_host.provide())
import prodigy; print(prodigy.__version__)
"""
    assert python(code).stdout == "False\n1.18.0\n"


def test_examples_in_docstrings_hold() -> None:
    tried = 0
    for module in pkgutil.iter_modules(recipe_host.__path__, "recipe_host."):
        if not module.name.endswith("__main__"):
            failed, attempted = doctest.testmod(importlib.import_module(module.name))
            assert failed == 0, module.name
            tried += attempted
    assert tried >= 3
