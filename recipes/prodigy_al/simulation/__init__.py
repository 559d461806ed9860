"""The simulated annotator and what an answer costs (no spaCy)."""
