"""The trainings of a comparison: one an arm, policy and seed, and the base as it came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from prodigy_al.comparison.artifacts import ArmFolder, Files, read_files
from prodigy_al.comparison.run_cache import Predictions, RunCache
from prodigy_al.errors import ModelError
from prodigy_al.jobs.run import RemoteJob, run_jobs
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import POLICIES, to_docs

if TYPE_CHECKING:
    from spacy.language import Language


@dataclass(frozen=True)
class Run:
    """One pipeline and the texts it is asked to predict. `policy` None is the base itself.

    `folder` is where its files are kept, if they are. `first` is set where a dataset's first
    answers alone are trained on: how many these are, of both folds.
    """

    base: str
    evaluate: tuple[Answers, ...]
    dataset: str = ""
    policy: str | None = None
    seed: int = 0
    train: Answers | None = None
    folder: ArmFolder | None = None
    first: int | None = None

    def __str__(self) -> str:
        if self.policy is None:
            return "base"
        answers = f", first {self.first} answers" if self.first else ""
        return f"{self.dataset}, {self.policy}, seed {self.seed}{answers}"

    def key(self, base_sha256: str) -> str:
        """Return the SHA-256 (hex) of all that its predictions depend on, software included."""
        parts: list[Any] = [version("prodigy-al"), version("spacy"), base_sha256]
        if self.policy is not None and self.train is not None:
            # `fine_tune` sorts the answers itself: their order changes nothing
            parts += [asdict(POLICIES[self.policy]), self.seed, *_content(self.train)]
        if self.folder is not None:
            parts += [str(self.folder.path), self.base, *_content(self.folder.dev)]
        parts += [
            [(item.words, item.spaces) for item in answers.items] for answers in self.evaluate
        ]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def is_kept(self, key: str, kept: RunCache) -> bool:
        """Whether all that this run brings is on disk; `key` is its own."""
        return key in kept and (self.folder is None or self.folder.holds(key))


def _content(answers: Answers) -> list[Any]:
    items = sorted(map(asdict, answers.items), key=lambda item: item["input_hash"])
    return [answers.labels, items]


@dataclass(frozen=True)
class Finished:
    """What a run brings: predictions of each evaluation set and, if asked for, the arm's files."""

    predictions: tuple[Predictions, ...]
    files: Files


def say_nothing(_: str) -> None:
    """Tell nobody: the default where a caller wants no remarks."""


def predict_all(
    runs: Sequence[Run],
    *,
    workers: int,
    cluster: str | None = None,
    base_sha256: str,
    kept: RunCache,
    say: Callable[[str], object] = say_nothing,
) -> Iterator[tuple[Run, tuple[Predictions, ...]]]:
    """Train and predict every run; yield its predictions, one list an evaluation set, in order.

    Runs that `kept` holds are not repeated, and `say` is told how many; each of the others is kept
    as soon as it is finished, also when an earlier one is still at work.
    """
    keys = [run.key(base_sha256) for run in runs]
    missing = {key: run for key, run in zip(keys, runs, strict=True) if not run.is_kept(key, kept)}
    if done := sum(key not in missing for key in keys):
        say(f"{done} of {len(runs)} runs were finished before and are taken from {kept.folder}")
    with closing(
        run_jobs(
            RemoteJob(_execute if cluster is None else _execute_remotely, partial(_keep, kept)),
            list(missing.items()),
            workers=workers,
            cluster=cluster,
            label="training",
            name=lambda job: str(job[1]),
        )
    ) as finished:
        for key, run in zip(keys, runs, strict=True):
            if missing.pop(key, None) is not None:
                next(finished)
            yield run, kept.read(key) or execute(run).predictions
        next(finished, None)  # lets the bar arrive at its end


def _execute(job: tuple[str, Run]) -> Finished:
    return execute(job[1])


def _execute_remotely(job: tuple[str, Run]) -> Finished:
    """Make sure on a cluster that the run's key, which it is kept under, is true there as well."""
    from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256

    key, run = job
    if run.key(pipeline_sha256(load_pipeline(run.base))) != key:
        raise ModelError(
            f"the pipeline {run.base!r}, prodigy-al or spaCy is another there than here; "
            "install the same versions on all machines",
            model=run.base,
        )
    return execute(run)


def _keep(kept: RunCache, job: tuple[str, Run], finished: Finished) -> None:
    key, run = job
    if run.folder is not None:
        run.folder.write(key, finished.files)
    kept.write(key, finished.predictions)


def execute(run: Run) -> Finished:
    """Train one run and predict its evaluation sets, all labels; a function of the run alone."""
    from prodigy_al.ner.entities import predict_entities
    from prodigy_al.ner.pipelines import set_blas

    with TemporaryDirectory() as place:
        nlp = _pipeline(run, Path(place))
        files = read_files(Path(place)) if run.folder is not None else {}
    # the backend that trained predicts too, so that base and fine-tuned models are treated alike
    set_blas(nlp, use_blis=False)
    predictions = tuple(
        [
            frozenset(spans)
            for spans in predict_entities(nlp, to_docs(answers, POLICIES["usual"], nlp.vocab))
        ]
        for answers in run.evaluate
    )
    return Finished(predictions, files)


def _pipeline(run: Run, place: Path) -> Language:
    """Return the trained pipeline, or the base; leave the arm's files in `place` if asked for."""
    from prodigy_al.ner.pipelines import load_pipeline
    from prodigy_al.training.finetune import fine_tune, write_dev

    if run.policy is None or run.train is None:
        return load_pipeline(run.base)
    policy = POLICIES[run.policy]
    if run.folder is None:
        return fine_tune(run.base, run.train, policy, seed=run.seed)
    nlp = fine_tune(
        run.base, run.train, policy, seed=run.seed, folder=place, location=run.folder.path
    )
    # only now: what is not there while the pipeline is trained cannot be learnt from
    write_dev(place, run.folder.dev)
    return nlp
