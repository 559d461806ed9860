"""Why: hypotheses about a dataset's questions and answers, each with a verdict."""
