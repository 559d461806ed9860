"""What draws found to rows: bias, coverage and width, each with its own uncertainty.

A cell is one corpus, design, model, number of dev answers, response, estimator and metric. Where
the last three are the ordinary ones (all answered, 1/π alone, F1) its name leaves them out:
`finer-ranked-base-250`, `finer-teach-tuned-250-ignored-precision`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from scipy import stats

from prodigy_al.evaluation.replicates import mean_over_replicates

BIAS, COVERAGE = 0.005, (0.93, 0.97)
ORDINARY = ("full", "plain", "f1")
# The kinds of rows of a cell, in the order of the columns.
KINDS = ("bias", "sd", "unweighted", "cov-pool", "width-pool", "cov-new", "width-new", "missing")

Found = Mapping[str, Any]
Row = dict[str, Any]
Rows = dict[str, Row]


def cells(series: str, found: Iterable[Found]) -> dict[str, list[Found]]:
    """Return what the draws of one series (corpus, design, dev answers) found, by cell."""
    corpus_and_design, answers = series.rsplit("-", 1)
    by_cell: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        parts = one["response"], one["estimator"], one["metric"]
        special = [part for part, usual in zip(parts, ORDINARY, strict=True) if part != usual]
        by_cell["-".join([corpus_and_design, one["model"], answers, *special])].append(one)
    return dict(by_cell)


def rows(cell: str, found: Sequence[Found]) -> Rows:
    """Return the rows of one cell; a row that no draw has a number for is left out.

    Errors are against the dev-fold pool of each draw, which is what was sampled. `4bias`, `4cov`
    and `4width` are the rows with a target or an interval of the product; the others stand beside
    them.
    """
    known = [one for one in found if one["value"] is not None and one["fold"] is not None]
    errors = [one["value"] - one["fold"] for one in known]
    made: dict[str, Row | None] = {
        f"4bias.{cell}": mean(errors, target=f"|bias| <= {BIAS}", met=lambda b: abs(b) <= BIAS),
        f"4sd.{cell}": deviation(errors),
        f"4unweighted.{cell}": mean([one["unweighted"] - one["fold"] for one in known]),
        f"4missing.{cell}": mean([one["missing"] for one in known]),
    }
    for kind, aim in (("pool", "fold"), ("new", "all")):
        intervals = [(one[kind], one[aim]) for one in known if one[kind] is not None]
        hits = [low <= aim <= high for (low, high), aim in intervals]
        made[f"4cov.{cell}-{kind}"] = coverage(hits)
        made[f"4width.{cell}-{kind}"] = mean([high - low for (low, high), _ in intervals])
    found_rows = {name: row for name, row in made.items() if row is not None}
    for row in found_rows.values():
        row["draws"] = len(found)  # n is smaller where a number was unavailable
    return found_rows


def mean(
    values: Sequence[float],
    *,
    target: str = "",
    met: Callable[[float], bool] = lambda _: True,
) -> Row | None:
    """Return a mean over draws with Student's t interval, None for fewer than two draws."""
    if len(values) < 2:
        return None
    found = mean_over_replicates(values)
    row = {"value": found.difference, "low": found.low, "high": found.high, "n": len(values)}
    return {**row, "target": target, "met": met(found.difference)}


def deviation(errors: Sequence[float]) -> Row | None:
    """Return the standard deviation over draws with the chi-squared interval of normal errors."""
    if len(errors) < 2:
        return None
    freedom, value = len(errors) - 1, stdev(errors)
    low, high = (value * math.sqrt(freedom / stats.chi2.ppf(q, freedom)) for q in (0.975, 0.025))
    return {"value": value, "low": low, "high": high, "n": len(errors), "target": "", "met": True}


def coverage(hits: Sequence[bool]) -> Row | None:
    """Return the share of intervals that hold their target, with Wilson's interval."""
    if not hits:
        return None
    value = fmean(hits)
    wilson = stats.binomtest(sum(hits), len(hits)).proportion_ci(method="wilson")
    low, high = COVERAGE
    return {
        "value": value,
        "low": float(wilson.low),
        "high": float(wilson.high),
        "n": len(hits),
        "target": f"in [{low}, {high}]",
        "met": low <= value <= high,
    }


def cell_names(all_rows: Mapping[str, Row]) -> list[str]:
    """Return the cells that have rows, in their order."""
    return [name.removeprefix("4bias.") for name in all_rows if name.startswith("4bias.")]


def table_lines(all_rows: Mapping[str, Row], names: Iterable[str]) -> list[list[str]]:
    """Return a line of text per cell: name, draws, and the kinds of rows in their order."""
    lines = []
    for cell in names:
        line = [cell, str(all_rows[f"4bias.{cell}"]["draws"])]
        for kind in KINDS:
            what, _, which = kind.partition("-")
            row = all_rows.get(f"4{what}.{cell}" + (f"-{which}" if which else ""))
            line.append(shown(what, row))
        lines.append(line)
    return lines


def shown(what: str, row: Row | None) -> str:
    """Return one number as the tables show it; those with a target have their interval."""
    if row is None:
        return ""
    if what == "missing":
        return f"{row['value']:.1f}"
    sign = "+" if what in ("bias", "unweighted") else ""
    value = f"{row['value']:{sign}.3f}"
    if row["target"]:
        value += f" [{row['low']:{sign}.3f}, {row['high']:{sign}.3f}]"
    few = f" (n = {row['n']})" if row["n"] < row["draws"] else ""
    return value + few + ("" if row["met"] else " MISSED")
