from recipe_host.recognizer import EntityRecognizer
from recipe_host.uncovered_names import module_names

__all__ = ["EntityRecognizer"]

__getattr__ = module_names(__name__)
