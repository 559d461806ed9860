"""Learning while annotating, through the real recipes and the real command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.online.refits import probabilities_of
from prodigy_al.records import read_record
from prodigy_al.sampling.history import ANSWERS
from prodigy_al.sampling.inclusion import verify_records

ARMS = ["teach-learning", "ranked-learning"]
BUDGET = 180  # a refit after the 100th train-fold answer, and questions by its scores


Answers = list[dict[str, Any]]


@pytest.fixture
def simulate(world: Path, warm: Any) -> Callable[..., Answers]:
    """Simulate an arm up to a budget and return its dataset: (arm, budget, home, anew=)."""
    return partial(simulated, world, warm)


def simulated(
    world: Path, warm: Any, arm: str, budget: int, home: Path, *, anew: bool = False
) -> Answers:
    home.mkdir(exist_ok=True)
    done = warm(
        "prodigy", "al.simulate", world / "pool.jsonl", world / "base", "news", "--label", "ORG",
        "--arms", arm, "--budget", budget, home=home, anew=anew,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    exported = warm("prodigy", "db-out", f"news-{arm}-0", home=home).stdout.splitlines()
    return [json.loads(line) for line in exported]


@pytest.fixture(scope="module")
def undisturbed(
    world: Path, warm: Any, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], tuple[Path, Answers]]:
    """Return the home and the dataset of an arm that nothing stopped, simulated once: (arm)."""

    @cache
    def run(arm: str) -> tuple[Path, Answers]:
        home = tmp_path_factory.mktemp(arm)
        return home, simulated(world, warm, arm, BUDGET, home)

    return run


@pytest.mark.parametrize("arm", ARMS)
def test_a_run_that_stopped_after_a_refit_goes_on_as_if_it_had_not(
    simulate, undisturbed, arm: str, tmp_path: Path
):
    simulate(arm, 150, tmp_path)  # a whole number of batches: what was on the way is drawn anew
    resumed = simulate(arm, BUDGET, tmp_path, anew=True)
    _, whole = undisturbed(arm)
    assert [a["al"] for a in resumed] == [a["al"] for a in whole]
    assert [a["_task_hash"] for a in resumed] == [a["_task_hash"] for a in whole]
    records = [(a["_input_hash"], read_record(a)) for a in whole]
    assert verify_records(records) == BUDGET
    by = {(record.fold, record.model.get(ANSWERS, 0)) for _, record in records}
    assert by == {("train", 0), ("train", 100), ("dev", 0)}
    assert len({record.model["sha256"] for _, record in records}) == 2
    temperatures = {
        record.scorer["temperature"] for _, record in records if ANSWERS in record.model
    }
    assert len(temperatures) == 1
    # single spans do not tell one; the frame is the starting model's
    assert (temperatures == {2.0}) == (arm == "teach-learning")
    assert len({record.scorer["frame_sha256"] for _, record in records}) == 1


def test_a_run_that_stopped_within_a_batch_asks_nothing_twice(simulate, tmp_path: Path):
    simulate("ranked-learning", 147, tmp_path)
    resumed = simulate("ranked-learning", BUDGET, tmp_path)
    records = [(a["_input_hash"], read_record(a)) for a in resumed]
    assert verify_records(records) == len(dict(records)) == BUDGET


def test_the_trained_arm_of_a_learning_one_is_an_ordinary_one(undisturbed, warm, world: Path):
    home, _ = undisturbed("ranked-learning")
    done = warm(
        "prodigy", "al.compare", "news-*", world / "base", "--test", world / "test.jsonl",
        "--label", "ORG", "--training", "usual", "--seeds", 1, "--workers", 1, "--output", "out",
        home=home,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (arm,) = json.loads((home / "out/report.json").read_text())["arms"].values()
    assert arm["strategy"] == "ranked-learning"
    assert "unavailable" not in arm["runs"]["usual"]["dev"]["weighted"]


def test_nobody_waits_for_a_refit(controller: Callable[..., Any], world: Path):
    session = controller(
        "al.teach", "live", str(world / "base"), str(world / "pool.jsonl"),
        label=["ORG"], update_every=10, block=20,
    )  # fmt: skip
    by: set[int] = set()
    longest, end = 0.0, time.monotonic() + 120
    while max(by, default=0) == 0 and time.monotonic() < end:
        since = time.monotonic()
        tasks = session.get_questions()
        assert tasks, "the pool ran out before a refit was over"
        by |= {task["al"]["model"].get(ANSWERS, 0) for task in tasks}
        session.receive_answers([{**task, "answer": "accept"} for task in tasks])
        longest = max(longest, time.monotonic() - since)
        time.sleep(0.5)
    session.close()
    assert max(by) >= 10
    assert longest < 2  # a refit takes several times that, with the start of its process


@pytest.mark.parametrize("strict", [False, True])
def test_temperatures_weigh_answers_by_their_probabilities_where_they_have_one(
    controller: Callable[..., Any], world: Path, strict: bool
):
    session = controller(
        "al.manual-ranked", "x", str(world / "base"), str(world / "pool.jsonl"),
        label=["ORG"], strict=strict,
    )  # fmt: skip
    tasks = [task for task in session.get_questions() if task["al"]["fold"] == "train"]
    found = probabilities_of(tasks)
    assert found.keys() == (set() if strict else {task["_input_hash"] for task in tasks})
    assert all(0 < p <= 1 for p in found.values())
