"""The trainings of a comparison: one an arm, policy and seed, and the base as it came."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from importlib.metadata import version
from typing import Any

from prodigy_al.comparison.kept import KeptRuns, Predictions
from prodigy_al.jobs import run_jobs
from prodigy_al.training.answers import Answers
from prodigy_al.training.policies import POLICIES, to_docs


@dataclass(frozen=True)
class Run:
    """One pipeline and the texts it is asked to predict. `policy` None is the base itself."""

    base: str
    evaluate: tuple[Answers, ...]
    dataset: str = ""
    policy: str | None = None
    seed: int = 0
    train: Answers | None = None

    def __str__(self) -> str:
        return f"{self.dataset}, {self.policy}, seed {self.seed}" if self.policy else "base"

    def key(self, base_sha256: str) -> str:
        """Return the SHA-256 (hex) of all that its predictions depend on, software included."""
        parts: list[Any] = [version("prodigy-al"), version("spacy"), base_sha256]
        if self.policy is not None and self.train is not None:
            # `fine_tune` sorts the answers itself: their order changes nothing
            items = sorted(map(asdict, self.train.items), key=lambda item: item["input_hash"])
            parts += [asdict(POLICIES[self.policy]), self.seed, self.train.labels, items]
        parts += [
            [(item.words, item.spaces) for item in answers.items] for answers in self.evaluate
        ]
        return sha256(json.dumps(parts).encode()).hexdigest()


def predict_all(
    runs: Sequence[Run],
    *,
    workers: int,
    base_sha256: str,
    kept: KeptRuns,
    say: Callable[[str], object],
) -> Iterator[tuple[Run, tuple[Predictions, ...]]]:
    """Train and predict every run; yield its predictions, one list an evaluation set, in order.

    Runs that `kept` holds are not repeated, and `say` is told how many; each of the others is kept
    as soon as it is finished, also when an earlier one is still at work.
    """
    keys = [run.key(base_sha256) for run in runs]
    missing = {key: run for key, run in zip(keys, runs, strict=True) if key not in kept}
    if done := sum(key not in missing for key in keys):
        say(f"{done} of {len(runs)} runs were finished before and are taken from {kept.folder}")
    finish = partial(_finish, kept)
    jobs = list(missing.items())
    with closing(
        run_jobs(finish, jobs, workers=workers, label="training", name=lambda job: str(job[1]))
    ) as finished:
        for key, run in zip(keys, runs, strict=True):
            if missing.pop(key, None) is not None:
                next(finished)
            yield run, kept.read(key) or execute(run)
        next(finished, None)  # lets the bar arrive at its end


def _finish(kept: KeptRuns, job: tuple[str, Run]) -> None:
    key, run = job
    kept.write(key, execute(run))


def execute(run: Run) -> tuple[Predictions, ...]:
    """Train one run and predict its evaluation sets, all labels; a function of the run alone."""
    from prodigy_al.entities import predict_entities
    from prodigy_al.pipelines import load_pipeline, set_blas
    from prodigy_al.training.finetune import fine_tune

    if run.policy is None or run.train is None:
        nlp = load_pipeline(run.base)
    else:
        nlp = fine_tune(run.base, run.train, POLICIES[run.policy], seed=run.seed)
    # the backend that trained predicts too, so that base and fine-tuned models are treated alike
    set_blas(nlp, use_blis=False)
    return tuple(
        [
            frozenset(spans)
            for spans in predict_entities(nlp, to_docs(answers, POLICIES["usual"], nlp.vocab))
        ]
        for answers in run.evaluate
    )
