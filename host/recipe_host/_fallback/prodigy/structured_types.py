from recipe_host.hashing import get_input_hash, get_task_hash
from recipe_host.uncovered_names import module_names

__all__ = ["get_input_hash", "get_task_hash"]

__getattr__ = module_names(__name__)
