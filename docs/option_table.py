"""Write the README's table of options from the recipes' arguments: python docs/option_table.py."""

from __future__ import annotations

import sys
from argparse import SUPPRESS
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

from recipe_host.arguments import command_of
from recipe_host.recipes import find_recipe

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- options: begin -->", "<!-- options: end -->"


def recipe_names() -> list[str]:
    """Return the recipes that this package registers, sorted."""
    group = entry_points(group="prodigy_recipes")
    return sorted(entry.name for entry in group if entry.value.startswith("prodigy_al."))


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield (option, default, recipes that take it, help), one row per distinct option."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for name in recipe_names():
        for argument in command_of(find_recipe(name)).args:
            if argument.arg.option:
                option = ", ".join(f"`{o}`" for o in (argument.arg.option, argument.arg.short) if o)
                key = (option, _shown(argument.default), argument.arg.help or "")
                found.setdefault(key, []).append(name.removeprefix("al."))
    for (option, default, help_), names in sorted(found.items()):
        yield option, default, ", ".join(names), help_


def _shown(default: object) -> str:
    if default is None or default is False:
        return ""
    if isinstance(default, float):
        return f"`{default:.3g}`"
    return "required" if default == SUPPRESS else f"`{default}`"


def table() -> str:
    """Return the table as Markdown."""
    lines = ["| option | default | recipes | |", "|---|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in rows()]
    return "\n".join(lines)


def insert(readme: str) -> str:
    """Return the README with the table between its two marks."""
    before, rest = readme.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    README.write_text(insert(README.read_text(encoding="utf8")), encoding="utf8")
    sys.stderr.write(f"wrote the options of {len(recipe_names())} recipes into {README.name}\n")
