"""How long until the first question, the first time and when the same recipe is started again?

    make bench-restart            five pairs of starts on both corpora
    QUICK=1 make bench-restart    two pairs on FiNER

`al.manual-ranked` is started on the whole pool, each time in a process of its own, from its imports
to the first questions. The first start of a pair has no scores; the second takes those that it left
(`scoring/cache.py`). Rows: seconds of the first start, and those of the second as a share of them,
median and range over pairs.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from real_corpora import BASE, CORPORA, DATA, QUICK, Corpus, write_result
from wasabi.tables import table

PAIRS = 2 if QUICK else 5
START = """
import sys
from prodigy.core import Controller
from prodigy_al.manual_ranked import manual_ranked

controller = Controller.from_components(
    "al.manual-ranked", manual_ranked("ranked", sys.argv[1], sys.argv[2], label=["ORG"])
)
assert controller.get_questions()
"""


def start(corpus: Corpus, folder: Path) -> float:
    """Return the seconds of one start, with home and scores in `folder`."""
    environment = {**os.environ, "PRODIGY_HOME": str(folder), "PRODIGY_AL_CACHE": str(folder)}
    command = [sys.executable, "-c", START, str(BASE), str(DATA / corpus.pool)]
    since = time.perf_counter()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - since


def main() -> None:
    """Start in pairs, print the rows and write build/bench-restart.json."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    rows: dict[str, dict[str, float]] = {}
    for corpus in reversed(CORPORA[1:] if QUICK else CORPORA):
        first, shares = [], []
        for _ in range(PAIRS):
            with TemporaryDirectory() as folder:
                first.append(start(corpus, Path(folder)))
                shares.append(start(corpus, Path(folder)) / first[-1])
        for name, values in ((f"first.{corpus.name}", first), (f"again.{corpus.name}", shares)):
            rows[name] = {"value": median(values), "low": min(values), "high": max(values)}
            rows[name]["n"] = len(values)
    write_result("bench-restart", rows=rows)
    lines = [
        (name, f"{r['value']:.2f}", f"{r['low']:.2f} to {r['high']:.2f}")
        for name, r in rows.items()
    ]
    print(table(lines, header=("row", "median", "range"), divider=True))


if __name__ == "__main__":
    main()
