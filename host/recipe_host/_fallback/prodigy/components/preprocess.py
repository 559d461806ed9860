from recipe_host.coverage import module_names
from recipe_host.tokens import add_tokens, split_sentences

__all__ = ["add_tokens", "split_sentences"]

__getattr__ = module_names(__name__)
