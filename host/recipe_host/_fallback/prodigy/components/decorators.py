from recipe_host.coverage import module_names
from recipe_host.stream import support_both_streams

__all__ = ["support_both_streams"]

__getattr__ = module_names(__name__)
