"""Made-up evidence: a pool of names and sentences, and datasets asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from prodigy_al.diagnosis.evidence import Evidence, Pool, Reply
from prodigy_al.training.answers import Answer
from prodigy_al.training.truths import TokenSpan

Span = TokenSpan


def made_up_pool(size: int = 400, seed: int = 0) -> Pool:
    rng = np.random.default_rng(seed)
    words = np.array([f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(600)])
    texts = tuple(" ".join(rng.choice(words, rng.integers(9, 25))) for _ in range(size))
    scores = rng.gamma(0.5, size=size)
    forms = tuple(
        tuple(f"name {i}" for i in rng.integers(300, size=rng.poisson(1.0))) for _ in range(size)
    )
    return Pool(
        texts=texts,
        groups=tuple(f"doc={i // 5}" for i in range(size)),
        scores=scores,
        expected=np.array([len(own) + 0.2 for own in forms]),
        tokens=np.array([len(text.split()) for text in texts]),
        predicted=forms,
        candidates=forms,
        embeddings=rng.normal(size=(size, 6)).astype(np.float32),
    )


@pytest.fixture(scope="session")
def pool() -> Pool:
    return made_up_pool()


@pytest.fixture(scope="session")
def make_pool() -> Callable[..., Pool]:
    """Make another pool: (size, seed)."""
    return made_up_pool


@pytest.fixture(scope="session")
def reply() -> Callable[..., Reply]:
    """Make the answer to one text: (words, accepted, predicted, ...)."""

    def make(
        words: str,
        accepted: Sequence[Span] = (),
        predicted: Sequence[Span] = (),
        *,
        rejected: Sequence[Span] = (),
        **parts: Any,
    ) -> Reply:
        own = tuple(words.split())
        answer = Answer(0, own, (True,) * len(own), tuple(accepted), tuple(rejected))
        return Reply(
            answer=answer,
            predicted=tuple(predicted),
            is_dev=parts.pop("is_dev", False),
            group=parts.pop("group", words),
            **parts,
        )

    return make


@pytest.fixture(scope="session")
def asked(pool: Pool) -> Callable[..., Evidence]:
    """Make a dataset that asked about some places of the pool: (places, **parts)."""

    def make(places: Sequence[int] = (), **parts: Any) -> Evidence:
        at = np.asarray(places, dtype=np.intp)
        chosen: dict[str, Any] = {
            "arm": "news",
            "form": "full",
            "strategy": "ranked",
            "labels": ("ORG",),
            "pool": pool,
            "at": at,
            "pi": np.full(at.size, np.nan),
            "no_pi": "none are recorded",
            "replies": (),
            "clock": None,
        }
        return Evidence(**(chosen | parts))

    return make
