"""Ranks binary questions by what whole segments, and the answers so far, tell about candidates.

The whole segments say of *all* their candidates which are right, a binary answer of one. On both
the reranker (`scoring.reranking`) is fitted: before the first question on the whole segments, and
again after every `every` answers. The model itself stays as it is: a refit takes about .2 s, so
nobody waits and no process is needed. Only train-fold answers are looked at.

A fit uses exactly a multiple of `every` answers, the first ones that the dataset holds, and so can
be repeated from the two datasets. Of several people's answers to a question the latest counts.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeAlias

import numpy as np

from prodigy_al.arrays import FloatArray
from prodigy_al.sampling.frame import Segment
from prodigy_al.sampling.history import ModelVersion, ModelVersions, Rerank, RunHistory
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.scored import Acquisition, Candidate, Scored, ScoreSegments
from prodigy_al.scoring.reranking import candidate_features, fit_reranker, rerank

REFIT_EVERY = 100
DECIMALS = 6
"""Of a coefficient: so many are the same whatever order a sum is taken in."""
CharacterSpan: TypeAlias = tuple[int, int, str]
"""Start, end (exclusive) and label."""
Question: TypeAlias = tuple[int, int, int, str]
"""The input hash of a text, and the span in it that is asked about."""


@dataclass(frozen=True)
class WholeSegment:
    """A segment of the train fold whose spans are all known."""

    segment: Segment
    spans: Collection[CharacterSpan]


@dataclass(frozen=True)
class _Rows:
    """Features (n, F) and outcomes (n,) of candidates, and what was asked; None: all of a text."""

    x: FloatArray
    y: FloatArray
    questions: Sequence[Question | None]


class Reranker(ModelVersions):
    """The fits of one run: one on the whole segments, and one per `every` binary answers.

    known: the whole segments
    asked: the segments that questions can be about
    examples: the dataset's answers so far, in their order, with their records
    score: how the starting model scores segments
    acquisition: makes a score of marginals; None where a score is of more than these, which a fit
        knows nothing of, so that it stays the starting model's
    history: the blocks that these answers belong to

    The `answers` of a version count both, whole segments and binary answers.
    """

    def __init__(
        self,
        known: Sequence[WholeSegment],
        asked: Iterable[Segment],
        examples: Iterable[Mapping[str, Any]],
        *,
        labels: Sequence[str],
        score: ScoreSegments,
        acquisition: Acquisition | None,
        history: RunHistory,
        every: int = REFIT_EVERY,
    ) -> None:
        self.history = history
        self._known = known
        self._segments = {segment.input_hash: segment for segment in asked}
        self._examples = list(examples)
        self._labels = sorted(labels)
        self._score = score
        self._acquisition = acquisition
        self._every = every
        self._lock = threading.Lock()
        self._parts: list[_Rows] = []
        self._fits: dict[int, ModelVersion] = {}

    def update(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Take new answers; a fit that is due is made when the next block is opened."""
        with self._lock:
            self._examples += answers

    def newest(self) -> ModelVersion:
        """Return the version fitted on most answers."""
        return self._fit(len(self._examples) // self._every)

    def restore(self, answers: int, sha256: str) -> ModelVersion | None:
        """Return the version fitted on so many answers, made again; None where it differs."""
        fits, rest = divmod(answers - len(self._known), self._every)
        if rest or not 0 <= fits <= len(self._examples) // self._every:
            return None
        version = self._fit(fits)
        return version if version.sha256 == sha256 else None

    def _fit(self, number: int) -> ModelVersion:
        """Return the version fitted on the whole segments and `number` times `every` answers."""
        if number not in self._fits:
            while len(self._parts) <= number:
                self._parts.append(self._read_part(len(self._parts)))
            x, y = _latest(self._parts[: number + 1])
            b = np.round(fit_reranker(x, y), DECIMALS) + 0.0  # no -0.0, which has other bytes
            by_b = self._reranking(b)
            self._fits[number] = ModelVersion(
                answers=len(self._known) + number * self._every,
                sha256=sha256(b.tobytes()).hexdigest(),
                score=lambda segments: map(by_b, segments, self._score(segments)),
                rerank=by_b,
            )
        return self._fits[number]

    def _read_part(self, number: int) -> _Rows:
        """Return what the whole segments say of candidates, or a part of the answers after them.

        Each part is scored on its own, in the order in which it is stored, so that a restart
        arrives at the same bits.
        """
        questions: list[Question | None] = []
        if number == 0:
            segments = [one.segment for one in self._known]
            rows = [
                (self._features(segment, scored), _are_right(scored, one.spans))
                for one, segment, scored in zip(
                    self._known, segments, self._score(segments), strict=True
                )
            ]
        else:
            answers = self._examples[(number - 1) * self._every : number * self._every]
            answers = [one for one in answers if one.get("answer") in ("accept", "reject")]
            segments = [self._segments[one["_input_hash"]] for one in answers]
            rows = []
            for answer, segment, scored in zip(
                answers, segments, self._score(segments), strict=True
            ):
                (asked,) = answer["spans"]
                about = (asked["start"], asked["end"], asked["label"])
                named = np.array([_span(one) == about for one in scored.candidates], dtype=np.bool_)
                right = np.full(int(named.sum()), float(answer["answer"] == "accept"))
                rows.append((self._features(segment, scored)[named], right))
                questions += [(segment.input_hash, *about)] * len(right)
        nothing = self._features_of("", ()), np.zeros(0)
        x, y = zip(nothing, *rows, strict=True)
        features, outcomes = np.concatenate(x), np.concatenate(y)
        return _Rows(features, outcomes, questions or [None] * len(outcomes))

    def _features(self, segment: Segment, scored: Scored) -> FloatArray:
        return self._features_of(segment.record["text"], scored.candidates)

    def _features_of(self, text: str, candidates: Sequence[Candidate]) -> FloatArray:
        return candidate_features(text, candidates, self._labels)

    def _reranking(self, b: FloatArray) -> Rerank:
        def by_b(segment: Segment, first: Scored) -> Scored:
            q = rerank(self._features(segment, first), b)
            spans = tuple(
                replace(span, p=float(p)) for span, p in zip(first.candidates, q, strict=True)
            )
            u = first.u
            if self._acquisition is not None:
                u = quantise(self._acquisition(q, first.tokens))
            return Scored(u, spans, first.tokens)

        return by_b


def _latest(parts: Sequence[_Rows]) -> tuple[FloatArray, FloatArray]:
    """Return features and outcomes, those of a question as it was answered last."""
    questions = [question for part in parts for question in part.questions]
    last = {question: row for row, question in enumerate(questions)}
    rows = [i for i, one in enumerate(questions) if one is None or last[one] == i]
    return (
        np.concatenate([part.x for part in parts])[rows],
        np.concatenate([part.y for part in parts])[rows],
    )


def _span(candidate: Candidate) -> CharacterSpan:
    return candidate.start, candidate.end, candidate.label


def _are_right(scored: Scored, spans: Collection[CharacterSpan]) -> FloatArray:
    return np.array([float(_span(one) in spans) for one in scored.candidates])
