from recipe_host.coverage import module_names
from recipe_host.loaders import source_is_dataset as _source_is_dataset
from recipe_host.stream import Stream, get_stream

__all__ = ["Stream", "_source_is_dataset", "get_stream"]

__getattr__ = module_names(__name__)
