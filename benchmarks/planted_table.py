"""Write the tables of docs/diagnosis.md: python benchmarks/planted_table.py.

They show benchmarks/results/study-planted.json, which is a copy of what `make study-planted` left
in build/.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from marked_pages import write_between_marks
from planted import Judged, matrix, read_judged, rows, share_in_words
from planted_implied import IMPLIED
from plants import PLANTS

from prodigy_al.diagnosis.ledger import HYPOTHESES

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "diagnosis.md"
RESULT = ROOT / "benchmarks" / "results" / "study-planted.json"
SEEN = {"map": "the map", "embeddings": "embeddings", "loss": "what matters to the loss"}
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
    yield "\nSets that are not as they should be:\n"
    yield from [f"- {line}" for one in found for line in _wrong(one)] or ["- none"]


def _wrong(one: Judged) -> Iterator[str]:
    """Yield what is wrong with a verdict set."""
    where, plant = f"`{one.plant}`, {one.setting}, seed {one.seed}", PLANTS[one.plant]
    if plant.planted and plant.planted not in one.supported:
        yield f"{where}: {plant.planted} is {one.verdicts[plant.planted][0]}"
    if one.beside and (plant.planted or plant.nothing):
        yield f"{where}: {', '.join(sorted(one.beside))} supported beside"


def aucs(found: Sequence[Judged]) -> Iterator[str]:
    """Yield the lines of the table of AUCs: the median over seeds, the smallest and the largest.

    It has the plants in which selection is planted or implied, and those of nothing.
    """
    yield "| plant | sets | " + " | ".join(SEEN.values()) + " |\n|---|---|---|---|---|"
    for plant in PLANTS:
        own = [one.aucs for one in found if one.plant == plant]
        selected = {PLANTS[plant].planted, *IMPLIED.get(plant, {})}
        if not own or not (PLANTS[plant].nothing or "selection" in selected):
            continue
        cells = []
        for name in SEEN:
            values = [one[name][0] for one in own]
            cells.append(f"{median(values):.3f} ({min(values):.3f} to {max(values):.3f})")
        yield f"| {plant} | {len(own)} | {' | '.join(cells)} |"


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
    write_between_marks(PAGE, {"planted": tables(found), "planted-aucs": aucs(found)})


if __name__ == "__main__":
    main()
