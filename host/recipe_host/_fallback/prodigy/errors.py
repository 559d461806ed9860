from recipe_host.coverage import module_names
from recipe_host.errors import DatasetNotFound, ProdigyError, RecipeError

__all__ = ["DatasetNotFound", "ProdigyError", "RecipeError"]

__getattr__ = module_names(__name__)
