"""From counts and probabilities to numbers with intervals (numpy only)."""
