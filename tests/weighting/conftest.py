"""A source whose scores, gold and predictions are tables, and every step of an answer through it.

What is claimed of a weighted number is tested on what the product makes of the tables: draws,
tasks, JSON as a database keeps it, answers, reading, probabilities and the estimate. Nothing here
computes a weight of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
from prodigy.util import set_hashes

from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.comparison.estimates import WeightedScore, weighted_score
from prodigy_al.evaluation.counts import Counts, Scores, count_matches, scores
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.records import Fold
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.frame import Frame, Segment, build_frame
from prodigy_al.sampling.history import STARTING_MODEL, ModelVersions
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.questions import Header, make_tasks
from prodigy_al.sampling.scored import SPAN, Candidates, Scored
from prodigy_al.sampling.table import folds_of, input_hashes
from prodigy_al.scoring.acquisition import expected_errors

NLP = spacy.blank("en")
HEADER = Header(
    model={"name": "tables", "version": "1", "sha256": "m"},
    scorer={"labels": ["ORG"], "temperature": 2.0, "floor": 0.02, "frame_sha256": "f"},
    source={"name": "tables", "sha256": "s"},
    segmentation="tokens",
)
WORDS = 7  # fewer than what near-duplicates are looked for in
Examples = list[dict[str, Any]]
TokenSpan = tuple[int, int, str]


@dataclass(frozen=True)
class Tables:
    """Per text (N,): score u, and which of its seven words are spans, by gold and by the model.

    `gold` and `predicted` (N, 7) are bool; `marginals` (N, C) those of the first C words, which are
    the candidates, NaN where a text has fewer. `taught` (N,) is the score of the train fold, where
    that has another.
    """

    u: np.ndarray
    gold: np.ndarray
    predicted: np.ndarray
    marginals: np.ndarray
    taught: np.ndarray | None = None

    @cached_property
    def candidates(self) -> tuple[Candidates, ...]:
        """The candidates of each text, packed as the product's scorer packs them."""
        there = ~np.isnan(self.marginals)
        rows = np.zeros(there.shape, dtype=SPAN)
        rows["start"] = 3 * np.arange(there.shape[1])
        rows["end"] = rows["start"] + 2
        rows["p"], rows["greedy"] = self.marginals, self.predicted[:, : there.shape[1]]
        ends = np.cumsum([0, *there.sum(axis=1)]) * SPAN.itemsize
        packed = rows[there].tobytes()
        return tuple(Candidates(packed[a:b], ("ORG",)) for a, b in pairwise(ends.tolist()))

    def shifted(self, by: float) -> Tables:
        """The same with other scores, as another number of threads gives them."""
        return Tables(self.u + by, self.gold, self.predicted, self.marginals)


