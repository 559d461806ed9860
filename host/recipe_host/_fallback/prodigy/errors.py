from recipe_host.errors import DatasetNotFound, ProdigyError, RecipeError
from recipe_host.uncovered_names import module_names

__all__ = ["DatasetNotFound", "ProdigyError", "RecipeError"]

__getattr__ = module_names(__name__)
