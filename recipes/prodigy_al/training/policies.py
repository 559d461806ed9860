"""How answers become training material: the policies, and the reference docs they make.

*usual* is what people do. Full answers: the asked labels are entities, everything else is outside.
Binary answers: an accepted span is an entity, a rejected one is known not to be one, and nothing is
known about the other tokens. *usual-outside* differs for binary answers only: their other tokens
are outside. The optimiser is spaCy's default (Adam with L2 .01 as weight decay, gradients clipped
at 1); the weights after the last step are the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from prodigy_al.training.answers import Answer, Answers

INCORRECT_SPANS_KEY = "incorrect_spans"
"""Where a reference doc keeps spans that are known not to be entities (``doc.spans[...]``)."""


@dataclass(frozen=True)
class Policy:
    """A way to fine-tune.

    `batch_size` is in texts, `epochs` passes over all answers, `others` what the tokens that a
    binary answer says nothing about count as.
    """

    name: str
    learn_rate: float = 1e-3
    batch_size: int = 16
    dropout: float = 0.2
    epochs: int = 8
    others: Literal["missing", "outside"] = "missing"


POLICIES: Mapping[str, Policy] = MappingProxyType(
    {policy.name: policy for policy in (Policy("usual"), Policy("usual-outside", others="outside"))}
)


def to_docs(answers: Answers, policy: Policy, vocab: Vocab) -> list[Doc]:
    """Return one reference doc per item, in their order, as the policy reads the answers."""
    others = "outside" if answers.form == "full" else policy.others
    return [_reference(answer, others, vocab) for answer in answers.items]


def _reference(answer: Answer, others: str, vocab: Vocab) -> Doc:
    doc = Doc(vocab, words=list(answer.words), spaces=list(answer.spaces))
    doc.set_ents([Span(doc, a, b, label=x) for a, b, x in answer.accepted], default=others)
    doc.spans[INCORRECT_SPANS_KEY] = [Span(doc, a, b, label=x) for a, b, x in answer.rejected]
    return doc
