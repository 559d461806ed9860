"""From names on the command line to checked objects: pools, arms, test sets."""
