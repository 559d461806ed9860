"""The candidates of binary dev answers, worked out again with the model they were drawn from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.candidates import Candidates
from prodigy_al.comparison.whole_dev import find_weighted_dev
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.scoring.blas import use_faster_blas
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.pool import score_pool

# What a record's `scorer` holds besides the settings that fix the candidates.
_NOT_SETTINGS = ("frame_sha256", "blas")


def frame_sha256(model: str, settings: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) that stands for all candidates of a source.

    `model` is the SHA-256 of the starting model, `settings` are the scorer's: temperature, floor,
    labels.
    """
    return sha256(json.dumps([model, settings], sort_keys=True).encode()).hexdigest()


def find_candidates(
    arms: Sequence[Arm], nlp: Language, model: Mapping[str, Any]
) -> dict[str, Candidates | Unavailable]:
    """Return, by binary dataset with records, the candidates of the dev texts it is measured on.

    These are the texts of its own dev answers, and of the arm that its weighted F1 is measured on.
    `nlp` is the base of the comparison, `model` its description. Where another model or another
    version of the scorer drew the answers, the candidates are unavailable.
    """
    return {
        arm.dataset: _candidates(arm, arms, nlp, model)
        for arm in arms
        if arm.dev.form == "binary" and arm.records
    }


def _candidates(
    arm: Arm, arms: Sequence[Arm], nlp: Language, model: Mapping[str, Any]
) -> Candidates | Unavailable:
    scorer = next(iter(arm.records.values())).scorer
    settings = {key: value for key, value in scorer.items() if key not in _NOT_SETTINGS}
    if scorer.get("frame_sha256") != frame_sha256(model["sha256"], settings):
        return Unavailable(
            f"its candidates are those of another model than {model['name']}, so it is not known "
            "which predictions could have been asked about"
        )
    use_faster_blas(nlp)  # as the recipes score
    marginals = MarginalScorer(
        nlp, settings["labels"], temperature=settings["temperature"], floor=settings["floor"]
    )
    whole = find_weighted_dev(arm, arms)
    texts = {item.input_hash: item for item in arm.dev.items}
    if not isinstance(whole, Unavailable):
        texts |= {item.input_hash: item for item in whole.dev.items}
    docs = (
        Doc(nlp.vocab, words=list(item.words), spaces=list(item.spaces)) for item in texts.values()
    )
    scored = score_pool(
        marginals, docs, total=len(texts), label=f"scoring dev texts of {arm.dataset}"
    )
    found = {
        key: frozenset(zip(spans.starts.tolist(), spans.ends.tolist(), spans.labels, strict=True))
        for key, spans in zip(texts, scored, strict=True)
    }
    # what was asked about is a candidate, also where a score differs in its last digits
    asked = {item.input_hash: frozenset(item.accepted + item.rejected) for item in arm.dev.items}
    return {key: spans | asked.get(key, frozenset()) for key, spans in found.items()}
