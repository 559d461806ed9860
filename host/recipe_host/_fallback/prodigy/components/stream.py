from recipe_host.loaders import source_is_dataset as _source_is_dataset
from recipe_host.stream import Stream, get_stream
from recipe_host.uncovered_names import module_names

__all__ = ["Stream", "_source_is_dataset", "get_stream"]

__getattr__ = module_names(__name__)
