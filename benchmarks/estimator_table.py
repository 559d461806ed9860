"""Write the tables of docs/estimators.md: python benchmarks/estimator_table.py.

They show benchmarks/results/study-estimators.json, which is a copy of what `make study-estimators`
left in build/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from estimator_rows import KINDS, Rows, cell_names, table_lines
from marked_pages import write_between_marks

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "estimators.md"
RESULT = ROOT / "benchmarks" / "results" / "study-estimators.json"
TITLES = {
    "full": "All dev questions answered",
    "ignored": "10 % of the dev questions ignored, all hard ones",
    "unstored": "10 % of the dev questions never stored, all hard ones",
}


def response(cell: str) -> str:
    """Return the response of a cell, which its name says unless it is the ordinary one."""
    (found,) = [part for part in cell.split("-") if part in TITLES] or ["full"]
    return found


def tables(result: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of one table per response, and what they were measured with."""
    rows: Rows = result["rows"]
    aimed = [row["met"] for row in rows.values() if row["target"]]
    yield (
        f"{sum(aimed)} of {len(aimed)} numbers with a target meet it. Commit "
        f"{result['commit'][:12]}, {result['machine']['cores']} cores ({result['machine']['cpu']})."
    )
    if not result["whole"]:
        yield (
            "\n**The study was stopped before its end**: 300 draws of each cell and 1,000 of the "
            "main ones are to be made, so that a miss here may be chance."
        )
    for name, title in TITLES.items():
        cells = [
            cell
            for cell in cell_names(rows)
            if response(cell) == name and not cell.endswith(("precision", "recall"))
        ]
        yield f"\n### {title}\n"
        yield "| cell | draws | " + " | ".join(KINDS) + " |"
        yield "|---" * (len(KINDS) + 2) + "|"
        for line in table_lines(rows, cells):
            yield "| " + " | ".join(line).replace("MISSED", "**missed**") + " |"


def main() -> None:
    """Write the tables between their marks."""
    result = json.loads(RESULT.read_text(encoding="utf8"))
    if result["quick"]:
        sys.exit(f"{RESULT} was made with QUICK=1; the page shows a whole study")
    write_between_marks(PAGE, {"estimators": tables(result)})


if __name__ == "__main__":
    main()
