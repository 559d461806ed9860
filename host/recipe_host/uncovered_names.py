"""Names of Prodigy's interface that this host lacks: importing one says so, and where to look."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["install_finder", "module_names", "package_names"]

WHERE = "see the table of covered names in host/README.md (distribution recipe-host)"


def _refusal(name: str) -> ImportError:
    return ImportError(f"recipe-host, not Prodigy, is installed and does not cover {name}; {WHERE}")


def module_names(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module, which raises `ImportError` for a name it lacks."""

    def missing(name: str) -> Any:
        if name.startswith("__"):  # Python itself asks for these and expects AttributeError
            raise AttributeError(f"module '{module}' has no attribute '{name}'")
        raise _refusal(f"{module}.{name}")

    return missing


def package_names(package: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package, which imports the module of that name below it."""

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        return import_module(f"{package}.{name}")

    return missing


class _Uncovered(MetaPathFinder):
    """Raise `ImportError` for modules below `prodigy` that no finder before it has found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.startswith("prodigy.") and not fullname.rpartition(".")[2].startswith("__"):
            raise _refusal(fullname)
        return None


def install_finder() -> None:
    """Have imports of modules below `prodigy` that this host lacks fail with that reason."""
    if not any(isinstance(finder, _Uncovered) for finder in sys.meta_path):
        sys.meta_path.append(_Uncovered())
