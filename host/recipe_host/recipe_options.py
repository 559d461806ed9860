"""Options that several built-in recipes have."""

from __future__ import annotations

from recipe_host.registry import Arg
from recipe_host.strings import split_string

__all__ = ["DATASET", "EXCLUDE", "LOADER"]

DATASET = Arg(help="Dataset to save to")
LOADER = Arg("--loader", "-lo", help="Format, where the file's name does not tell")
EXCLUDE = Arg(
    "--exclude", "-e", help="Datasets whose questions are not asked again", converter=split_string
)
