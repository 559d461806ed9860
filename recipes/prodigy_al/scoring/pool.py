"""Many docs, scored in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.tokens import Doc
from threadpoolctl import ThreadpoolController
from tqdm import tqdm

from prodigy_al.ner.batches import BATCH_SIZE, batches
from prodigy_al.scoring.marginals import MarginalScorer, SpanMarginals

MOST_TOKENS = 2**11
"""Of a batch: what is worked out of it takes 20 megabytes and so stays near the processor."""


def score_pool(
    scorer: MarginalScorer,
    docs: Iterable[Doc],
    *,
    batch_size: int = BATCH_SIZE,
    most_tokens: int = MOST_TOKENS,
    total: int | None = None,
    progress: bool = True,
    label: str = "scoring",
) -> Iterator[SpanMarginals]:
    """Yield the span marginals of each doc, in the order of `docs`, read lazily a batch at a time.

    `total` (the number of docs, where known) gives the bar an ETA, `label` says what is scored. The
    bar is drawn on stderr and only on a terminal; `progress=False` leaves it out there as well.
    A batch ends after `batch_size` docs, or before the one with which it would hold more than
    `most_tokens`.

    Each batch is scored with one BLAS thread, so that the same docs in the same batches have the
    same scores wherever they are scored with the same BLAS kernel. With some kernels (OpenBLAS for
    Haswell) a second thread changes half of the scores by up to 3e-7.
    """
    # finding the libraries takes a millisecond, as long as scoring some segments
    libraries = ThreadpoolController()
    # disable=None is tqdm's "only on a terminal"
    with tqdm(total=total, unit=" segments", desc=label, disable=None if progress else True) as bar:
        for batch in batches(docs, size=batch_size, most_tokens=most_tokens):
            # not around the yield: whoever takes the scores keeps their own threads
            with libraries.limit(limits=1, user_api="blas"):
                scored = scorer.score(batch)
            yield from scored
            bar.update(len(batch))
