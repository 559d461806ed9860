"""Refits the model while people annotate, without making anyone wait.

Every refit starts from the starting model and trains on all train-fold answers so far, never on dev
answers. It runs in a child process; its result, a *version*, replaces the one before in one step
and orders only blocks that are opened after that. The pipeline that scores is never one that is
being trained.

A refit is due after every `every` answers and trains on exactly a multiple of that many, the first
ones, however they arrived. That is why it can be repeated from the dataset alone.
"""

from __future__ import annotations

import shutil
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from prodigy_al.errors import ActiveLearningError
from prodigy_al.jobs.child import ChildProcess
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.online.refits import RefitJob, RefitResult, RefitSettings, refit
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.history import ModelVersion, ModelVersions, RunHistory
from prodigy_al.sampling.scored import Scored, ScoreSegments


class KeptModel:
    """A folder for the model refitted on so many answers, removed when nobody holds this any more.

    So a long run does not fill the disk, and nobody who still reads the model loses it.
    """

    def __init__(self, answers: int) -> None:
        self.answers = answers
        self.folder = Path(mkdtemp(prefix="prodigy-al-"))
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)


class Learner(ModelVersions):
    """The versions of one run, one per refit.

    examples: the dataset's answers so far, in their order, with their records
    history: the blocks that these answers belong to
    every: after how many train-fold answers a refit is due
    waits: whether `update` returns only when all refits that are due are done, so that a run
        repeats exactly; otherwise it returns at once, and a refit is skipped where the next one is
        due before it could start
    """

    def __init__(
        self,
        settings: RefitSettings,
        examples: Iterable[Mapping[str, Any]],
        *,
        history: RunHistory,
        every: int,
        waits: bool = False,
    ) -> None:
        self.history = history
        self._settings = settings
        self._examples = [example for example in examples if _from_train(example)]
        self._every = every
        self._waits = waits
        self._child = ChildProcess()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._newest: ModelVersion | None = None
        self._newest_model: KeptModel | None = None
        self._tried = 0  # answers of the latest refit, whether it failed or not
        self._error: ActiveLearningError | None = None

    def start(self) -> None:
        """Repeat the refit that is due for the answers of earlier runs."""
        self.update(())

    def update(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Take new answers, and start a refit if one is due.

        Raises the `ActiveLearningError` of an earlier refit once; answers are never lost by it.
        """
        with self._lock:
            self._examples += [answer for answer in answers if _from_train(answer)]
        if self._waits:
            self._refit_while_due()
        else:
            self._refit_in_background()
        with self._lock:
            error, self._error = self._error, None
        if error:
            raise error

    def newest(self) -> ModelVersion | None:
        """Return the version refitted on most answers, without waiting; None before the first."""
        return self._newest

    def newest_model(self) -> KeptModel | None:
        """Return the model that was refitted last, where it is kept; None before the first."""
        return self._newest_model

    def restore(self, answers: int, sha256: str) -> ModelVersion | None:
        """Return the version refitted on so many answers, made again; None where it differs."""
        version = self._newest
        if version is None or version.answers != answers:
            try:
                version, _ = self._make_version(answers)  # the dataset holds its answers
            except ActiveLearningError:
                return None
        return version if version.sha256 == sha256 else None

    def close(self) -> None:
        """End the refit that is running."""
        self._child.close()

    def _answers_due(self) -> int:
        """Return how many answers the refit trains on that is due; 0 where none is."""
        with self._lock:
            answers = len(self._examples) // self._every * self._every
            return answers if answers > self._tried else 0

    def _refit_in_background(self) -> None:
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return  # it looks again for what is due when its refit is done
            self._thread = threading.Thread(target=self._refit_while_due, name="refit", daemon=True)
        self._thread.start()

    def _refit_while_due(self) -> None:
        while answers := self._answers_due():
            # set first: a refit that fails is not tried again before more answers are there
            self._tried = answers
            try:
                self._newest, kept = self._make_version(answers)
                self._newest_model = kept if self._settings.kept else None
            except ActiveLearningError as error:
                with self._lock:
                    self._error = error

    def _make_version(self, answers: int) -> tuple[ModelVersion, KeptModel]:
        kept = KeptModel(answers)
        job = RefitJob(self._settings, tuple(self._examples[:answers]), kept.folder)
        result = self._child.run(refit, job)
        score = self._scorer(result, kept.folder)
        version = ModelVersion(answers, result.sha256, score, temperature=result.temperature)
        return version, kept

    def _scorer(self, result: RefitResult, folder: Path) -> ScoreSegments:
        if self._settings.ranked:
            return _look_up(self._settings.ranked, result.scored)
        return self._settings.scorer(load_pipeline(str(folder)), result.temperature)


def _look_up(segments: Sequence[Segment], scored: Sequence[Scored]) -> ScoreSegments:
    """Return a function that scores the segments, in any order, with the scores they have."""
    known = {segment.input_hash: score for segment, score in zip(segments, scored, strict=True)}

    def score(wanted: Sequence[Segment]) -> Iterator[Scored]:
        return (known[segment.input_hash] for segment in wanted)

    return score


def _from_train(answer: Mapping[str, Any]) -> bool:
    return bool(answer["al"]["fold"] == "train")
