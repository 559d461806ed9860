"""Refitting the model on the answers so far while people annotate."""
