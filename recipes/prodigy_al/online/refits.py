"""One lesson: fine-tune the starting model on the answers so far, and score with the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language

from prodigy_al.ner.pipelines import load_pipeline, pipeline_sha256, set_blas
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.scored import Scored, ScoreSegments
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer
from prodigy_al.training.answers import read_answers
from prodigy_al.training.finetune import fine_tune
from prodigy_al.training.policies import ROBUST


@dataclass(frozen=True)
class RefitSettings:
    """What all lessons of a run share.

    `base` is the starting model (a name or path). `ranked` are the segments that are ranked as a
    whole by every lesson; none where blocks are scored one by one as they are begun.
    """

    dataset: str
    base: str
    labels: tuple[str, ...]
    acquisition: str
    seed: int
    ranked: tuple[Segment, ...] = ()

    def scorer(self, nlp: Language) -> ScoreSegments:
        """The function by which a model scores segments."""
        set_blas(nlp, use_blis=False)
        marginals = MarginalScorer(nlp, self.labels)
        return segment_scorer(nlp, marginals, self.acquisition, progress=False)


@dataclass(frozen=True)
class RefitJob:
    """The answers to learn from, as they are stored, and where the model goes (`folder`)."""

    course: RefitSettings
    answers: tuple[Mapping[str, Any], ...]
    folder: Path


@dataclass(frozen=True)
class RefitResult:
    """The model's SHA-256, and the scores of the course's ranked segments, in their order."""

    sha256: str
    scored: tuple[Scored, ...]


def learn(lesson: RefitJob) -> RefitResult:
    """Learn from all answers of the lesson at once, from the starting model: forgetting nothing.

    The same answers give the same model, bit for bit, on the same machine. Raises AnswerError
    where the answers say nothing that can be learnt.
    """
    course = lesson.course
    nlp = load_pipeline(course.base)
    answers = read_answers(
        lesson.answers, course.labels, dataset=course.dataset, tokenizer=nlp.make_doc
    )
    learnt = fine_tune(course.base, answers, ROBUST, seed=course.seed)
    sha256 = pipeline_sha256(learnt)
    if course.ranked:
        return RefitResult(sha256, tuple(course.scorer(learnt)(course.ranked)))
    learnt.to_disk(lesson.folder)
    return RefitResult(sha256, ())
