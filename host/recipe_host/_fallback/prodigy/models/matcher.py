from recipe_host.matcher import PatternMatcher
from recipe_host.uncovered_names import module_names

__all__ = ["PatternMatcher"]

__getattr__ = module_names(__name__)
