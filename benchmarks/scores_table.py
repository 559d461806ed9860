"""Write the tables of docs/scoring-functions.md: python benchmarks/scores_table.py.

They show bench-acquisition.json and bench-calibration.json of benchmarks/results/, copies of what
`make bench-acquisition` and `make bench-calibration` left in build/.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marked_pages import write_between_marks

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "scoring-functions.md"
RESULTS = ROOT / "benchmarks" / "results"
CORPORA = {"finer": "FiNER", "conll": "CoNLL"}
Row = dict[str, Any]

COLUMNS = {
    "top300": ("errors in the first 300", 2),
    "found": ("wrong spans found by 1,000", 2),
    "tokens": ("tokens", 1),
    "tables": ("tables", 2),
    "per-1000": ("wrong spans in 1,000 tokens", 0),
}
CALIBRATED = {
    "ece": ("expected calibration error, ten bins", 3),
    "ece-own": ("the same of the spans in its own parse", 3),
    "brier": ("Brier score", 3),
    "auc": ("AUC, right against wrong", 3),
    "candidates": ("candidates per sentence", 2),
    "found": ("true spans that the parse lacks among them", 3),
    "found-at-five": ("... with the floor where a sentence has five on average", 3),
    "found-of-five": ("... among the five likeliest of each sentence", 3),
}
REFITTED = {
    "shipped": "shipped, 2",
    "before": "fitted with the starting model",
    "own": "fitted with the refitted model",
}


def number(value: float, digits: int) -> str:
    """Return a number as the pages write it, without a zero before the point.

    >>> number(0.25, 2), number(20.3, 1)
    ('.25', '20.3')
    """
    text = f"{value:.{digits}f}"
    return text.removeprefix("0") if text.startswith("0.") else text


def with_range(row: Row, digits: int) -> str:
    """Return a mean and its range over draws; a value of no draws, and its interval if any."""
    value, low, high = (number(row[part], digits) for part in ("value", "low", "high"))
    if row["n"] == 1:
        return value
    return f"{value} [{low}, {high}]" if row["n"] > 99 else f"{value} ({low} to {high})"


def acquisitions(rows: dict[str, Row]) -> Iterator[str]:
    """Yield the lines of the table of functions."""
    heads = [f"{name}: {title}" for name in CORPORA.values() for title, _ in COLUMNS.values()]
    yield "| | " + " | ".join(heads) + " |"
    yield "|---" * (1 + len(heads)) + "|"
    for function in dict.fromkeys(name.split(".", 2)[2] for name in rows):
        cells = [
            number(rows[f"{column}.{corpus}.{function}"]["value"], digits)
            for corpus in CORPORA
            for column, (_, digits) in COLUMNS.items()
        ]
        title = "random order, expected" if "(" in function else f"`{function}`"
        yield "| " + " | ".join([title, *cells]) + " |"


def calibrations(rows: dict[str, Row]) -> Iterator[str]:
    """Yield the lines of the table of calibration, before and after."""
    heads = [f"{name} {when}" for name in CORPORA.values() for when in ("before", "after")]
    yield "| | " + " | ".join(heads) + " |"
    yield "|---" * (1 + len(heads)) + "|"
    fitted = [f"2 | {with_range(rows[f'temperature.{corpus}'], 2)}" for corpus in CORPORA]
    yield "| temperature | " + " | ".join(fitted) + " |"
    for measure, (title, digits) in CALIBRATED.items():
        cells = [
            with_range(rows[f"{measure}.{corpus}.{when}"], digits)
            for corpus in CORPORA
            for when in ("before", "after")
        ]
        yield "| " + " | ".join([title, *cells]) + " |"


def refits(rows: dict[str, Row]) -> Iterator[str]:
    """Yield the lines of the table of refitted models."""
    yield "| temperature | " + " | ".join(CORPORA.values()) + " |"
    yield "|---|---|---|"
    own = [number(rows[f"refitted-temperature.{corpus}.own"]["value"], 2) for corpus in CORPORA]
    for name, title in REFITTED.items():
        cells = [with_range(rows[f"refitted-ece.{corpus}.{name}"], 3) for corpus in CORPORA]
        shown = f"{title}, {' and '.join(own)}" if name == "own" else title
        yield "| " + " | ".join([shown, *cells]) + " |"


def main() -> None:
    """Write each table between its marks."""
    written = {}
    for table, result in (
        (acquisitions, "bench-acquisition"),
        (calibrations, "bench-calibration"),
        (refits, "bench-calibration"),
    ):
        rows = json.loads((RESULTS / f"{result}.json").read_text(encoding="utf8"))["rows"]
        written[table.__name__] = table(rows)
    write_between_marks(PAGE, written)


if __name__ == "__main__":
    main()
