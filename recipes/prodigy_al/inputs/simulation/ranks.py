"""Which texts of a pool are hard: their places by the score of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prodigy_al.inputs.sources import cut_segments, open_source
from prodigy_al.ner.pipelines import describe_pipeline, load_pipeline, sentence_splitter, set_blas
from prodigy_al.sampling.design import DEFAULT_FOLD_SALT, MEASURING
from prodigy_al.sampling.frame import build_frame
from prodigy_al.scoring.cache import find_cache
from prodigy_al.scoring.chunks import Helping
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer
from prodigy_al.simulation.mistakes import rank_by_score


def rank_texts(
    source: str,
    model: str,
    labels: Sequence[str],
    *,
    loader: str | None,
    skip_bad: bool,
    unsegmented: bool,
    gpu_id: int,
) -> Mapping[int, float]:
    """Return the place in (0, 1) of every text of a source by its expected errors, by input hash.

    Texts are cut as the recipes cut them.
    """
    records = open_source(source, loader=loader, skip_bad=skip_bad)
    nlp = load_pipeline(model, gpu_id=gpu_id)
    cut = cut_segments(records, sentence_splitter(nlp), unsegmented=unsegmented)
    # every distinct text once; which fold it falls in changes no score
    segments = build_frame(cut, dev_share=0.0, fold_salt=DEFAULT_FOLD_SALT).segments
    set_blas(nlp, use_blis=False)  # as the recipes score
    sha256 = describe_pipeline(model, nlp)["sha256"]
    score = segment_scorer(
        nlp,
        MarginalScorer(nlp, labels),
        MEASURING["acquisition"],
        cache=find_cache(sha256),
        helping=None if gpu_id >= 0 else Helping.on_all_cores(model, sha256),
    )
    scored = zip(segments, score(segments), strict=True)
    return rank_by_score({segment.input_hash: found.u for segment, found in scored})
