"""Write the tables of docs/fine-tuning.md that show the study: python benchmarks/study_table.py.

They show what is kept of `make study`: in benchmarks/results/study-CORPUS.json, and in build/ where
that is newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TypeAlias

from kept import KeptModels, difference
from marked_pages import write_between_marks
from real_corpora import CORPORA, POLICIES, ROOT
from scores_table import number
from strategies_table import NAMES, signed
from study import FEWER, THE_BASE, differences, kept_name, levels
from study_rows import NEW_TEXT, Row

PAGE = ROOT / "docs" / "fine-tuning.md"
ARMS = {"teach": "teach (binary)", "ranked": "ranked", "random": "random",
        "ranked-strict": "ranked-strict"}  # fmt: skip
SHOWN = {
    "1.{}": "1. teach, robust, minus the base",
    "1.{}-usual": "the same, usual",
    "1.{}-stretch": "teach minus random segments, robust",
    "2.{}": "2. ranked minus random, robust",
    "2.{}-first": "the same, the first five",
    "2.{}-strict": "strict ranking minus random, robust",
    "2.{}-usual": "ranked minus random, usual",
    "2.{}-strict-usual": "strict ranking minus random, usual",
    "3.{}-random": "3. robust minus usual, random",
    "3.{}-ranked": "robust minus usual, ranked",
    "3.{}-others-random": "other labels' agreement with the base, random, robust",
    "3.{}-others-teach": "the same, teach",
}
"""Rows by their names in the results, with a place for the corpus."""
LEARNING = ("teach", "ranked")

Rows: TypeAlias = Mapping[str, Row]
plain = partial(number, digits=3)


def f1_lines(rows: Rows, bases: Mapping[str, float]) -> Iterator[str]:
    """Yield the lines of F1 by arm, corpus and policy, and of the bases, by corpus."""
    heads = [f"{NAMES[name]}, {policy}" for name in bases for policy in POLICIES]
    yield f"| arm | {' | '.join(heads)} |"
    yield "|---" * (1 + len(heads)) + "|"
    for arm, told in ARMS.items():
        found = [rows.get(f"f1.{name}-{arm}-{policy}") for name in bases for policy in POLICIES]
        yield f"| {told} | {' | '.join(map(_level, found))} |"
    cells = [plain(base) + " |" * (len(POLICIES) - 1) for base in bases.values()]
    yield f"| the base | {' | '.join(cells)} |"


def difference_lines(rows: Rows) -> Iterator[str]:
    """Yield a table per corpus: what was to be reached, and what was."""
    for name in corpora():
        yield f"| {NAMES[name]} | mean (range) | new text | this test set | n | wanted | |"
        yield "|---" * 7 + "|"
        for key, told in SHOWN.items():
            if (row := rows.get(key.format(name))) is not None:
                yield f"| {told} | {' | '.join(_cells(row))} |"
        yield ""


def learning_lines(rows: Rows) -> Iterator[str]:
    """Yield the lines of arms whose model learns meanwhile, minus the same whose model does not."""
    yield "| | mean (range) | new text | this test set | n |"
    yield "|---" * 5 + "|"
    for name in corpora():
        for arm in LEARNING:
            if (row := rows.get(f"learning.{name}-{arm}")) is not None:
                yield f"| {NAMES[name]}, {arm} | {' | '.join([*_cells(row)][:4])} |"


def corpora() -> list[str]:
    """Return the names of the corpora, in the order of the tables."""
    return [corpus.name for corpus in CORPORA]


def rows_of(kept: Mapping[str, KeptModels]) -> dict[str, Row]:
    """Return all rows that are known by now; `kept` are the models of each corpus, by its name."""
    rows: dict[str, Row] = {}
    for corpus in CORPORA:
        models = kept[corpus.name]
        rows |= dict(differences(corpus, models)) | dict(levels(corpus, models))
        ranked = rows.get(f"2.{corpus.name}")
        if ranked is not None and ranked["n"] > len(FEWER):
            # beside all replicates the first ones, which the other rows rest on
            ours, theirs = ([models[kept_name(arm, "robust", seed)] for seed in FEWER]
                            for arm in ("ranked", "random"))  # fmt: skip
            rows[f"2.{corpus.name}-first"] = difference(list(zip(ours, theirs, strict=True)))
    return rows


def _cells(row: Row) -> Iterator[str]:
    write = signed if row["interval"] == NEW_TEXT else plain
    ends = {key: write(row[key]) for key in ("value", "smallest", "largest", "low", "high")}
    yield f"{ends['value']} ({ends['smallest']} to {ends['largest']})"
    new, this = f"[{ends['low']}, {ends['high']}]", ""
    if row["interval"] == NEW_TEXT:
        this = f"[{write(row['this_low'])}, {write(row['this_high'])}]"
    else:
        new, this = "", new
    yield from (new, this, str(row["n"]), *_judged(row))


def _judged(row: Row) -> tuple[str, str]:
    """Return what was wanted of a row, and whether it was reached."""
    if not row["target"]:
        return "", ""
    least, mean = (float(part.rpartition(" ")[2]) for part in row["target"].split(", "))
    wanted = f"> {_short(least)}" + (f"; mean ≥ {_short(mean)}" if mean > -1 else "")
    if row["met"]:
        return wanted, "met"
    return wanted, "**missed**" + (" by its mean" if row["low"] > least else "")


def _level(row: Row | None) -> str:
    if row is None:
        return "-"
    return f"{plain(row['value'])} [{plain(row['low'])}, {plain(row['high'])}]"


def _short(value: float) -> str:
    """Return a limit without what says nothing.

    >>> _short(0.95), _short(-0.02), _short(0.0)
    ('.95', '-.02', '0')
    """
    return f"{value:g}".replace("0.", ".", 1)


def main() -> None:
    """Write the tables between their marks."""
    kept = {corpus.name: KeptModels(f"study-{corpus.name}") for corpus in CORPORA}
    rows = rows_of(kept)
    bases = {name: models[THE_BASE].f1 for name, models in kept.items()}
    written = {
        "f1": f1_lines(rows, bases),
        "differences": difference_lines(rows),
        "learning": learning_lines(rows),
    }
    write_between_marks(PAGE, written)


if __name__ == "__main__":
    main()
