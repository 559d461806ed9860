"""A pool: a model and a source, opened and checked -> the components that ask its questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from prodigy.components.preprocess import add_tokens
from spacy.language import Language

from prodigy_al.errors import OptionError
from prodigy_al.inputs.blind_spots import BlindSpots
from prodigy_al.inputs.datasets import rehash, stored_examples
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.progress import Progress
from prodigy_al.inputs.remarks import say, say_once, warn
from prodigy_al.inputs.resuming import check_same_run, first_answers
from prodigy_al.inputs.reusing import AnswerCopies, Known
from prodigy_al.inputs.so_far import DevScores
from prodigy_al.online.learner import Learner
from prodigy_al.online.refits import RefitSettings
from prodigy_al.online.reranker import Reranker, WholeSegment
from prodigy_al.records import read_record
from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame
from prodigy_al.sampling.history import STARTING_MODEL, ModelVersions, RunHistory
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import ScoreSegments
from prodigy_al.sampling.table import InputSet, Segment, input_hashes, without
from prodigy_al.scoring.cache import ScoreCache
from prodigy_al.scoring.chunks import Helping
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.registry import find_acquisition
from prodigy_al.scoring.segments import segment_scorer

Components = dict[str, Any]
Update = Callable[[list[dict[str, Any]]], object]


@dataclass(frozen=True)
class Pool:
    """A model and a source, opened and checked for one dataset and design.

    `frame` holds the segments that can be asked about, `header` what all their records share.
    With `waits`, answering waits for a model that is refitted. `reused` holds answers of other
    datasets that are copied instead of asked for again, None where there are none to look for.
    `budget` is the number of answers to aim for, None where nobody named one; `remarks` are said at
    the start. `known` are whole segments of another dataset by which binary questions are ranked.
    `cache` holds scores of earlier runs, None where they are not to be kept; `helping` says how
    other processes come by the model, None where none is to score.
    """

    dataset: str
    design: SamplingDesign
    nlp: Language
    tokenizer: Language
    scorer: MarginalScorer
    frame: Frame | ArrivingFrame
    header: Header
    labels: list[str]
    waits: bool = False
    reused: Known | None = None
    budget: int | None = None
    remarks: tuple[str, ...] = ()
    known: tuple[WholeSegment, ...] = ()
    cache: ScoreCache | None = None
    helping: Helping | None = None

    def ask(self, *, view_id: str, suggest: bool = False, show_score: bool = False) -> Components:
        """Return the components that ask the pool's segments in the design's order.

        Raises `AnswerError` where the dataset was started with something else, and `OptionError`
        where there is no candidate to ask about.
        """
        header = replace(self.header, suggest=suggest, show_score=show_score)
        examples = stored_examples(self.dataset)
        for answer in first_answers(self.dataset, examples).values():
            check_same_run(self.dataset, answer, self.design, header=header, frame=self.frame)
        progress = self.start_progress(examples)
        learner = self._start_learner(examples)
        reranker = self._start_reranker(examples)
        tasks = self.tasks(self.design, header, learner or reranker or STARTING_MODEL)
        updates: list[Update] = []
        closes: list[Callable[[], object]] = []
        if self.reused is not None:
            copies = AnswerCopies(self.dataset, examples, self.reused)
            tasks = copies.ask(tasks)
            updates.append(copies.update)
        if self.design.unit == "segment":  # binary answers cannot measure F1
            scores = self._score_meanwhile(progress, learner)
            updates.append(scores.update)
            closes.append(scores.close)
        if isinstance(self.frame, Frame):
            updates.append(self._watch_kinds(self.frame, examples).update)
        if reranker is not None:
            updates.append(reranker.update)
        if learner is not None:
            updates.append(learner.update)  # the last, since it may fail
            closes.append(learner.close)
        return self.components(view_id, tasks, progress, updates=updates, closes=closes)

    def tasks(
        self, design: SamplingDesign, header: Header, versions: ModelVersions = STARTING_MODEL
    ) -> Iterator[dict[str, Any]]:
        """Yield a design's tasks in its order.

        Raises `OptionError`, before the first is asked for, where there is no candidate to ask.
        """
        draws = self._draw(design, versions)
        if design.unit == "candidate":
            draws = self._require_one(draws)
        return make_tasks(draws, design, header, rehash)

    def start_progress(
        self, examples: Sequence[dict[str, Any]], *, countable: bool = True
    ) -> Progress:
        """Return what counts the answers, beginning with those of earlier runs.

        `countable`: whether there is one question per segment, and so an end that is known.
        """
        askable: InputSet | None = None
        if countable and isinstance(self.frame, Frame):
            asked = without(self.frame.segments, list(self.reused or ()))
            askable = InputSet(input_hashes(asked))
        return Progress(examples, budget=self.budget, askable=askable, said=say)

    def components(
        self,
        view_id: str,
        tasks: Iterable[dict[str, Any]],
        progress: Progress,
        *,
        updates: Sequence[Update],
        closes: Sequence[Callable[[], object]] = (),
        exclude_by: str = "input",
    ) -> Components:
        """Return the components that ask tasks, each input (or task) once; say the remarks.

        Stored answers go to `progress`, then to `updates` in their order; at the end `closes` are
        called.
        """
        for remark in self.remarks:
            say_once(remark)

        def update(answers: list[dict[str, Any]]) -> None:
            for one in (progress.update, *updates):
                one(answers)

        def share(*args: object, **kwargs: object) -> float | None:
            return progress.share()  # each release of Prodigy passes something else

        def close(controller: object) -> None:
            for one in closes:
                one()

        return {
            "dataset": self.dataset,
            "view_id": view_id,
            "stream": add_tokens(self.tokenizer, progress.follow(tasks)),
            "update": update,
            "progress": share,
            "on_exit": close,
            "config": {
                "labels": self.labels,
                "lang": self.nlp.lang,
                "exclude_by": exclude_by,
                "auto_count_stream": False,  # the order is worked out as it is needed
            },
        }

    def _score_meanwhile(self, progress: Progress, learner: Learner | None) -> DevScores:
        """Return what says how good the newest model is, from the starting one on."""
        return DevScores(
            self.dataset,
            self.labels,
            self.header.model["name"],
            answers=progress.answers,
            newest=learner.newest_model if learner else lambda: None,
            every=self.design.learn_every,
            say=say,
        )

    def _watch_kinds(self, frame: Frame, examples: Sequence[dict[str, Any]]) -> BlindSpots:
        """Return what warns of kinds of segments that are hardly asked about."""
        askable = without(frame.segments, list(self.reused or ()))
        return BlindSpots(askable, self.design, examples, say=warn)

    def _start_learner(self, examples: Sequence[dict[str, Any]]) -> Learner | None:
        """Return what refits the model on answers, on those of earlier runs first."""
        if not self.design.learn_every:
            return None
        ranked: tuple[Segment, ...] = ()
        if self.design.block_size is None and isinstance(self.frame, Frame):
            ranked = tuple(self.frame.fold("train"))
        settings = RefitSettings(
            dataset=self.dataset,
            base=self.header.model["name"],
            labels=tuple(self.labels),
            acquisition=self.design.acquisition,
            seed=self.design.seed,
            ranked=ranked,
            kept=self.design.unit == "segment",  # `DevScores` reads it
        )
        learner = Learner(
            settings,
            examples,
            history=self._history(examples),
            every=self.design.learn_every,
            waits=self.waits,
        )
        learner.start()
        return learner

    def _start_reranker(self, examples: Sequence[dict[str, Any]]) -> Reranker | None:
        """Return what ranks questions by whole segments and by the answers so far."""
        if not self.known or not isinstance(self.frame, Frame):
            return None
        return Reranker(
            self.known,
            self.frame.segments,
            examples,
            labels=self.labels,
            score=self._score_by(self.design, progress=False),
            acquisition=find_acquisition(self.design.acquisition).of_marginals,
            history=self._history(examples),
        )

    def _history(self, examples: Sequence[dict[str, Any]]) -> RunHistory:
        return RunHistory.from_records(
            (one["_input_hash"], read_record(one, dataset=self.dataset)) for one in examples
        )

    def _draw(self, design: SamplingDesign, versions: ModelVersions) -> Iterator[Draw]:
        """Yield the questions; scores are computed, and checked, only as they are needed."""
        with naming_options():
            score = self._score_by(design)
            acquisition = find_acquisition(design.acquisition).of_marginals
            yield from draw_questions(self.frame, design, score, versions, acquisition=acquisition)

    def _score_by(self, design: SamplingDesign, *, progress: bool = True) -> ScoreSegments:
        """Return how the starting model scores segments of each fold of a design."""
        return segment_scorer(
            self.nlp,
            self.scorer,
            design.acquisition,
            dev=design.dev.acquisition,
            seed=design.seed,
            progress=progress,
            cache=self.cache,
            helping=self.helping,
        )

    def _require_one(self, draws: Iterator[Draw]) -> Iterator[Draw]:
        """Fail before the first question where the model proposes nothing to ask about."""
        first = next(draws, None)
        if first is None:
            raise OptionError(
                "--label",
                self.labels,
                f"{self.header.model['name']} proposes no span of it in "
                f"{self.header.source['name']}, so there is nothing to accept or reject; begin "
                "with whole segments: al.manual-ranked or al.random",
            )
        return chain([first], draws)
