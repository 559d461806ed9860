"""A pool: a model and a source, opened and checked -> the components that ask its questions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from prodigy.components.preprocess import add_tokens
from spacy.language import Language

from prodigy_al.errors import OptionError
from prodigy_al.inputs.datasets import (
    rehash,
    stored_examples,
)
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.resuming import check_same_run
from prodigy_al.inputs.reusing import AnswerCopies, Known
from prodigy_al.online.learner import Learner
from prodigy_al.online.refits import RefitSettings
from prodigy_al.records import read_record
from prodigy_al.sampling.arrivals import ArrivingFrame
from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame, Segment
from prodigy_al.sampling.history import STARTING_MODEL, ModelVersions, RunHistory
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer

Components = dict[str, Any]


@dataclass(frozen=True)
class Pool:
    """A model and a source, opened and checked for one dataset and design.

    `frame` holds the segments that can be asked about, `header` what all their records share.
    With `waits`, answering waits for a model that is refitted. `reused` holds answers of other
    datasets that are copied instead of asked for again, None where there are none to look for.
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

    def ask(self, *, view_id: str, suggest: bool = False, show_score: bool = False) -> Components:
        """Return the components that ask the pool's segments in the design's order.

        Raises `AnswerError` where the dataset was started with something else, and `OptionError`
        where there is no candidate to ask about.
        """
        header = replace(self.header, suggest=suggest, show_score=show_score)
        examples = stored_examples(self.dataset)
        if examples:
            check_same_run(self.dataset, examples[0], self.design, header=header, frame=self.frame)
        learner = self._start_learner(examples)
        tasks = self.tasks(self.design, header, learner or STARTING_MODEL)
        if self.reused is not None:
            copies = AnswerCopies(self.dataset, examples, self.reused)
            return self.components(view_id, copies.ask(tasks), update=copies.update)
        components = self.components(view_id, tasks)
        if learner is not None:
            components["update"] = learner.update
            components["on_exit"] = lambda controller: learner.close()
        return components

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

    def components(
        self,
        view_id: str,
        tasks: Iterable[dict[str, Any]],
        *,
        update: Callable[[list[dict[str, Any]]], None] | None = None,
        exclude_by: str = "input",
    ) -> Components:
        """Return the components that ask tasks, each input (or task) once."""
        components: Components = {
            "dataset": self.dataset,
            "view_id": view_id,
            "stream": add_tokens(self.tokenizer, tasks),
            "config": {
                "labels": self.labels,
                "lang": self.nlp.lang,
                "exclude_by": exclude_by,
                "auto_count_stream": False,  # the order is worked out as it is needed
            },
        }
        if update is not None:
            components["update"] = update
        return components

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
        )
        records = [(one["_input_hash"], read_record(one, dataset=self.dataset)) for one in examples]
        learner = Learner(
            settings,
            examples,
            history=RunHistory.from_records(records),
            every=self.design.learn_every,
            waits=self.waits,
        )
        learner.start()
        return learner

    def _draw(self, design: SamplingDesign, versions: ModelVersions) -> Iterator[Draw]:
        """Yield the questions; scores are computed, and checked, only as they are needed."""
        score = segment_scorer(self.nlp, self.scorer, design.acquisition)
        acquisition = ACQUISITIONS[design.acquisition]
        with naming_options():
            yield from draw_questions(self.frame, design, score, versions, acquisition=acquisition)

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
