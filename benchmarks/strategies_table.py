"""Write the table of docs/strategies.md: python benchmarks/strategies_table.py.

It shows what is kept of `make study-strategies`: in benchmarks/results/strategies-CORPUS.json, and
in build/ where that is newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drawn import ANSWERS, RANDOM, SECONDS
from kept import KeptModels
from marked_pages import write_between_marks
from real_corpora import CORPORA, ROOT
from scores_table import number
from strategies import BUDGETS, LOOKUP, POOL, REPLICATES, STRATEGIES, adjusted, rows_of
from study_rows import Row

PAGE = ROOT / "docs" / "strategies.md"
NAMES = {"finer": "FiNER", "conll": "CoNLL"}
CERTAIN = 0.05  # of Holm's p: such a difference is written in bold


def lines(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield the lines: F1 of random order, then each strategy minus random, at equal what."""
    places = [(corpus, budget) for corpus in NAMES for budget in BUDGETS]
    heads = [f"{NAMES[corpus]} {budget:,}" for corpus, budget in places]
    yield "| | equal | " + " | ".join(heads) + " |"
    yield "|---" * (2 + len(heads)) + "|"
    levels = [rows.get(f"f1.{c}-{RANDOM}-{budget}-{ANSWERS}") for c, budget in places]
    yield "| random order, F1 | | " + " | ".join(map(_level, levels)) + " |"
    ceilings = [rows.get(f"f1.{c}-{RANDOM}-{POOL}-{POOL}") for c in NAMES]
    empty = " |" * (len(BUDGETS) - 1)
    yield f"| the whole pool, F1 | |{empty} " + f" |{empty} ".join(map(_level, ceilings)) + " |"
    found = [rows.get(f"{LOOKUP}.{c}-{LOOKUP}-{budget}") for c, budget in places]
    yield "| accepted names, looked up | answers | " + " | ".join(map(_cell, found)) + " |"
    for strategy in STRATEGIES:
        for equal in (ANSWERS, SECONDS):
            found = [rows.get(f"{equal}.{c}-{strategy}-{budget}") for c, budget in places]
            yield f"| `{strategy}` | {equal} | " + " | ".join(map(_cell, found)) + " |"


def effort(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield the lines: seconds of as many answers as random's largest budget, as a share of its."""
    yield "| | " + " | ".join(NAMES.values()) + " |"
    yield "|---" * (1 + len(NAMES)) + "|"
    for strategy in STRATEGIES:
        found = [rows.get(f"{ANSWERS}.{c}-{strategy}-{BUDGETS[-1]}") for c in NAMES]
        cells = [f"{row['seconds_ratio']:.2f}" if row else "-" for row in found]
        yield f"| `{strategy}` | " + " | ".join(cells) + " |"


def findings(rows: Mapping[str, Row]) -> Iterator[str]:
    """Yield what the differences show after Holm, strategy by strategy, those that pay first."""
    found = {name: row for name, row in rows.items() if "holm" in row}
    certain = {name: row["value"] for name, row in found.items() if row["holm"] < CERTAIN}
    ahead = sum(value > 0 for value in certain.values())
    yield (
        f"Of {len(found)} differences, {ahead} above 0 and {len(certain) - ahead} below are found "
        "after Holm. Where none is found there may be one all the same, within the interval."
    )
    yield ""
    for strategy in sorted(STRATEGIES, key=lambda one: -_balance(one, certain)):
        measured = sum(_of(name, strategy) for name in found)
        own = {name: value for name, value in certain.items() if _of(name, strategy)}
        better, worse = (
            [_where(name) for name, value in own.items() if value * sign > 0] for sign in (1, -1)
        )
        words = [f"ahead of random at {', '.join(better)}"] if better else []
        words += [f"behind it at {', '.join(worse)}"] if worse else []
        said = "; ".join(words) or f"no difference found in {measured} cells"
        yield f"- `{strategy}`: {said if measured else 'not measured yet'}."


def _of(name: str, strategy: str) -> bool:
    return name.split("-", 1)[1].rpartition("-")[0] == strategy


def _balance(strategy: str, certain: Mapping[str, float]) -> int:
    return sum((value > 0) - (value < 0) for n, value in certain.items() if _of(n, strategy))


def _where(name: str) -> str:
    """Return the place of a difference in words.

    >>> _where("seconds.finer-mnlp-1000")
    'FiNER 1,000 (seconds)'
    """
    equal, _, rest = name.partition(".")
    return f"{NAMES[rest.partition('-')[0]]} {int(rest.rpartition('-')[2]):,} ({equal})"


def _level(row: Row | None) -> str:
    return f"{number(row['value'], 3)}{_fewer(row)}" if row else "-"


def _cell(row: Row | None) -> str:
    """Return a difference with its interval for new text, in bold where it is not chance."""
    if row is None:
        return "-"
    mean, low, high = (signed(row[key]) for key in ("value", "low", "high"))
    mean = f"**{mean}**" if row.get("holm", 1) < CERTAIN else mean
    return f"{mean} [{low}, {high}]{_fewer(row)}"


def _fewer(row: Row) -> str:
    return f" (n = {row['n']})" if row["n"] < REPLICATES else ""


def signed(value: float) -> str:
    """Return a difference as the pages write it.

    >>> signed(0.0123), signed(-0.2)
    ('+.012', '-.200')
    """
    return f"{value:+.3f}".replace("0.", ".", 1)


def main() -> None:
    """Write tables and findings between their marks."""
    kept = {corpus: KeptModels(f"strategies-{corpus.name}") for corpus in CORPORA}
    both = (rows_of(corpus, models) for corpus, models in kept.items())
    rows = adjusted({name: row for found in both for name, row in found})
    written = {"strategies": lines(rows), "findings": findings(rows), "effort": effort(rows)}
    write_between_marks(PAGE, written)


if __name__ == "__main__":
    main()
