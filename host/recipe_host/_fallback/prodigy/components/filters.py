from recipe_host.filters import filter_duplicates, filter_inputs, filter_tasks
from recipe_host.uncovered_names import module_names

__all__ = ["filter_duplicates", "filter_inputs", "filter_tasks"]

__getattr__ = module_names(__name__)
