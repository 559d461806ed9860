"""What `import prodigy_al` promises: a version, and short imports that cost nothing until used."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

import pytest

import prodigy_al

SOURCE = Path(prodigy_al.__file__).parent


def tree_of(package: str) -> ast.Module:
    return ast.parse((SOURCE / package / "__init__.py").read_text(encoding="utf8"))


def offered(package: str) -> list[str]:
    """Return the names that a package lists in `__all__`, none where it has no such list."""
    for node in tree_of(package).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return []


PACKAGES = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))
FACES = [package for package in PACKAGES if offered(package)]


def test_the_version_is_the_one_that_is_installed():
    assert prodigy_al.__version__ == version("prodigy-al")


def test_the_packages_that_numbers_come_from_have_a_face():
    assert {"evaluation", "sampling"} <= set(FACES)


@pytest.mark.parametrize("package", FACES)
def test_every_name_that_is_offered_is_there(package: str):
    module = import_module(f"prodigy_al.{package}")
    assert [name for name in offered(package) if getattr(module, name, None) is None] == []


@pytest.mark.parametrize("package", FACES)
def test_a_type_checker_sees_the_names_that_are_offered(package: str):
    seen = {
        alias.name
        for branch in tree_of(package).body
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for node in branch.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(offered(package))


@pytest.mark.parametrize("package", FACES)
def test_no_name_is_that_of_a_module(package: str):
    """A module hides it as soon as anybody has imported the module."""
    modules = {path.stem for path in (SOURCE / package).iterdir()}
    assert modules & set(offered(package)) == set()


@pytest.mark.parametrize("package", FACES)
def test_a_name_that_is_not_offered_is_an_error(package: str):
    with pytest.raises(AttributeError, match="nothing"):
        _ = import_module(f"prodigy_al.{package}").nothing


def readme_imports() -> list[tuple[str, str]]:
    """Return (package, name) for what the README's snippets import from packages with a face."""
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf8")
    snippets = readme.split("```python\n")[1:]
    return [
        (str(node.module).removeprefix("prodigy_al."), alias.name)
        for snippet in snippets
        for node in ast.parse(snippet.partition("```")[0]).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]


def test_the_readme_imports_names_that_are_offered():
    found = readme_imports()
    assert ("scoring", "MarginalScorer") in found
    assert [one for one in found if one[0] in FACES and one[1] not in offered(one[0])] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_importing_a_package_loads_no_large_library(package: str):
    code = f"import sys, prodigy_al.{package}; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE.parent), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    large = {"spacy", "thinc", "numpy", "scipy", "prodigy", "joblib"}
    assert large & set(done.stdout.split()) == set()
