"""The trainings of a comparison: one an arm, policy and seed, and the base as it came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prodigy_al.jobs import run_jobs
from prodigy_al.training.answers import Answers, TokenSpan

Predictions = list[frozenset[TokenSpan]]


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


def predict_all(
    runs: Sequence[Run], *, workers: int
) -> Iterator[tuple[Run, tuple[Predictions, ...]]]:
    """Train and predict every run; yield its predictions, one list an evaluation set, in order."""
    yield from zip(runs, run_jobs(execute, runs, workers=workers, label="training"), strict=True)


def execute(run: Run) -> tuple[Predictions, ...]:
    """Train one run and predict its evaluation sets; a function of the run alone."""
    from prodigy_al.entities import predict_entities
    from prodigy_al.pipelines import load_pipeline, set_blas
    from prodigy_al.training.finetune import fine_tune
    from prodigy_al.training.policies import POLICIES, to_docs

    if run.policy is None or run.train is None:
        nlp = load_pipeline(run.base)
    else:
        nlp = fine_tune(run.base, run.train, POLICIES[run.policy], seed=run.seed)
    # the backend that trained predicts too, so that base and fine-tuned models are treated alike
    set_blas(nlp, use_blis=False)
    return tuple(
        [
            frozenset(span for span in spans if span[2] in answers.labels)
            for spans in predict_entities(nlp, to_docs(answers, POLICIES["usual"], nlp.vocab))
        ]
        for answers in run.evaluate
    )