@dataclass
class Pool:
    """N texts in documents of equal length, with their folds, and the tables that describe them."""

    frame: Frame
    tables: Tables
    place: dict[int, int] = field(init=False)
    scored: dict[int, Scored] = field(default_factory=dict)

    def __post_init__(self) -> None:
        inputs = input_hashes(self.frame.segments).tolist()
        self.place = {input_hash: i for i, input_hash in enumerate(inputs)}

    def score(self, segments: Sequence[Segment]) -> Iterator[Scored]:
        taught = self.tables.taught
        train = taught is not None and folds_of(segments) == {"train"}
        u = taught if train else self.tables.u
        for i in self.at(segments):
            if i not in self.scored:
                self.scored[i] = Scored(quantise(float(u[i])), self.tables.candidates[i])
            yield self.scored[i]

    def at(self, segments: Sequence[Segment]) -> list[int]:
        return [self.place[input_hash] for input_hash in input_hashes(segments).tolist()]

    def ask(
        self,
        design: SamplingDesign,
        n: int | None = None,
        *,
        stored: Examples = (),
        verdict: Callable[[dict[str, Any]], str | None] = lambda task: "gold",
        frame: Frame | None = None,
        versions: ModelVersions = STARTING_MODEL,
        told: Callable[[Examples], object] = lambda answers: None,
    ) -> Examples:
        """Answer the first `n` questions that are not in `stored`; return all answers, as kept.

        `verdict` gives "gold" (the right answer), "ignore", or None: shown and never stored.
        `frame` is what is left to ask of, `told` hears of each answer before the next question.
        """
        known = {answer["_input_hash"] for answer in stored}
        draws = draw_questions(
            frame or self.frame, design, self.score, versions, acquisition=expected_errors
        )
        new = (draw for draw in draws if draw.segment.input_hash not in known)
        answers = list(stored)
        for task in make_tasks(islice(new, n), design, HEADER, set_hashes):
            said = verdict(task)
            if said is not None:
                answer = self._answer(task, said, binary=design.unit == "candidate")
                answers.append(dict(srsly.json_loads(srsly.json_dumps(answer))))
                told(answers[-1:])
        return answers

    def _answer(self, task: dict[str, Any], said: str, *, binary: bool) -> dict[str, Any]:
        gold = self.tables.gold[self.place[task["_input_hash"]]]
        if said == "ignore":
            return {**task, "answer": "ignore", "_view_id": "ner" if binary else "ner_manual"}
        if binary:
            (span,) = task["spans"]
            right = gold[span["start"] // 3]
            return {**task, "answer": "accept" if right else "reject", "_view_id": "ner"}
        spans = [
            {"start": 3 * j, "end": 3 * j + 2, "label": "ORG"} for j in range(WORDS) if gold[j]
        ]
        return {**task, "spans": spans, "answer": "accept", "_view_id": "ner_manual"}

    def read(self, answers: Examples) -> Arm:
        return read_arm("tables", answers, ["ORG"], tokenizer=NLP.make_doc)

    def counts(self, arm: Arm, *, fold: Fold = "dev") -> Counts:
        """Count the model's predictions on an arm's answers of one fold."""
        answers = arm.dev if fold == "dev" else arm.train
        predicted = []
        for item in answers.items:
            found = self._spans(self.tables.predicted[self.place[item.input_hash]])
            if answers.form == "binary":
                found &= frozenset(item.accepted + item.rejected)
            predicted.append(found)
        return count_matches([item.accepted for item in answers.items], predicted)

    def weigh(self, answers: Examples) -> WeightedScore | Unavailable:
        arm = self.read(answers)
        return weighted_score([self.counts(arm)], arm)

    def both(self, arm: Arm) -> tuple[WeightedScore | Unavailable, Scores]:
        """The weighted number, and that of the same answers without weights."""
        counts = self.counts(arm)
        return weighted_score([counts], arm), scores(counts)

    def whole(self, *, binary: bool = False, fold: Fold = "dev") -> Counts:
        """The model's counts on a whole fold: on all of it, or on its candidates."""
        at = self.at(self.frame.fold(fold))
        gold, predicted = self.tables.gold[at], self.tables.predicted[at]
        if binary:
            asked = ~np.isnan(self.tables.marginals[at])
            width = asked.shape[1]
            gold, predicted = gold[:, :width] & asked, predicted[:, :width] & asked
        parts = (gold & predicted, predicted, gold)
        return Counts(*(part.sum(axis=1).astype(float) for part in parts))

    def truth(self, *, binary: bool = False) -> Scores:
        return scores(self.whole(binary=binary))

    @staticmethod
    def _spans(words: Iterable[bool]) -> frozenset[TokenSpan]:
        return frozenset((j, j + 1, "ORG") for j, marked in enumerate(words) if marked)


def make_frame(size: int, documents: int, dev_share: float, *, kinds: bool = False) -> Frame:
    """With `kinds`, some texts lack their last one or two words, and every fourth is capitals."""
    records = []
    for i in range(size):
        words = [f"{i % 90 + 10}", f"{i // 90 + 10}", "in", "an", "of", "at", "by"]
        if kinds:
            words = [word.upper() if i % 4 == 0 else word for word in words[: WORDS - i % 3]]
        tokens = [
            {"text": word, "start": 3 * j, "end": 3 * j + 2, "id": j, "ws": j < len(words) - 1}
            for j, word in enumerate(words)
        ]
        record = {"text": " ".join(words), "tokens": tokens, "meta": {"doc": i % documents}}
        records.append((i, set_hashes({"text": record["text"]})["_input_hash"], record))
    return build_frame(records, dev_share=dev_share, fold_salt="s")


def make_tables(size: int, seed: int = 0, *, documents: int = 10, candidates: int = 2) -> Tables:
    """Texts with a higher score hold more spans and more errors, and documents differ."""
    rng = np.random.default_rng(seed)
    u = rng.choice([0.02, 0.1, 0.3, 0.8, 1.6], size, p=[0.35, 0.25, 0.2, 0.12, 0.08])
    ease = rng.choice([-0.12, 0.0, 0.12], documents)[np.arange(size) % documents]
    many = np.minimum(rng.poisson(0.3 + 1.2 * u), 4)
    words = np.arange(WORDS)
    gold = words < many[:, None]
    found = rng.random((size, WORDS)) < (0.85 - 0.25 * u + ease)[:, None]
    spurious = rng.random((size, WORDS)) < (0.03 + 0.1 * u - 0.05 * ease)[:, None]
    predicted = np.where(gold, found, spurious)
    marginals = np.clip(
        0.5 + 0.3 * predicted[:, :candidates] - 0.2 * (u < 0.2)[:, None], 0.05, 0.95
    )
    marginals = marginals + rng.uniform(-0.1, 0.1, marginals.shape)
    number = rng.integers(0, candidates + 1, size)
    marginals[np.arange(candidates) >= number[:, None]] = np.nan
    return Tables(u, gold, predicted, np.round(marginals, 3))


@pytest.fixture(scope="session")
def pool_of() -> Callable[..., Pool]:
    """Make a pool: (size, documents=, dev_share=, seed=, candidates=, frame=)."""

    def make(
        size: int = 200,
        *,
        documents: int = 10,
        dev_share: float = 0.8,
        seed: int = 0,
        candidates: int = 2,
        frame: Frame | None = None,
    ) -> Pool:
        tables = make_tables(size, seed, documents=documents, candidates=candidates)
        return Pool(frame or make_frame(size, documents, dev_share), tables)

    return make


@pytest.fixture(scope="session")
def frame_of() -> Callable[..., Frame]:
    """Make a frame that several pools share: (size, documents, dev_share, kinds=)."""
    return make_frame
