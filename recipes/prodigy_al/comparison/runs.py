"""Train a comparison's pipelines, one per arm, policy and seed, and predict with them and the base.

A run's predictions are a function of the run alone. They are stored under a key that says all that
they depend on, so that no run is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spacy.language import Language

from prodigy_al.comparison.artifacts import ArmArtifacts, Files, read_files
from prodigy_al.comparison.pool import PoolTexts, expect_counts
from prodigy_al.comparison.run_cache import Predictions, RunCache
from prodigy_al.errors import ModelError
from prodigy_al.evaluation.counts import Counts
from prodigy_al.jobs.run import RemoteJob, run_jobs
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256, set_blas
from prodigy_al.training.answers import Answers
from prodigy_al.training.finetune import fine_tune, write_dev
from prodigy_al.training.policies import POLICIES, to_docs


@dataclass(frozen=True)
class Run:
    """One pipeline to train, and the sets of texts that it predicts.

    base: the name or path of the pipeline that training starts from
    evaluate: the sets whose texts are predicted
    dataset, policy, seed, train: what is trained on and how; `policy` is None for the base itself
    artifacts: where the arm's files are written; None where they are not
    first: where only a dataset's first answers are trained on, their number, of both folds
    variant: what was made of the dataset's answers before (`variants`); empty for these as they are
    pool: texts of which it is also asked how many spans it expects; None where there are none
    """

    base: str
    evaluate: tuple[Answers, ...]
    dataset: str = ""
    policy: str | None = None
    seed: int = 0
    train: Answers | None = None
    artifacts: ArmArtifacts | None = None
    first: int | None = None
    variant: str = ""
    pool: PoolTexts | None = None

    def __str__(self) -> str:
        if self.policy is None:
            return "base"
        answers = f", first {self.first} answers" if self.first else ""
        made = f", {self.variant}" if self.variant else ""
        return f"{self.dataset}, {self.policy}, seed {self.seed}{answers}{made}"

    def key(self, base_sha256: str) -> str:
        """Return the SHA-256 (hex) of all that its predictions depend on, software included."""
        parts: list[Any] = [version("prodigy-al"), version("spacy"), base_sha256]
        if self.policy is not None and self.train is not None:
            # sorted, as `fine_tune` sorts them: their order changes nothing
            parts += [asdict(POLICIES[self.policy]), self.seed, *_sorted_content(self.train)]
        if self.artifacts is not None:
            # config.cfg names the base and the folder; dev.spacy holds the dev answers
            parts += [str(self.artifacts.path), self.base, *_sorted_content(self.artifacts.dev)]
        parts += [
            [(item.words, item.spaces) for item in answers.items] for answers in self.evaluate
        ]
        if self.pool is not None:
            parts += [self.pool.labels, self.pool.texts]
        return sha256(json.dumps(parts).encode()).hexdigest()

    def is_stored(self, key: str, cache: RunCache) -> bool:
        """Return whether this run's predictions and files are on disk; `key` is its own."""
        return (
            key in cache
            and (self.artifacts is None or self.artifacts.holds(key))
            and (self.pool is None or cache.read_expected(key) is not None)
        )


def _sorted_content(answers: Answers) -> list[Any]:
    """Return what is trained on, or written: what single annotators say changes neither."""
    known = [asdict(item) for item in answers.items]
    for item in known:
        del item["by_annotator"]
    items = sorted(known, key=lambda item: item["input_hash"])
    # which texts are known as a whole, their spans alone do not tell
    return [answers.labels, answers.form, items, sorted(answers.single)]


@dataclass(frozen=True)
class RunResult:
    """The predictions of a run, one list per evaluation set, and the arm's files if asked for.

    `expected` are the counts of the pool's texts, where the run has a pool.
    """

    predictions: tuple[Predictions, ...]
    files: Files
    expected: Counts | None = None


def say_nothing(_: str) -> None:
    """Drop a remark: the default where a caller wants none."""


