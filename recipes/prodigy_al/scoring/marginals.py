"""Exact probabilities of spans under spaCy's entity recogniser.

The recogniser is trained as a locally normalised model: softmax over the allowed actions of a
state, so the probability of a parse is the product of its steps. Because a state is only "closed
at i" or "open at i since s" (`prodigy_al.ner.states`), the sum over all parses is a forward
recursion:

    alpha[i]       = P(no entity is open before token i)
    P(span s..e,X) = alpha[s] P(B-X|s) Π P(I-X|s,i) P(L-X|s,e),   or   alpha[s] P(U-X|s)

as in a semi-Markov chain (Sarawagi & Cohen 2004, "Semi-Markov conditional random fields", section
3), but locally normalised, so that no backward pass is needed. There is no beam and no sampling,
and spans outside the greedy parse get their probability in the same pass.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from prodigy_al.errors import ModelError, ParameterError
from prodigy_al.ner.entities import fresh
from prodigy_al.ner.pipelines import borrowed_from, find_ner, has_ner
from prodigy_al.scoring.lattice import Edges, Limits, build_edges, forward, greedy_path
from prodigy_al.scoring.steps import GreedySteps, certain_steps, greedy_steps
from prodigy_al.scoring.transitions import TransitionTable

DEFAULT_TEMPERATURE = 2.0
"""Divides the scores before the softmax (Guo et al. 2017, "On calibration of modern neural
networks", section 4.2). As trained, the recogniser is overconfident: on CoNLL-2003 the expected
calibration error of its entities is .145 at temperature 1, .037 at 2, .036 at 2.5, .104 at 3."""


@dataclass(frozen=True, slots=True, eq=False)
class SpanMarginals:
    """The candidate spans of one doc and their probabilities, sorted by (start, end, label).

    starts, ends: (n,) token indices, end exclusive; labels: (n,); probabilities: (n,) in [0, 1],
    at the scorer's temperature; greedy: (n,) whether spaCy's own parse holds the span (which no
    temperature changes); expected: label -> expected number of entities, of all spans and not
    only of those listed; embedding: (width,) mean of the token vectors that the recogniser reads,
    where the scorer was asked for it; steps: how sure the recogniser is at each token of its own
    parse, and of the parse as a whole (`GreedySteps.log_probability`), where it was asked for it.
    """

    starts: IndexArray
    ends: IndexArray
    labels: tuple[str, ...]
    probabilities: FloatArray
    greedy: BoolArray
    expected: Mapping[str, float]
    embedding: Float32Array | None = None
    steps: GreedySteps | None = None

    def __len__(self) -> int:
        return len(self.labels)


class MarginalScorer:
    """Scores docs with the pipeline's ``ner``; a pipeline without one gives no spans.

    labels: the labels to return (default: all); ones the model does not know have no spans
    temperature: > 0, divides the model's scores before they become probabilities
    floor: spans below this probability are left out, unless they are in the greedy parse
    max_length: longest entity in tokens that is followed (None: any); greedy ones always are
    prune: entities whose probability of being open falls below this are no longer followed
    embed: give the mean of its token vectors with each doc; they are computed anyway
    steps: give token entropies and margins and the log-probability of the parse with each doc

    ``floor=0, prune=0, max_length=None`` is exact and lists every possible span. Pruning keeps
    every doc's probability at 1: what is no longer followed counts as an entity that ends there,
    without saying which. Under the default limits no marginal of 1,000 news sentences is off by
    more than .0025 (18 labels, temperatures 1 to 3).

    The model is read at each call, so that scores follow a recogniser that is being trained.

    Raises `ModelError` where the ``ner`` borrows token vectors (`pipelines.stand_alone`), and
    `ParameterError` for numbers out of range.
    """

    def __init__(
        self,
        nlp: Language,
        labels: Iterable[str] | None = None,
        *,
        temperature: float = DEFAULT_TEMPERATURE,
        floor: float = 0.02,
        max_length: int | None = 20,
        prune: float = 1e-4,
        embed: bool = False,
        steps: bool = False,
    ) -> None:
        if lenders := borrowed_from(nlp):
            raise ModelError(
                f'the "ner" borrows token vectors from {", ".join(lenders)} and finds nothing on '
                "its own; load the pipeline with load_pipeline, or call stand_alone on it first"
            )
        _require_ranges(temperature, floor=floor, prune=prune, max_length=max_length)
        self.nlp = nlp
        self.labels = None if labels is None else frozenset(labels)
        self.temperature = temperature
        self.floor = floor
        self.limits = Limits(prune, max_length)
        self.embed = embed
        self.steps = steps

    def score(self, docs: Sequence[Doc]) -> list[SpanMarginals]:
        """Return the span marginals of each doc, in order, computed as one batch.

        Entities set on a doc are ignored. For many docs use `pool.score_pool`.
        """
        docs = [fresh(doc) for doc in docs]
        if not has_ner(self.nlp) or not any(len(doc) for doc in docs):
            return [_no_spans(self._asked(), len(doc) if self.steps else None) for doc in docs]
        table = TransitionTable(find_ner(self.nlp), docs)
        edges, begins = build_edges(table, temperature=self.temperature, limits=self.limits)
        alpha = forward(edges, table.bounds)
        candidates = self._candidates(edges, alpha, table)
        expected = self._expected(alpha[:, None] * begins, table)
        scored = _by_doc(candidates, expected, table)
        if self.embed:
            means = table.mean_vectors()
            scored = [replace(one, embedding=mean) for one, mean in zip(scored, means, strict=True)]
        if self.steps:
            path = greedy_path(edges)
            entities = edges.starts[path], edges.ends[path], edges.greedy[path]
            steps = greedy_steps(table, entities, temperature=self.temperature)
            cuts = pairwise(table.bounds.tolist())
            scored = [
                replace(one, steps=steps.part(low, high))
                for one, (low, high) in zip(scored, cuts, strict=True)
            ]
        return scored

    def _candidates(self, edges: Edges, alpha: FloatArray, table: TransitionTable) -> _Candidates:
        """Return the spans to list, of all docs, sorted."""
        # an edge's probability is given its start, so that alpha makes it a marginal
        p = alpha[edges.starts, None] * edges.named
        on_path = greedy_path(edges)
        greedy = np.zeros(p.shape, dtype=np.bool_)
        greedy[on_path, edges.greedy[on_path]] = True
        asked = np.isin(table.actions.labels, self._asked())
        rows, labels = np.nonzero((((p >= self.floor) & (p > 0)) | greedy) & asked)
        order = np.lexsort((labels, edges.ends[rows], edges.starts[rows]))
        rows, labels = rows[order], labels[order]
        return _Candidates(
            edges.starts[rows], edges.ends[rows], labels, p[rows, labels], greedy[rows, labels]
        )

    def _expected(self, entering: FloatArray, table: TransitionTable) -> list[dict[str, float]]:
        """Return for each doc the asked labels and their expected number of entities."""
        sums = np.zeros((len(table.bounds) - 1, len(table.actions.labels)))
        np.add.at(sums, np.repeat(np.arange(len(sums)), np.diff(table.bounds)), entering)
        known = [dict(zip(table.actions.labels, row, strict=True)) for row in sums.tolist()]
        return [{label: counts.get(label, 0.0) for label in self._asked()} for counts in known]

    def _asked(self) -> list[str]:
        """Return the labels to list, sorted, whether the model knows them or not."""
        if self.labels is not None:
            return sorted(self.labels)
        return sorted(find_ner(self.nlp).labels) if has_ner(self.nlp) else []


class _Candidates(NamedTuple):
    """Spans of a whole batch: tokens counted through the batch, labels as indices."""

    starts: IndexArray
    ends: IndexArray
    labels: IndexArray
    probabilities: FloatArray
    greedy: BoolArray


def _by_doc(
    spans: _Candidates, expected: list[dict[str, float]], table: TransitionTable
) -> list[SpanMarginals]:
    # spans are sorted by start, so those of a doc lie together
    cuts = pairwise(np.searchsorted(spans.starts, table.bounds).tolist())
    names = np.array(table.actions.labels, dtype=object)[spans.labels]
    return [
        SpanMarginals(
            spans.starts[low:high] - first,
            spans.ends[low:high] - first,
            tuple(names[low:high]),
            spans.probabilities[low:high],
            spans.greedy[low:high],
            counts,
        )
        for (low, high), first, counts in zip(cuts, table.bounds[:-1], expected, strict=True)
    ]


def _no_spans(labels: Sequence[str], tokens: int | None) -> SpanMarginals:
    """Return what is said of a doc that cannot hold an entity; `tokens` where steps are asked."""
    none = np.zeros(0, dtype=np.intp)
    counts = dict.fromkeys(labels, 0.0)
    steps = None if tokens is None else certain_steps(tokens)
    greedy = np.zeros(0, dtype=np.bool_)
    return SpanMarginals(none, none, (), np.zeros(0), greedy, counts, steps=steps)


def _require_ranges(
    temperature: float, *, floor: float, prune: float, max_length: int | None
) -> None:
    if not (math.isfinite(temperature) and temperature > 0):
        raise ParameterError("temperature", temperature, "give a number above 0")
    for parameter, value in (("floor", floor), ("prune", prune)):
        if not 0 <= value < 1:
            raise ParameterError(parameter, value, "give a probability from 0 to below 1")
    if max_length is not None and max_length < 1:
        raise ParameterError(
            "max_length", max_length, "give a number of tokens of at least 1, or None for any"
        )
