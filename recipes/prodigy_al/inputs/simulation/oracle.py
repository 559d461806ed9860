"""An order that nobody can have: segments ranked by what the model truly gets wrong in them.

It asks as `al.manual-ranked` asks, with the same share of chance and the same dev fold, but the
score of a segment of the train fold is known from gold. It tells what ranking by errors could bring
at best (an oracle as a benchmark has: Werner et al. 2024), and exists in simulations alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import sqrt
from typing import Any

from prodigy_al.inputs.opening import open_pool
from prodigy_al.inputs.pool import Components, Pool
from prodigy_al.sampling.blocks import Draw
from prodigy_al.sampling.design import MEASURING, RANKING, SamplingDesign
from prodigy_al.sampling.drawing import draw_questions
from prodigy_al.sampling.history import ModelVersions
from prodigy_al.sampling.keys import quantise
from prodigy_al.sampling.scored import Scored, ScoreSegments
from prodigy_al.sampling.table import Segment
from prodigy_al.simulation.annotator import GoldSpans

STRATEGY = "oracle"
TRUE_ERRORS = "true-errors-per-root-token"
"""What records call the score, which no recipe offers."""


def open_oracle(
    dataset: str,
    model: str,
    source: str,
    gold: GoldSpans,
    *,
    seed: int,
    fold_salt: str,
    dev_share: float,
    explore: float | None = None,
    within_kinds: bool = False,
    **options: Any,
) -> Components:
    """Return the components that ask in this order; `options` as `open_pool` takes them.

    Raises `OptionError`, `ModelError` or `SourceError`, all before the first question.
    """
    design = SamplingDesign(
        strategy=STRATEGY,
        unit="segment",
        seed=seed,
        explore=RANKING["explore"] if explore is None else explore,
        dev_share=dev_share,
        fold_salt=fold_salt,
        within_kinds=within_kinds,
    )
    pool = open_pool(dataset, model, source, design, exclude=None, **options)
    known = {**vars(pool), "design": replace(design, acquisition=TRUE_ERRORS)}
    return OraclePool(**known, gold=gold).ask(view_id="ner_manual")


@dataclass(frozen=True)
class OraclePool(Pool):
    """A pool whose train fold is ranked by gold."""

    gold: GoldSpans = field(kw_only=True)

    def _draw(self, design: SamplingDesign, versions: ModelVersions) -> Iterator[Draw]:
        scored = self._score_by(replace(design, acquisition=MEASURING["acquisition"]))
        score = by_true_errors(scored, self.gold)
        yield from draw_questions(self.frame, design, score, versions, acquisition=None)


def by_true_errors(score: ScoreSegments, gold: GoldSpans) -> ScoreSegments:
    """Return `score` with that of the train fold replaced by true errors per root token.

    Errors are the spans of the asked labels that the model alone or gold alone has.
    """

    def truly(segments: Sequence[Segment]) -> Iterator[Scored]:
        for segment, found in zip(segments, score(segments), strict=True):
            if segment.fold == "dev":
                yield found
                continue
            own = {(one.start, one.end, one.label) for one in found.candidates if one.greedy}
            wrong = len(own ^ gold.spans[segment.input_hash])
            yield replace(found, u=quantise(wrong / sqrt(max(1, found.tokens))))

    return truly
