"""Answers about whole segments as answers about single spans: what al.teach would have learned.

Of each segment one span is asked about, drawn among the base's candidates as al.teach draws it (r
of `sampling.proposal`: a share of chance, the rest by p(1-p)), by a key that depends on the text
and the training seed alone: so all arms ask the same of one text, and each training seed asks anew,
since which spans were drawn can move F1 as much as selection does. What is known of the whole
segment answers it. The segments stay those that were asked about, so that nothing but the form of
the answers changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from prodigy_al.sampling.keys import choose_candidate
from prodigy_al.sampling.proposal import candidate_probabilities
from prodigy_al.scoring.marginals import SpanMarginals
from prodigy_al.training.answers import Answer, Answers
from prodigy_al.training.truths import TokenSpan

Questions: TypeAlias = Mapping[int, TokenSpan]
"""By input hash, the span of a text that would be asked about; a text without a candidate is not
there."""

EXPLORE = 0.3  # of al.teach, if nobody chooses another
TAG = "masked"


def draw_questions(
    scored: Iterable[tuple[int, SpanMarginals]], seeds: Sequence[int]
) -> dict[int, dict[int, TokenSpan]]:
    """Return by training seed the span to ask about in each text, from the base's candidates."""
    drawn: dict[int, dict[int, TokenSpan]] = {seed: {} for seed in seeds}
    for input_hash, spans in scored:
        if not len(spans):
            continue
        r = candidate_probabilities(spans.probabilities, EXPLORE)
        for seed, own in drawn.items():
            i = choose_candidate(r, tag=TAG, seed=seed, arm=TAG, round=0, block=0, input=input_hash)
            own[input_hash] = (int(spans.starts[i]), int(spans.ends[i]), spans.labels[i])
    return drawn


def mask(whole: Answers, questions: Questions) -> Answers:
    """Return answers about whole segments as answers about the one span that was asked about each.

    It is accepted where it is an entity, else rejected; a segment without a question is left out.
    """
    return replace(whole, form="binary", items=tuple(_masked(whole.items, questions)))


def _masked(items: Iterable[Answer], questions: Questions) -> Iterator[Answer]:
    for item in items:
        span = questions.get(item.input_hash)
        if span is not None:
            accepted = (span,) if span in item.accepted else ()
            rejected = () if accepted else (span,)
            yield replace(item, accepted=accepted, rejected=rejected, by_annotator=())
