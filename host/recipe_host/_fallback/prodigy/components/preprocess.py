from recipe_host.hashing import set_hashes
from recipe_host.tokens import add_tokens, split_sentences
from recipe_host.uncovered_names import module_names

__all__ = ["add_tokens", "set_hashes", "split_sentences"]

__getattr__ = module_names(__name__)
