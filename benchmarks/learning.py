"""Row 10 without HTTP: does anybody wait while the model learns, and how old are the questions?

    make bench-learning            600 answers at five per second, a refit every 50 answers
    QUICK=1 make bench-learning    200 answers

`al.teach --update-every` runs in the background of a real controller; a simulated annotator takes
batches of ten, answers each question after a fifth of a second (a person takes several times
that) and hands the batch in. Rows: milliseconds of both calls, and `behind`: the largest number
of questions in a row that an older model asked while a newer one was there; a block has at most 20.
"""

from __future__ import annotations

import gc
import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
from kept import current_commit
from real_corpora import BASE, CORPORA, DATA, QUICK, ROOT
from wasabi.tables import table

from prodigy_al.records import SIMULATED

BUILD = ROOT / "build" / "learning"
ANSWERS, EVERY, PER_SECOND, BLOCK = (200 if QUICK else 600), 50, 5, 20
CORPUS = CORPORA[0]


@dataclass
class Log:
    """Seconds of every call; questions in a row behind the newest model; models that asked."""

    ask: list[float] = field(default_factory=list)
    give: list[float] = field(default_factory=list)
    behind: int = 0
    used: set[int] = field(default_factory=set)


def annotate(controller: Any, annotator: Any, learner: Any) -> Log:
    """Answer several times as fast as a person, and log what it took."""
    log, in_a_row, answered = Log(), 0, 0
    while answered < ANSWERS:
        since = time.perf_counter()
        tasks = controller.get_questions()
        log.ask.append(time.perf_counter() - since)
        newest = learner.newest()
        for task in tasks:
            if task["al"]["fold"] == "train":
                by = task["al"]["model"].get("answers", 0)
                log.used.add(by)
                in_a_row = in_a_row + 1 if newest and newest.answers > by else 0
                log.behind = max(log.behind, in_a_row)
            time.sleep(1 / PER_SECOND)
        answers = [annotator.answer(task, binary=True) for task in tasks]
        for answer in answers:
            del answer[SIMULATED]  # what a recipe does for people, it does not do for simulations
        since = time.perf_counter()
        controller.receive_answers(answers)
        log.give.append(time.perf_counter() - since)
        answered += len(answers)
    return log


@contextmanager
def kept_learners() -> Iterator[list[Any]]:
    """Collect the learners that recipes start: they alone know which model is the newest."""
    from prodigy_al.online.learner import Learner

    learners: list[Any] = []

    class Kept(Learner):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            learners.append(self)

    with patch("prodigy_al.inputs.pool.Learner", Kept):
        yield learners


def main() -> None:
    """Run one session, print its rows and write build/bench-learning.json."""
    if not BASE.exists():
        sys.exit(f"the benchmark needs the corpora and the pipeline; set PRODIGY_AL_DATA ({DATA})")
    home = BUILD / f"home-{time.time_ns()}"  # a session of its own each time
    home.mkdir(parents=True)
    os.environ["PRODIGY_HOME"] = str(home)
    from prodigy.core import Controller

    from prodigy_al.inputs.sources import read_gold_source
    from prodigy_al.simulation.annotator import GoldAnnotator
    from prodigy_al.teach import teach

    pool = str(DATA / CORPUS.pool)
    labels, gold = read_gold_source(
        pool, str(BASE), ["ORG"], loader=None, unsegmented=False, skip_bad=False
    )
    with kept_learners() as learners:
        components = teach(
            "bench", str(BASE), pool, label=["ORG"], update_every=EVERY, block=BLOCK * 5
        )
    (learner,) = learners
    controller = Controller.from_components("al.teach", components)
    gc.collect()
    log = annotate(controller, GoldAnnotator(gold, labels), learner)
    components["on_exit"](controller)
    give, ask = (np.array(spent) * 1000 for spent in (log.give, log.ask))
    values = {
        **{f"10.give.p{q}": (float(np.percentile(give, q)), len(give), 100) for q in (50, 95, 99)},
        **{f"10.ask.p{q}": (float(np.percentile(ask, q)), len(ask), None) for q in (50, 95, 99)},
        "10.behind": (float(log.behind), ANSWERS, BLOCK),
        "10.models": (float(len(log.used - {0})), ANSWERS, None),
    }
    rows = {
        name: {
            "value": value, "low": None, "high": None, "n": n, "target": target,
            "met": target is None or value <= target,
        }
        for name, (value, n, target) in values.items()
    }  # fmt: skip
    commit = current_commit()
    machine = {"cpu": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {"rows": rows, "machine": machine, "commit": commit}
    (ROOT / "build" / "bench-learning.json").write_text(json.dumps(result, indent=1) + "\n")
    shown = [(n, f"{v:.1f}", target or "", count) for n, (v, count, target) in values.items()]
    print(table(shown, header=("row", "value", "at most", "n"), divider=True))


if __name__ == "__main__":
    main()
