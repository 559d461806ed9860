from recipe_host.types import ControllerComponentsDict, RecipeEventHookProtocol
from recipe_host.uncovered_names import module_names

__all__ = ["ControllerComponentsDict", "RecipeEventHookProtocol"]

__getattr__ = module_names(__name__)
