"""The command: lists recipes, or runs one and prints what it would ask first."""

import itertools
import json
import sys
from importlib.metadata import entry_points

from radicli import Command, Radicli

from prodigy import __version__
from prodigy.core import RECIPES
from prodigy.errors import RecipeError

QUESTIONS = 5


def main() -> None:
    name, *words = sys.argv[1:] or ["--help"]
    if name == "--version":
        sys.stdout.write(f"licensed stand-in {__version__}\n")
        return
    for entry in entry_points(group="prodigy_recipes"):
        entry.load()
    if name == "--help":
        sys.stdout.write("\n".join(sorted(RECIPES)) + "\n")
        return
    try:
        function, annotations = RECIPES[name]
        command = Command.from_function(name, annotations, function)
        result = command.func(**Radicli(prog="prodigy").parse(words, command))
    except RecipeError as error:
        sys.exit(f"stand-in: {error}")
    if isinstance(result, dict):
        for task in itertools.islice(result["stream"], QUESTIONS):
            sys.stdout.write(json.dumps(task) + "\n")


if __name__ == "__main__":
    main()
