"""Learns while people annotate, without making anyone wait.

Every lesson starts from the starting model and takes all train-fold answers so far: dev answers
are never learnt from. It runs in a process of its own; what it leaves, a *version*, takes the place
of the one before in one step, and only blocks that begin after that are ordered by it. The pipeline
that scores is never one that learns.

A lesson is due after every `every` answers and takes exactly a multiple of that many, the first
ones, however they arrived. That is why it can be repeated from the dataset alone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prodigy_al.errors import ActiveLearningError
from prodigy_al.jobs.child import ChildProcess
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.online.refits import RefitJob, RefitResult, RefitSettings, learn
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.history import ModelVersion, ModelVersions, RunHistory
from prodigy_al.sampling.scored import Scored, ScoreSegments


class Learner(ModelVersions):
    """The versions of one run, one a lesson.

    examples: the dataset's answers so far, in their order, with their records; past: their blocks
    every: after how many train-fold answers a lesson is due
    waits: whether `update` returns only when all due lessons are over, so that a run repeats
    exactly. Otherwise it returns at once and a lesson that comes too late is left out.
    """

    def __init__(
        self,
        course: RefitSettings,
        examples: Iterable[Mapping[str, Any]],
        *,
        past: RunHistory,
        every: int,
        waits: bool = False,
    ) -> None:
        self.past = past
        self._course = course
        self._examples = [example for example in examples if _from_train(example)]
        self._every = every
        self._waits = waits
        self._child = ChildProcess()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._newest: ModelVersion | None = None
        self._taken = 0  # answers of the latest lesson, whatever came of it
        self._error: ActiveLearningError | None = None

    def start(self) -> None:
        """Repeat the lesson that is due for the answers of earlier runs."""
        self.update(())

    def update(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Take new answers, and begin a lesson if one is due.

        Raises the ActiveLearningError of an earlier lesson once; answers are never lost by it.
        """
        with self._lock:
            self._examples += [answer for answer in answers if _from_train(answer)]
        if self._waits:
            self._catch_up()
        else:
            self._catch_up_behind()
        with self._lock:
            error, self._error = self._error, None
        if error:
            raise error

    def newest(self) -> ModelVersion | None:
        """The version that learnt from most answers; never waits."""
        return self._newest

    def restore(self, answers: int, sha256: str) -> ModelVersion | None:
        """The version that learnt from so many answers, made again; None where it would differ."""
        newest = self._newest
        if newest is None or newest.answers != answers:
            try:
                newest = self._version(answers)
            except ActiveLearningError:
                return None
        return newest if newest.sha256 == sha256 else None

    def close(self) -> None:
        """End the lesson at work."""
        self._child.close()

    def _due(self) -> int:
        """How many answers the lesson takes that is due; 0 for none."""
        with self._lock:
            answers = len(self._examples) // self._every * self._every
            return answers if answers > self._taken else 0

    def _catch_up_behind(self) -> None:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return
            self._thread = threading.Thread(target=self._catch_up, name="lesson", daemon=True)
        self._thread.start()

    def _catch_up(self) -> None:
        while answers := self._due():
            self._taken = answers
            try:
                self._newest = self._version(answers)
            except ActiveLearningError as error:
                with self._lock:
                    self._error = error

    def _version(self, answers: int) -> ModelVersion:
        # read into memory before it goes, so that a long run does not fill the disk
        with TemporaryDirectory(prefix="prodigy-al-", ignore_cleanup_errors=True) as place:
            folder = Path(place)
            lesson = RefitJob(self._course, tuple(self._examples[:answers]), folder)
            learnt = self._child.run(learn, lesson)
            return ModelVersion(answers, learnt.sha256, self._scorer(learnt, folder))

    def _scorer(self, learnt: RefitResult, folder: Path) -> ScoreSegments:
        if self._course.ranked:
            return _looked_up(self._course.ranked, learnt.scored)
        return self._course.scorer(load_pipeline(str(folder)))


def _looked_up(segments: Sequence[Segment], scored: Sequence[Scored]) -> ScoreSegments:
    known = {one.input_hash: score for one, score in zip(segments, scored, strict=True)}

    def score(asked: Sequence[Segment]) -> Iterator[Scored]:
        return (known[segment.input_hash] for segment in asked)

    return score


def _from_train(answer: Mapping[str, Any]) -> bool:
    return bool(answer["al"]["fold"] == "train")
