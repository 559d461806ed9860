from recipe_host.coverage import module_names
from recipe_host.loaders import CSV, JSON, JSONL, TXT
from recipe_host.stream import get_stream

__all__ = ["CSV", "JSON", "JSONL", "TXT", "get_stream"]

__getattr__ = module_names(__name__)
