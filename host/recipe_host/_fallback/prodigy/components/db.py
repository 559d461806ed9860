from recipe_host.connections import connect
from recipe_host.store import Database
from recipe_host.uncovered_names import module_names

__all__ = ["Database", "connect"]

__getattr__ = module_names(__name__)
