from recipe_host.marking import textcat_manual as manual
from recipe_host.uncovered_names import module_names

__all__ = ["manual"]

__getattr__ = module_names(__name__)
