from typing import TYPE_CHECKING, Any

from recipe_host.recipes import get_recipe
from recipe_host.registry import Arg, recipe, set_recipe
from recipe_host.types import ControllerComponentsDict
from recipe_host.uncovered_names import module_names

if TYPE_CHECKING:
    from recipe_host.session import Controller

__all__ = ["Arg", "Controller", "ControllerComponentsDict", "get_recipe", "recipe", "set_recipe"]

_missing = module_names(__name__)


def __getattr__(name: str) -> Any:
    # The controller brings the database along, which listing recipes does not need.
    if name == "Controller":
        from recipe_host.session import Controller

        return Controller
    return _missing(name)
