"""Scores -> order, probability, task and fold of every question (numpy only)."""
