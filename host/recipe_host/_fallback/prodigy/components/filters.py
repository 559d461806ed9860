from recipe_host.coverage import module_names
from recipe_host.filters import filter_duplicates, filter_inputs, filter_tasks

__all__ = ["filter_duplicates", "filter_inputs", "filter_tasks"]

__getattr__ = module_names(__name__)
