"""Does active learning help my NER annotation, and if not, why? Recipes and the library below."""
