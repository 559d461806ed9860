"""Which span of each whole segment would be asked about, had its answer been about single spans."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.masking import Questions, draw_questions
from prodigy_al.errors import ModelError
from prodigy_al.ner.pipelines import find_ner, has_ner
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import score_pool
from prodigy_al.training.policies import ROBUST
from prodigy_al.training.robust.frozen_base import require_upper


def find_questions(
    arms: Sequence[Arm], labels: Sequence[str], nlp: Language, seeds: Sequence[int]
) -> Mapping[int, Questions]:
    """Return by training seed the span to ask about in each training text of whole segments."""
    texts = {
        item.input_hash: item
        for arm in arms
        if arm.train.form == "full"
        for item in arm.train.items
    }
    use_faster_blas(nlp)  # as the recipes score
    docs = (
        Doc(nlp.vocab, words=list(item.words), spaces=list(item.spaces)) for item in texts.values()
    )
    scorer = MarginalScorer(nlp, labels)
    scored = score_pool(scorer, docs, total=len(texts), label="scoring training texts")
    return draw_questions(zip(texts, scored, strict=True), seeds)


def find_remedy(nlp: Language, model: str) -> str | None:
    """Return the policy that others are held against; None where the base cannot be split so."""
    try:
        if has_ner(nlp):
            require_upper(find_ner(nlp), model)
    except ModelError:
        return None
    return ROBUST.name
