"""The command line: ``prodigy RECIPE ...`` and the list of recipes."""

from __future__ import annotations

import os
import shlex
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from radicli import CliParserError, Radicli
from radicli.util import format_table

from recipe_host import __version__, provide
from recipe_host.encodings import make_printing_safe
from recipe_host.errors import ProdigyError, RecipeError
from recipe_host.messages import fail

__all__ = ["main", "serve"]

BANNER = f"recipe-host {__version__}, not Prodigy: runs recipes made for Prodigy's interface"
USAGE = "Usage: prodigy RECIPE [arguments] [-F recipe_file.py]    prodigy RECIPE --help"
FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 failed with one clear sentence, 130 Ctrl+C."""
    make_printing_safe()
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        _run(given)
    except RecipeError as error:
        fail(error.title, "\n".join(error.details))
    except ProdigyError as error:
        fail(str(error))
    except CliParserError as error:
        fail(error.message, f"`prodigy {given[0]} --help` shows what it takes")
    except KeyboardInterrupt:
        _exit(INTERRUPTED)
    except BrokenPipeError:  # `prodigy db-out x | head`: the reader has closed the pipe
        sys.stderr.close()
    else:
        _exit(0)
    _exit(FAILED)


def _exit(status: int) -> NoReturn:
    """Exit, also while a request still waits for the recipe's stream: that may take for ever."""
    others = {thread.name for thread in threading.enumerate() if not thread.daemon}
    if others - {"MainThread"} == {"AnyIO worker thread"}:
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def _run(arguments: list[str]) -> None:
    if not provide():  # recipes would register with that one, and not be found here
        raise ProdigyError("Prodigy itself is installed here: use its own command `prodigy`")
    files, rest = _recipe_files(arguments)
    name = rest[0] if rest else "--help"
    if name == "--version":
        _write(f"{BANNER}\n")
    elif name == "link":
        from recipe_host.linking import link_command

        link_command(rest[1:])
    else:
        from recipe_host.recipes import import_file

        for file in files:
            import_file(file)
        if name in ("--help", "-h"):
            _list()
        else:
            run_recipe(name, rest[1:])


def run_recipe(name: str, arguments: list[str], config: Mapping[str, Any] | None = None) -> None:
    """Run one recipe with the words of a command line; `config` wins over all settings.

    Where it returns components with a stream, or a controller, the annotation page is served until
    Ctrl+C.
    """
    from recipe_host.arguments import command_of
    from recipe_host.recipes import find_recipe

    command = command_of(find_recipe(name))
    values = Radicli(prog="prodigy").parse(arguments, command)
    result = command.func(**values)
    sys.stdout.flush()  # what the recipe printed comes before the server's address
    if asks_questions(result):
        from recipe_host.server import run_server
        from recipe_host.session import Controller

        made = isinstance(result, Controller)
        run_server(result if made else Controller.from_components(name, result, config))


def asks_questions(result: Any) -> bool:
    """Tell whether a recipe returned components with a stream, or a controller."""
    if isinstance(result, Mapping):
        return "stream" in result
    session = sys.modules.get("recipe_host.session")  # not imported: the recipe made no controller
    return session is not None and isinstance(result, session.Controller)


def serve(command: str, *arguments: Any, **config: Any) -> None:
    """Run a command line given as one string, and serve its page until Ctrl+C.

    `config` wins over the settings of project, user and recipe. The older form, a recipe's name and
    then one value for each of its parameters, is not covered (RecipeError).
    """
    words = shlex.split(command)
    if arguments or not words:
        raise RecipeError(
            "prodigy.serve takes one command line, such as 'ner.manual news en a.txt'"
        )
    run_recipe(words[0], words[1:], config)


def _recipe_files(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the files of every ``-F FILE``, and the other words: only those are the recipe's."""
    files, rest = [], []
    words = iter(arguments)
    for word in words:
        if word == "-F":
            file = next(words, None)
            if file is None:
                raise RecipeError("option -F needs a recipe file, such as -F recipe.py")
            files.append(file)
        else:
            rest.append(word)
    return files, rest


def _list() -> None:
    from recipe_host.recipes import list_recipes

    recipes, failed = list_recipes()
    rows = [(f"  {name}", recipes[name].summary) for name in sorted(recipes)]
    _write(f"{BANNER}\n\n{USAGE}\n{format_table(rows)}")
    for name, reason in failed.items():
        sys.stderr.write(f"recipe '{name}' cannot be loaded: {reason}\n")


def _write(text: str) -> None:
    sys.stdout.write(text)
