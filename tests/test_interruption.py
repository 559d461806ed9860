"""Simulations and comparisons that are stopped: what is done is kept, the next run goes on."""

from __future__ import annotations

import os
import pty
import re
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from fcntl import ioctl
from functools import partial
from pathlib import Path
from termios import TIOCSWINSZ
from typing import Any

import pytest
from prodigy.components.db import connect

from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

BUDGET = 60
ARMS = ("teach", "ranked")
PATIENCE = 60.0  # seconds until a sign of progress must have been seen
HEAVY = {"spacy", "thinc", "numpy", "scipy", "joblib", "peewee"}
BAR_WITH_ETA = re.compile(r"\d+%\|.*\| \d+/\d+ \[\d\d:\d\d<(\d\d:\d\d|\?)")


class Bench:
    """A folder with a home, a pool and a pipeline, and commands that can be stopped."""

    def __init__(self, folder: Path, world: Path) -> None:
        self.folder, self.world = folder, world
        self.database = connect("sqlite", {"path": str(folder / "home")})

    def start(self, *args: object, **streams: Any) -> subprocess.Popen[str]:
        # batches of one answer: more moments at which a simulation can be stopped
        env = {
            **os.environ,
            "PRODIGY_HOME": str(self.folder / "home"),
            "PRODIGY_CONFIG_OVERRIDES": '{"batch_size": 1}',
        }
        return subprocess.Popen(
            [sys.executable, "-m", "prodigy", *map(str, args)],
            cwd=self.folder,
            env=env,
            text=True,
            start_new_session=True,  # a process group of its own, as a terminal gives it
            # whoever runs the tests in the background ignores Ctrl+C, and children inherit that
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams},
        )

    def finish(self, *args: object) -> str:
        process = self.start(*args)
        said, complaint = process.communicate(timeout=PATIENCE)
        assert (process.returncode, complaint) == (0, "")
        return said

    def simulation(self, name: str) -> tuple[object, ...]:
        return ("al.simulate", self.world / "pool.jsonl", self.world / "base", name, "-l", "ORG",
                "--arms", ",".join(ARMS), "--budget", BUDGET, "--error-rate", "0.2")  # fmt: skip

    def comparison(self, output: str, workers: int) -> tuple[object, ...]:
        return ("al.compare", "calm-*", self.world / "base", "--test", self.world / "test.jsonl",
                "-l", "ORG", "--training", "usual", "--seeds", 2, "--workers", workers,
                "--equal", "answers", "--output", output)  # fmt: skip

    def answers(self, dataset: str) -> list[dict[str, Any]]:
        return list(self.database.get_dataset_examples(dataset, default=[]))

    def holds(self, dataset: str, answers: int) -> bool:
        return len(self.answers(dataset)) >= answers

    def runs(self, output: str) -> dict[Path, int]:
        """The finished runs of a comparison, and when each was written."""
        return {p: p.stat().st_mtime_ns for p in (self.folder / output / "runs").glob("*.json")}