def predict_all(
    runs: Sequence[Run],
    *,
    workers: int,
    cluster: str | None = None,
    base_sha256: str,
    cache: RunCache,
    say: Callable[[str], object] = say_nothing,
) -> Iterator[tuple[Run, RunResult]]:
    """Yield every run with its result, without files, in the order of the runs.

    Runs that `cache` holds are not repeated, and `say` is told how many. Each of the others is
    stored as soon as it is finished, even while an earlier one still runs.

    Raises `JobError` where a run fails, and `ParameterError` where the cluster cannot be used or a
    result cannot be written.
    """
    keys = [run.key(base_sha256) for run in runs]
    missing = {
        key: run for key, run in zip(keys, runs, strict=True) if not run.is_stored(key, cache)
    }
    if done := sum(key not in missing for key in keys):
        say(f"{done} of {len(runs)} runs were finished before and are taken from {cache.folder}")
    execute_job = _execute_job if cluster is None else _execute_job_remotely
    with closing(
        run_jobs(
            RemoteJob(execute_job, partial(_store, cache)),
            list(missing.items()),
            workers=workers,
            cluster=cluster,
            label="training" if any(run.policy for run in missing.values()) else "predicting",
            name=lambda job: str(job[1]),
        )
    ) as finished:
        for key, run in zip(keys, runs, strict=True):
            # two runs with one key are one job
            if missing.pop(key, None) is not None:
                next(finished)
            # the file may have been removed by somebody else since
            yield run, _read(run, key, cache) or execute(run)
        next(finished, None)  # lets the progress bar arrive at its end


def _execute_job(job: tuple[str, Run]) -> RunResult:
    return execute(job[1])


def _execute_job_remotely(job: tuple[str, Run]) -> RunResult:
    """Refuse another base or software on this machine: the result would not match its key."""
    key, run = job
    if run.key(pipeline_sha256(load_pipeline(run.base))) != key:
        raise ModelError(
            f"the pipeline {run.base!r}, prodigy-al or spaCy is another there than here; "
            "install the same versions on all machines",
            model=run.base,
        )
    return execute(run)


def _read(run: Run, key: str, cache: RunCache) -> RunResult | None:
    predictions = cache.read(key)
    expected = None if run.pool is None else cache.read_expected(key)
    if predictions is None or (run.pool is not None and expected is None):
        return None
    return RunResult(predictions, {}, expected)


def _store(cache: RunCache, job: tuple[str, Run], result: RunResult) -> None:
    key, run = job
    if run.artifacts is not None:
        run.artifacts.write(key, result.files)
    if result.expected is not None:
        cache.write_expected(key, result.expected)
    cache.write(key, result.predictions)


def execute(run: Run) -> RunResult:
    """Train a run's pipeline and predict its evaluation sets, all labels."""
    with TemporaryDirectory() as path:
        folder = Path(path)
        nlp = _pipeline(run, folder)
        files = read_files(folder) if run.artifacts is not None else {}
    predictions = predict_sets(nlp, run.evaluate)
    expected = None if run.pool is None else expect_counts(nlp, run.pool)
    return RunResult(predictions, files, expected)


def predict_sets(nlp: Language, sets: Iterable[Answers]) -> tuple[Predictions, ...]:
    """Return what a pipeline predicts on the texts of each set, all labels. Changes its BLAS."""
    # the backend that trained predicts too, so that base and fine-tuned models are treated alike
    set_blas(nlp, use_blis=False)
    return tuple(
        [
            frozenset(spans)
            for spans in predict_entities(nlp, to_docs(answers, POLICIES["usual"], nlp.vocab))
        ]
        for answers in sets
    )


def _pipeline(run: Run, folder: Path) -> Language:
    """Return the trained pipeline, or the base; write the arm's files to `folder` if asked for."""
    if run.policy is None or run.train is None:
        return load_pipeline(run.base)
    policy = POLICIES[run.policy]
    if run.artifacts is None:
        return fine_tune(run.base, run.train, policy, seed=run.seed)
    nlp = fine_tune(
        run.base, run.train, policy, seed=run.seed, folder=folder, location=run.artifacts.path
    )
    # only now: what is not there while the pipeline is trained cannot be learnt from
    write_dev(folder, run.artifacts.dev)
    return nlp
