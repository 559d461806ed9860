"""Write the README's tables of options from the recipes' arguments: python docs/option_table.py.

Each recipe has a table of its own, between two marks of its section.
"""

from __future__ import annotations

import re
import sys
from argparse import SUPPRESS
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from recipe_host.arguments import command_of
from recipe_host.recipes import find_recipe

README = Path(__file__).parent.parent / "README.md"
MARKED = re.compile(r"(<!-- options of (\S+): begin -->\n).*?(<!-- options of \2: end -->)", re.S)


def recipe_names() -> list[str]:
    """Return the recipes that this package registers, sorted."""
    group = entry_points(group="prodigy_recipes")
    return sorted(entry.name for entry in group if entry.value.startswith("prodigy_al."))


def rows(recipe: str) -> Iterator[tuple[str, str, str]]:
    """Yield (option, default, help) of a recipe, sorted."""
    found = [arg for arg in command_of(find_recipe(recipe)).args if arg.arg.option]
    for argument in sorted(found, key=lambda arg: str(arg.arg.option)):
        option = ", ".join(f"`{o}`" for o in (argument.arg.option, argument.arg.short) if o)
        yield option, _shown(argument.default), argument.arg.help or ""


def _shown(default: object) -> str:
    if default is None or default is False:
        return ""
    if isinstance(default, float):
        return f"`{default:.3g}`"
    return "required" if default == SUPPRESS else f"`{default}`"


def table(recipe: str) -> str:
    """Return a recipe's table, folded, as Markdown."""
    lines = [f"<details><summary>Options of <code>{recipe}</code></summary>", ""]
    lines += ["| option | default | |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows(recipe)]
    return "\n".join([*lines, "", "</details>", ""])


def insert(readme: str) -> str:
    """Return the README with every recipe's table between its two marks."""
    return MARKED.sub(lambda found: f"{found[1]}{table(found[2])}{found[3]}", readme)


if __name__ == "__main__":
    README.write_text(insert(README.read_text(encoding="utf8")), encoding="utf8")
    sys.stderr.write(f"wrote the options of {len(recipe_names())} recipes into {README.name}\n")
