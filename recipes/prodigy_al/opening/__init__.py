"""From names on the command line to what the rooms work with: pools, arms, test sets."""
