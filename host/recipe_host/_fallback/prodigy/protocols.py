from recipe_host.coverage import module_names
from recipe_host.types import ControllerComponentsDict, RecipeEventHookProtocol

__all__ = ["ControllerComponentsDict", "RecipeEventHookProtocol"]

__getattr__ = module_names(__name__)
