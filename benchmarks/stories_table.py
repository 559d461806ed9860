"""Write the tables of docs/stories.md: python benchmarks/stories_table.py.

They show benchmarks/results/stories.json, which is a copy of what `make stories` left in build/.
With ``--take`` the result and the figures are copied from build/ first.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "stories.md"
RESULT = ROOT / "benchmarks" / "results" / "stories.json"
TABLE = re.compile(
    r"(<!-- (?P<story>[a-z-]+): begin -->\n).*?(<!-- (?P=story): end -->)", re.DOTALL
)

Rows = Mapping[str, Mapping[str, Any]]


def table(story: str, rows: Rows) -> Iterator[str]:
    """Yield the lines of one story's table."""
    yield "| difference of F1 | mean | 95 % interval, for | redraws | n | wanted | |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in rows.items():
        if name.partition(".")[0] == story:
            value, low, high = (_signed(row[key]) for key in ("value", "low", "high"))
            met = {True: "met", False: "**missed**", None: ""}[row["met"]]
            interval = f"[{low}, {high}], {row['interval']}"
            numbers = f"{value} | {interval} | {row['redraws']} | {row['n']:,}"
            yield f"| {row['said']} | {numbers} | {row['target']} | {met} |"


def insert(page: str, rows: Rows) -> str:
    """Return the page with the tables of its stories as the rows have them."""
    return TABLE.sub(
        lambda found: "\n".join([found[1].rstrip(), *table(found["story"], rows), found[3]]), page
    )


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}".replace("0.", ".", 1)


def take() -> None:
    """Copy result and figures from build/."""
    shutil.copy(ROOT / "build" / "stories.json", RESULT)
    for figure in (ROOT / "build" / "stories").glob("*.svg"):
        shutil.copy(figure, ROOT / "docs" / f"story-{figure.name}")


def main() -> None:
    """Write the page."""
    if "--take" in sys.argv:
        take()
    rows = json.loads(RESULT.read_bytes())["rows"]
    PAGE.write_text(insert(PAGE.read_text(encoding="utf8"), rows), encoding="utf8")


if __name__ == "__main__":
    main()
