from recipe_host.coverage import module_names
from recipe_host.hashing import get_input_hash, get_task_hash

__all__ = ["get_input_hash", "get_task_hash"]

__getattr__ = module_names(__name__)
