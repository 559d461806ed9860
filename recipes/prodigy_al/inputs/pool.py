"""A model and a source -> a pool, ready to ask from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import chain
from typing import Any

from prodigy.components.preprocess import add_tokens
from spacy.language import Language

from prodigy_al.errors import OptionError
from prodigy_al.inputs.datasets import check_name, excluded_inputs, rehash, stored_examples
from prodigy_al.inputs.sources import known_labels, read_source
from prodigy_al.ner.pipelines import describe_pipeline, load_pipeline, sentence_splitter, set_blas
from prodigy_al.online.learner import Learner
from prodigy_al.online.refits import RefitSettings
from prodigy_al.records import read_record
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import Draw, draw_questions
from prodigy_al.sampling.frame import Frame, build_frame
from prodigy_al.sampling.history import STARTING_MODEL, RunHistory
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.resuming import check_same_run
from prodigy_al.scoring.acquisition import ACQUISITIONS
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer

Components = dict[str, Any]


@dataclass(frozen=True)
class Pool:
    """A model and a source, opened and checked: ready to ask from."""

    nlp: Language
    tokenizer: Language
    scorer: MarginalScorer
    frame: Frame
    header: Header
    labels: list[str]

    def ask(
        self,
        dataset: str,
        design: SamplingDesign,
        *,
        view_id: str,
        suggest: bool = False,
        show_score: bool = False,
        waits: bool = False,
    ) -> Components:
        """Return the components that ask the pool's segments in the design's order.

        With `waits`, answering waits for a model that is learning.
        """
        check_name(dataset)
        check_score(design.acquisition)
        if waits:
            check_learns(design)
        header = replace(self.header, suggest=suggest, show_score=show_score)
        examples = stored_examples(dataset)
        if examples:
            check_same_run(dataset, examples[0], design, header, self.frame)
        learner = self._learner(dataset, examples, design, waits=waits)
        score = segment_scorer(self.nlp, self.scorer, design.acquisition)
        draws = draw_questions(
            self.frame,
            design,
            score,
            learner or STARTING_MODEL,
            acquisition=ACQUISITIONS[design.acquisition],
        )
        if design.unit == "candidate":
            draws = self._checked(draws)
        tasks = make_tasks(draws, design, header, rehash)
        return {
            "dataset": dataset,
            "view_id": view_id,
            "stream": add_tokens(self.tokenizer, tasks),
            "config": {
                "labels": self.labels,
                "lang": self.nlp.lang,
                "exclude_by": "input",  # every segment is asked once
                "auto_count_stream": False,  # the order is worked out as it is needed
            },
            **(
                {"update": learner.update, "on_exit": lambda controller: learner.close()}
                if learner
                else {}
            ),
        }

    def _learner(
        self, dataset: str, examples: list[dict[str, Any]], design: SamplingDesign, *, waits: bool
    ) -> Learner | None:
        """Return what learns from answers, begun where earlier runs stopped; None if nothing."""
        if not design.learn_every:
            return None
        course = RefitSettings(
            dataset=dataset,
            base=self.header.model["name"],
            labels=tuple(self.labels),
            acquisition=design.acquisition,
            seed=design.seed,
            ranked=() if design.block_size else tuple(self.frame.fold("train")),
        )
        records = [(one["_input_hash"], read_record(one, dataset=dataset)) for one in examples]
        learner = Learner(
            course, examples, past=RunHistory.of(records), every=design.learn_every, waits=waits
        )
        learner.start()
        return learner

    def _checked(self, draws: Iterator[Draw]) -> Iterator[Draw]:
        """Fail before the first question where the model proposes nothing to ask about."""
        if (first := next(draws, None)) is None:
            raise OptionError(
                f"{self.header.model['name']} proposes no span of {', '.join(self.labels)} in "
                f"{self.header.source['name']}, so there is nothing to accept or reject; begin "
                "with whole segments: al.manual-ranked or al.random",
                option="--label",
                value=self.labels,
            )
        return chain([first], draws)


def open_pool(
    model: str,
    source: Any,
    label: list[str] | None,
    *,
    loader: str | None,
    exclude: list[str] | None,
    unsegmented: bool,
    skip_bad: bool,
    fold_salt: str,
    dev_share: float,
    group_by: str | None,
    gpu_id: int,
) -> Pool:
    """Load the model, read the source and fix folds; fails before the first question."""
    nlp = load_pipeline(model, gpu_id=gpu_id)
    labels = list(label or known_labels(nlp, model))
    tokenizer = sentence_splitter(nlp)
    frame = build_frame(
        read_source(source, tokenizer, loader=loader, unsegmented=unsegmented, skip_bad=skip_bad),
        dev_share=dev_share,
        fold_salt=fold_salt,
        exclude=excluded_inputs(exclude),
        group_by=group_by,
    )
    # The BLAS that numpy is built with: about twice as fast as BLIS where it was measured.
    set_blas(nlp, use_blis=False)
    scorer, described = MarginalScorer(nlp, labels), describe_pipeline(model, nlp)
    header = Header(
        model=described,
        scorer=_identify(scorer, labels, described["sha256"]),
        source={
            "name": str(source),
            "sha256": frame.sha256,
            "segments": len(frame.segments),
            "excluded": frame.excluded,
        },
        segmentation="whole" if unsegmented else "sentences",
    )
    return Pool(nlp, tokenizer, scorer, frame, header, labels)


def _identify(scorer: MarginalScorer, labels: Sequence[str], model: str) -> dict[str, Any]:
    """Return what fixes every segment's candidates; `frame_sha256` names all of it at once."""
    settings = {"temperature": scorer.temperature, "floor": scorer.floor, "labels": sorted(labels)}
    named = json.dumps([model, settings], sort_keys=True).encode()
    return {**settings, "frame_sha256": sha256(named).hexdigest(), "blas": "numpy"}


def check_score(name: str) -> None:
    """Refuse a score that there is not."""
    if name not in ACQUISITIONS:
        raise OptionError(
            f"--by {name}: there is no such score; there are {', '.join(ACQUISITIONS)}",
            option="--by",
            value=name,
        )


def check_learns(design: SamplingDesign) -> None:
    """Refuse to wait for a model where none learns."""
    if not design.learn_every:
        raise OptionError(
            "--wait waits for a model that learns, and none does here; add --update-every "
            "(al.teach) or --rerank-every (al.manual-ranked), or leave it out",
            option="--wait",
            value=True,
        )
