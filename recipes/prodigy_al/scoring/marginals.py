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
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import BoolArray, Float32Array, FloatArray, IndexArray
from prodigy_al.errors import ModelError, ParameterError
from prodigy_al.ner.entities import fresh
from prodigy_al.ner.pipelines import borrowed_from, find_ner, has_ner
from prodigy_al.scoring.committee import probabilities_by_member
from prodigy_al.scoring.lattice import (
    Limits,
    Spans,
    above_zero,
    build_lattice,
    forward,
    greedy_path,
)
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
    parse, and of the parse as a whole (`GreedySteps.log_probability`), where it was asked for it;
    members: (n, members) probabilities under each member of a committee (`scoring.committee`),
    where it was asked for one.
    """

    starts: IndexArray
    ends: IndexArray
    labels: tuple[str, ...]
    probabilities: FloatArray
    greedy: BoolArray
    expected: Mapping[str, float]
    embedding: Float32Array | None = None
    steps: GreedySteps | None = None
    members: Float32Array | None = None

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
    members: how many members of a committee are to say what they think of each span listed; each
        takes about half as long as all else

    ``floor=0, prune=0, max_length=None`` is exact and lists every possible span. Pruning keeps
    every doc's probability at 1: what is no longer followed ends within the next tokens, without
    saying which entity it was. Under the default limits no marginal of 1,500 news sentences and
    items is off by more than .0032 (18 labels, temperatures 1 to 3).

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
        prune: float = 1e-3,
        embed: bool = False,
        steps: bool = False,
        members: int = 0,
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
        self.prune = prune
        self.max_length = max_length
        self.embed = embed
        self.steps = steps
        self.members = members

    @property
    def settings(self) -> dict[str, Any]:
        """All that it was given but the pipeline: another one made with these scores alike."""
        return {name: value for name, value in vars(self).items() if name != "nlp"}

    def score(self, docs: Sequence[Doc]) -> list[SpanMarginals]:
        """Return the span marginals of each doc, in order, computed as one batch.

        Entities set on a doc are ignored. For many docs use `pool.score_pool`.
        """
        docs = [fresh(doc) for doc in docs]
        if not has_ner(self.nlp) or not any(len(doc) for doc in docs):
            return [self._no_spans(len(doc)) for doc in docs]
        table = TransitionTable(find_ner(self.nlp), docs)
        limits = Limits(self.prune, self.max_length, self.floor, self._is_asked(table))
        lattice = build_lattice(table, temperature=self.temperature, limits=limits)
        alpha = forward(lattice.edges, table.bounds)
        path = greedy_path(lattice.spans)
        spans = _marginals(lattice.spans, alpha, path, limits)
        expected = self._expected(alpha[:, None] * lattice.begins[:, limits.asked], table)
        means = table.mean_vectors() if self.embed else [None] * len(docs)
        steps: Sequence[GreedySteps | None] = [None] * len(docs)
        if self.steps:
            steps = self._steps(table, Spans._make(column[path] for column in lattice.spans))
        members = None
        if self.members:
            members = probabilities_by_member(
                spans, table, members=self.members, temperature=self.temperature, limits=limits
            )
        return _by_doc(spans, table, expected=expected, means=means, steps=steps, members=members)

    def _is_asked(self, table: TransitionTable) -> BoolArray:
        """Return (n_labels,): which of the model's labels are to be listed."""
        return np.isin(table.actions.labels, self.asked())

    def _expected(self, entering: FloatArray, table: TransitionTable) -> list[dict[str, float]]:
        """Return for each doc the asked labels and their expected number of entities.

        entering: (n_tokens, n_asked) probability that an entity begins.
        """
        sums = np.zeros((len(table.bounds) - 1, entering.shape[1]))
        full = np.diff(table.bounds) > 0
        sums[full] = np.add.reduceat(entering, table.bounds[:-1][full])
        unknown = dict.fromkeys(self.asked(), 0.0)
        labels = [name for name in table.actions.labels if name in unknown]
        return [{**unknown, **dict(zip(labels, row, strict=True))} for row in sums.tolist()]

    def _steps(self, table: TransitionTable, parse: Spans) -> list[GreedySteps]:
        """Return the steps of each doc's greedy parse, whose entities are given."""
        entities = parse.starts, parse.ends, parse.labels
        steps = greedy_steps(table, entities, temperature=self.temperature)
        return [steps.part(low, high) for low, high in pairwise(table.bounds.tolist())]

    def _no_spans(self, tokens: int) -> SpanMarginals:
        """Return what is said of a doc that cannot hold an entity."""
        none = np.zeros(0, dtype=np.intp)
        return SpanMarginals(
            *(none, none, (), np.zeros(0), np.zeros(0, dtype=np.bool_)),
            expected=dict.fromkeys(self.asked(), 0.0),
            steps=certain_steps(tokens) if self.steps else None,
            members=np.zeros((0, self.members), dtype=np.float32) if self.members else None,
        )

    def asked(self) -> list[str]:
        """Return the labels to list, sorted, whether the model knows them or not."""
        if self.labels is not None:
            return sorted(self.labels)
        return sorted(find_ner(self.nlp).labels) if has_ner(self.nlp) else []


def _marginals(spans: Spans, alpha: FloatArray, path: BoolArray, limits: Limits) -> Spans:
    """Return the spans to list, sorted, with their marginals, and with `path` as greedy ones."""
    # a span's probability is given its start, so that alpha makes it a marginal
    spans = spans._replace(p=alpha[spans.starts] * spans.p, greedy=path)
    listed = (spans.p >= above_zero(limits.floor)) | path
    listed &= limits.asked[spans.labels]
    spans = Spans._make(column[listed] for column in spans)
    order = np.lexsort((spans.labels, spans.ends, spans.starts))
    return Spans._make(column[order] for column in spans)


def _by_doc(
    spans: Spans,
    table: TransitionTable,
    *,
    expected: Sequence[dict[str, float]],
    means: Sequence[Float32Array | None] | Float32Array,
    steps: Sequence[GreedySteps | None],
    members: Float32Array | None,
) -> list[SpanMarginals]:
    # spans are sorted by start, so those of a doc lie together
    cuts = pairwise(np.searchsorted(spans.starts, table.bounds).tolist())
    labels = [table.actions.labels[label] for label in spans.labels.tolist()]
    firsts = table.bounds[:-1].tolist()
    return [
        SpanMarginals(
            spans.starts[low:high] - first,
            spans.ends[low:high] - first,
            tuple(labels[low:high]),
            spans.p[low:high],
            spans.greedy[low:high],
            *more,
            members=None if members is None else members[low:high],
        )
        for (low, high), first, more in zip(
            cuts, firsts, zip(expected, means, steps, strict=True), strict=True
        )
    ]


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
