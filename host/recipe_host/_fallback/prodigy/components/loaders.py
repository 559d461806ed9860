from recipe_host.loaders import CSV, JSON, JSONL, TXT
from recipe_host.stream import get_stream
from recipe_host.uncovered_names import module_names

__all__ = ["CSV", "JSON", "JSONL", "TXT", "get_stream"]

__getattr__ = module_names(__name__)
