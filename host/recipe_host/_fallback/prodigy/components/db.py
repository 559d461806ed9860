from recipe_host.connections import connect
from recipe_host.coverage import module_names
from recipe_host.store import Database

__all__ = ["Database", "connect"]

__getattr__ = module_names(__name__)
