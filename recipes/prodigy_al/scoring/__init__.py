"""From a model to how sure it is about which span (spaCy and numpy)."""
