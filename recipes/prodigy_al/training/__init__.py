"""From answers to a fine-tuned pipeline (spaCy)."""