@pytest.fixture(scope="module")
def bench(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """With the datasets calm-teach-0 and calm-ranked-0, which nobody disturbed."""
    made = Bench(tmp_path_factory.mktemp("interruption"), world)
    wrote = [f"dataset calm-{arm}-0: {BUDGET} answers" for arm in ARMS]
    of_source, *said = made.finish(*made.simulation("calm")).splitlines()
    assert "115 segments are the dev fold" in of_source  # both arms have it, and it is said once
    assert [line.removeprefix("✔ ") for line in said] == wrote
    return made


def stop(process: subprocess.Popen[str], how: signal.Signals, sign: Callable[[], bool]) -> str:
    """Send a signal at a sign of progress; return what the process wrote on stderr.

    Ctrl+C reaches the whole group, as on a terminal, the others the process alone.
    """
    deadline = time.monotonic() + PATIENCE
    while not sign():
        assert process.poll() is None, f"ended too early: {process.communicate()}"
        assert time.monotonic() < deadline, "no sign of progress"
        time.sleep(0.005)
    (os.killpg if how == signal.SIGINT else os.kill)(process.pid, how)
    deadline = time.monotonic() + 10
    process.wait(timeout=10)
    while left := members(process.pid):
        assert time.monotonic() < deadline, f"still running: {left}"
        time.sleep(0.05)
    return process.communicate()[1]


def members(group: int) -> list[str]:
    """The processes of a group that still run, by their command lines."""
    running = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, its_group = status.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state != "Z":
                running.append(status.with_name("cmdline").read_text().replace("\0", " "))
        except OSError:  # it ended while we looked
            continue
    return running


def assert_ended_by(how: signal.Signals, process: subprocess.Popen[str], said: str) -> None:
    if how == signal.SIGKILL:
        assert process.returncode == -how
        return
    assert process.returncode == 128 + how
    assert said == (
        f"Stopped by {how.name}. What is done is kept: run the same command again to go on.\n"
    )


def content(answers: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Everything about the answers but when and in which session they were given."""
    return [(a["_task_hash"], a["answer"], a["spans"], a["al"]) for a in answers]


@pytest.mark.parametrize(
    ("how", "arm", "enough"),
    [
        (signal.SIGINT, "ranked", 20),
        (signal.SIGTERM, "teach", 1),
        (signal.SIGKILL, "teach", 35),
    ],
)
def test_a_stopped_simulation_goes_on_to_the_same_datasets(
    bench: Bench, how: signal.Signals, arm: str, enough: int
):
    name = f"{how.name}-{arm}"
    stopped = f"{name}-{arm}-0"
    process = bench.start(*bench.simulation(name))
    said = stop(process, how, lambda: len(bench.answers(stopped)) >= enough)
    assert_ended_by(how, process, said)
    stored = bench.answers(stopped)
    assert enough <= len(stored) < BUDGET
    assert verify_records([(a["_input_hash"], read_record(a)) for a in stored]) == len(stored)

    bench.finish(*bench.simulation(name))
    for each in ARMS:
        whole, calm = bench.answers(f"{name}-{each}-0"), bench.answers(f"calm-{each}-0")
        assert content(whole) == content(calm)
        assert len(whole) == BUDGET
        stamps = [a["_timestamp"] for a in whole]
        assert stamps == sorted(stamps)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_stopped_workers_of_a_simulation_go_on_to_the_same_datasets(
    bench: Bench, how: signal.Signals
):
    """Both arms are answered at the same time, and are stopped in their middle.

    Workers notice within half a second that their parent is gone. A fast machine may have answered
    everything by then, and is asked again.
    """
    for attempt in range(5):
        name = f"workers-{how.name}-{attempt}"
        begun = [f"{name}-{arm}-0" for arm in ARMS]
        process = bench.start(*bench.simulation(name), "--workers", 2)
        said = stop(
            process, how, lambda begun=begun: all(len(bench.answers(each)) >= 5 for each in begun)
        )
        assert_ended_by(how, process, said)
        assert all(5 <= len(bench.answers(each)) <= BUDGET for each in begun)
        if any(len(bench.answers(each)) < BUDGET for each in begun):
            break
    else:
        pytest.fail("everything was answered before it could be stopped, five times")

    bench.finish(*bench.simulation(name), "--workers", 2)
    for each in ARMS:
        whole, calm = bench.answers(f"{name}-{each}-0"), bench.answers(f"calm-{each}-0")
        named = [{**one, "_session_id": f"{name}-{each}-0-annotator-1"} for one in calm]
        assert whole == [{**one, "_annotator_id": one["_session_id"]} for one in named]


def test_three_annotators_who_are_stopped_give_the_same_answers_at_the_same_times(bench: Bench):
    """Killed twice, the second time while what is stored is repeated or soon after."""
    people = ("--annotators", 3, "--overlap", 0.3)
    bench.finish(*bench.simulation("together"), *people)
    for enough in (15, 40):
        process = bench.start(*bench.simulation("parted"), *people)
        held = partial(bench.holds, "parted-teach-0", enough)
        stop(process, signal.SIGKILL, held)
    assert 40 <= len(bench.answers("parted-teach-0")) < BUDGET
    bench.finish(*bench.simulation("parted"), *people)
    for arm in ARMS:
        calm, parted = bench.answers(f"together-{arm}-0"), bench.answers(f"parted-{arm}-0")
        assert len(parted) == BUDGET
        for one in parted:
            for key in ("_session_id", "_annotator_id"):
                one[key] = one[key].replace("parted-", "together-")
        assert parted == calm


def test_a_stopped_comparison_repeats_no_training_and_ends_with_the_same_report(bench: Bench):
    calm = bench.finish(*bench.comparison("calm", workers=1))
    assert len(bench.runs("calm")) == 5
    finished: dict[Path, int] = {}
    for how, enough in ((signal.SIGINT, 1), (signal.SIGTERM, 2), (signal.SIGKILL, 3)):
        process = bench.start(*bench.comparison("rough", workers=2))
        said = stop(process, how, lambda enough=enough: len(bench.runs("rough")) >= enough)
        assert_ended_by(how, process, said)
        assert finished.items() <= bench.runs("rough").items()
        finished = bench.runs("rough")
        assert not (bench.folder / "rough" / "report.json").exists()

    rest, resumed = on_a_terminal(bench, *bench.comparison("rough", workers=1))
    assert rest == 0
    assert f"{len(finished)} of 5 runs were finished before" in resumed
    assert finished.items() <= bench.runs("rough").items()
    reports = [bench.folder / name / "report.json" for name in ("calm", "rough")]
    assert reports[0].read_bytes() == reports[1].read_bytes()
    assert "\x1b" not in calm
    if len(finished) < 5:
        assert BAR_WITH_ETA.search(resumed)


def test_a_broken_file_of_a_finished_run_does_not_count(tmp_path: Path):
    cache = RunCache(tmp_path / "runs")
    predictions = ([frozenset({(0, 2, "ORG"), (3, 4, "GPE")}), frozenset()],)
    cache.write("key", predictions)
    assert cache.read("key") == predictions
    (file,) = cache.folder.iterdir()
    file.write_text(file.read_text()[:-3])
    assert "key" not in cache


def on_a_terminal(bench: Bench, *args: object) -> tuple[int, str]:
    """Run a command on a pseudo-terminal; return its exit code and all that was to be seen."""
    ours, theirs = pty.openpty()
    ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))  # rows, columns, pixels
    process = bench.start(*args, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    while True:
        try:
            seen += os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
    os.close(ours)
    return process.wait(timeout=PATIENCE), seen.decode()


def test_a_terminal_shows_a_bar_with_the_time_left(bench: Bench):
    code, seen = on_a_terminal(bench, *bench.simulation("seen"))
    assert code == 0
    assert BAR_WITH_ETA.search(seen)
    assert all(f"seen-{arm}-0:" in seen for arm in ARMS)


def test_a_terminal_shows_one_bar_for_all_runs_of_several_workers(bench: Bench):
    code, seen = on_a_terminal(bench, *bench.simulation("seen-2"), "--workers", 2)
    assert code == 0
    assert "simulating:" in seen
    assert BAR_WITH_ETA.search(seen)
    assert not any(f"seen-2-{arm}-0:  " in seen for arm in ARMS), "a bar of a worker"
    assert all(f"dataset seen-2-{arm}-0: {BUDGET} answers" in seen for arm in ARMS)


def test_help_imports_nothing_heavy_and_has_a_line_for_every_recipe():
    code = f"""
import sys
from recipe_host.cli import main
for words in ([], *([f"al.{{name}}", "--help"] for name in sys.argv[1].split())):
    try:
        main(words)
    except SystemExit as end:
        assert not end.code, words
print("heavy:", sorted({HEAVY!r} & set(sys.modules)))
"""
    recipes = "teach manual-ranked random trial simulate compare"
    done = subprocess.run(
        [sys.executable, "-c", code, recipes], capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert lines[-1] == "heavy: []"
    for name in recipes.split():
        (line,) = [line for line in lines if line.startswith(f"  al.{name} ")]
        assert line.rstrip().endswith((".", "?"))
        assert len(line.rstrip()) <= 110
