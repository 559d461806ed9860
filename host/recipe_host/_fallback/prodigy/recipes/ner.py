from recipe_host.ner_recipes import correct, manual, teach
from recipe_host.uncovered_names import module_names

__all__ = ["correct", "manual", "teach"]

__getattr__ = module_names(__name__)
