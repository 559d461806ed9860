from recipe_host.schema import validate
from recipe_host.uncovered_names import module_names

__all__ = ["validate"]

__getattr__ = module_names(__name__)
