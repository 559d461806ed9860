"""Write the tables of docs/diagnosis.md: python benchmarks/planted_table.py.

They show benchmarks/results/study-planted.json, which is a copy of what `make study-planted` left
in build/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from planted import Judged, matrix, read_judged, rows, share_in_words
from planted_implied import IMPLIED
from plants import PLANTS

from prodigy_al.diagnosis.ledger import HYPOTHESES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "diagnosis.md"
RESULT = ROOT / "benchmarks" / "results" / "study-planted.json"
BEGIN, END = "<!-- planted: begin -->", "<!-- planted: end -->"
SHORT = {"harm-direction": "harm", "near-duplicates": "near-dup."}


def tables(found: Sequence[Judged]) -> Iterator[str]:
    """Yield the lines of the matrix, of the counts that have targets, and of what was missed."""
    yield "| planted | sets | " + " | ".join(SHORT.get(name, name) for name in HYPOTHESES) + " |"
    yield "|---" * (len(HYPOTHESES) + 2) + "|"
    for plant, n, counts in matrix(found):
        cells = (_cell(plant, hypothesis, count) for hypothesis, count in counts)
        planted = PLANTS[plant].planted
        shown = f"{plant}: {planted}" if planted else plant
        yield f"| {shown} | {n} | {' | '.join(cells)} |"
    yield "\n| counted | sets | target | |\n|---|---|---|---|"
    for name, row in rows(found).items():
        if row["n"]:
            met = "met" if row["met"] else "**missed**"
            yield f"| {name} | {share_in_words(row)} | {row['target']} | {met} |"
    yield "\nSupports beside what was planted or implied:\n"
    for one in found:
        if PLANTS[one.plant].planted and one.beside:
            supported = ", ".join(sorted(one.beside))
            yield f"- `{one.plant}`, {one.setting}, seed {one.seed}: {supported}"


def _cell(plant: str, hypothesis: str, count: int) -> str:
    if hypothesis == PLANTS[plant].planted:
        return f"**{count}**"
    if not count:
        return ""
    return f"({count})" if hypothesis in IMPLIED.get(plant, {}) else str(count)


def main() -> None:
    """Write the tables between their marks."""
    found = read_judged((RESULT,))
    if not found or json.loads(RESULT.read_bytes())["quick"]:
        sys.exit(f"{RESULT} holds no whole study; the page shows one")
    before, rest = PAGE.read_text(encoding="utf8").split(BEGIN)
    page = f"{before}{BEGIN}\n" + "\n".join(tables(found)) + f"\n{END}{rest.split(END)[1]}"
    PAGE.write_text(page, encoding="utf8")


if __name__ == "__main__":
    main()
