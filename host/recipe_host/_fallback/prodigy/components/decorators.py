from recipe_host.stream import support_both_streams
from recipe_host.uncovered_names import module_names

__all__ = ["support_both_streams"]

__getattr__ = module_names(__name__)
