"""``python -m recipe_host``."""

from recipe_host.cli import main

main()
