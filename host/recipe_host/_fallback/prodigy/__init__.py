"""The names of Prodigy's interface, provided by recipe-host (this is not Prodigy)."""

from recipe_host import __version__ as _host_version
from recipe_host.cli import serve
from recipe_host.hashing import set_hashes
from recipe_host.messages import log
from recipe_host.recipes import get_recipe
from recipe_host.registry import recipe
from recipe_host.stream import get_stream
from recipe_host.types import ControllerComponentsDict
from recipe_host.uncovered_names import install_finder, package_names

__all__ = [
    "ControllerComponentsDict",
    "get_recipe",
    "get_stream",
    "log",
    "recipe",
    "serve",
    "set_hashes",
]

__version__ = f"{_host_version}+recipe-host"
__getattr__ = package_names(__name__)
install_finder()
