"""Runs Prodigy recipes where Prodigy is not installed: command line, dataset store, controller."""

from __future__ import annotations

from pathlib import Path

__all__ = ["__version__", "provide"]

__version__ = "0.1.0"


def provide() -> bool:
    """Make ``import prodigy`` work where no `.pth` file is read (PYTHONPATH, ``--target``).

    Append the folder with the names to the search path, so that an installed Prodigy still wins.
    Return True where `prodigy` is now this package's, False where another one has that name.
    """
    import sys
    from importlib.util import find_spec

    names = Path(__file__).parent / "_fallback"
    if str(names) not in sys.path:
        sys.path.append(str(names))
    spec = find_spec("prodigy")
    return spec is not None and spec.origin == str(names / "prodigy" / "__init__.py")
