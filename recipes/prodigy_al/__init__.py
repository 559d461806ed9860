"""Does active learning help my NER annotation, and if not, why? Recipes and the library below.

Each package is one step from the source to the report, and can be used without the recipes:
`ner`, `scoring`, `sampling`, `training`, `evaluation`.
"""

__version__ = "0.1.0"
