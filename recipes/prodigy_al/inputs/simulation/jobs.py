"""The runs of a simulation as jobs: in this process, in several of this machine, or on a cluster.

Processes of this machine write into the same database, each answer as it is given, so that a run
that was interrupted goes on in its middle. On a cluster a run is stored as a whole, once it is done
(`inputs.simulation.remote`). Datasets are the same, record by record, wherever they were written.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from prodigy.errors import RecipeError
from tqdm import tqdm

from prodigy_al.errors import ActiveLearningError
from prodigy_al.inputs.datasets import stored_examples
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.remarks import Remark, collected_remarks, pass_on
from prodigy_al.inputs.simulation.remote import JobInputs, renamed, require_shared_database, store
from prodigy_al.inputs.simulation.runs import Answer, Answered, Simulation
from prodigy_al.jobs.run import RemoteJob, run_jobs
from prodigy_al.scoring.blas import BLAS, faster_blas
from prodigy_al.simulation.arms import SimulatedRun

Runs: TypeAlias = tuple[SimulatedRun, ...]
"""One run, or two of which the second goes on with the answers of the first."""


@dataclass(frozen=True)
class Job:
    """Runs, and by dataset the answers that are stored of them, for who cannot look them up."""

    runs: Runs
    stored: Mapping[str, Sequence[Answer]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of the dataset that is written last."""
        return self.runs[-1].dataset


@dataclass(frozen=True)
class Outcome:
    """What became of a job: how far its runs are, what was said of them, new answers by dataset."""

    answered: Sequence[Answered]
    remarks: Sequence[Remark]
    new: Mapping[str, Sequence[Answer]] = field(default_factory=dict)


def answer_runs(
    simulation: Simulation, runs: Sequence[SimulatedRun], *, workers: int, cluster: str | None
) -> Iterator[Answered]:
    """Answer the runs and yield each as it is done; those that are whole already come first.

    `workers` and `cluster` are those of `jobs.run.run_jobs`. With one process, each run has a bar
    of its own answers on a terminal; otherwise one bar counts the jobs.

    Raises `JobError` with the name of the dataset where a run fails in another process, and
    `OptionError` where what it needs cannot be sent there.
    """
    jobs = join_starts(runs)
    left = [job for job in jobs if not all(map(simulation.is_whole, job))]
    processes = min(workers, len(left))
    if not left or (cluster is None and processes == 1):
        yield from map(simulation.answer, runs)
        return
    for job in jobs:
        if job not in left:
            yield from map(simulation.look_up, job)
    # arm by arm: runs that score the same texts are not begun together, and find their scores kept
    arms = [job[-1].arm for job in left]
    left.sort(key=lambda job: arms.index(job[-1].arm))
    outcomes = run_jobs(
        _on_machine(simulation) if cluster is None else _on_cluster(simulation),
        [_job(runs, carries=cluster is not None) for runs in left],
        workers=processes,
        cluster=cluster,
        label="simulating",
        name=lambda job: job.name,
    )
    with naming_options():
        for outcome in outcomes:
            with tqdm.external_write_mode():  # also while it is said what was written
                pass_on(outcome.remarks)
                yield from outcome.answered


def join_starts(runs: Sequence[SimulatedRun]) -> list[Runs]:
    """Return what can be answered independently: each run, together with the one it starts from."""
    starts = [run.start for run in runs if run.start is not None]
    return [(run,) if run.start is None else (run.start, run) for run in runs if run not in starts]


def _job(runs: Runs, *, carries: bool) -> Job:
    return Job(runs, {run.dataset: stored_examples(run.dataset) for run in runs if carries})


def _on_machine(simulation: Simulation) -> Any:
    require_shared_database()
    # a worker may be left from an earlier call, with the folder and the settings of then
    settings = {name: value for name, value in os.environ.items() if name.startswith("PRODIGY_")}
    return partial(_answer_here, simulation, Path.cwd(), {**settings, BLAS: faster_blas()})


def _answer_here(
    simulation: Simulation, folder: Path, settings: Mapping[str, str], job: Job
) -> Outcome:
    for name in [name for name in os.environ if name.startswith("PRODIGY_")]:
        del os.environ[name]
    os.environ.update(settings)
    os.chdir(folder)
    with _collecting() as remarks:
        answered = [simulation.answer(run) for run in job.runs]
    return Outcome(answered, remarks)


def _on_cluster(simulation: Simulation) -> RemoteJob[Job, Outcome, Outcome]:
    inputs = JobInputs.read(simulation.gold, simulation.model)
    return RemoteJob(partial(_answer_there, simulation, inputs), _store)


def _answer_there(simulation: Simulation, inputs: JobInputs, job: Job) -> Outcome:
    with _collecting() as remarks, inputs.unpacked(job.stored) as gold:
        there = replace(simulation, gold=gold)
        answered = [there.answer(run) for run in job.runs]
        typed = {gold: simulation.gold}
        new = {
            dataset: renamed(stored_examples(dataset)[len(before) :], typed)
            for dataset, before in job.stored.items()
        }
    said = [(kind, sentence.replace(gold, simulation.gold)) for kind, sentence in remarks]
    return Outcome(answered, said, new)


def _store(job: Job, outcome: Outcome) -> Outcome:
    """Store the new answers, a run at a time, in the order in which they were given."""
    for dataset, answers in outcome.new.items():
        if answers:
            store(dataset, answers)
    return replace(outcome, new={})


class _NoTerminal:
    """A stream whose bars are not drawn: the terminal belongs to the process that waits."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def isatty(self) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _collecting() -> Iterator[list[Remark]]:
    """Collect what is said within, draw no bars, and let errors of recipes be ours."""
    quiet: Any = _NoTerminal(sys.stderr)
    with collected_remarks() as remarks, redirect_stderr(quiet):
        try:
            yield remarks
        except RecipeError as error:
            raise ActiveLearningError(str(error)) from error
