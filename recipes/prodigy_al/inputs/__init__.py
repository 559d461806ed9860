"""Names on the command line -> checked objects: pools, arms, test sets."""
