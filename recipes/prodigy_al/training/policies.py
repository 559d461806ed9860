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

from prodigy_al.training.answers import Answer, Answers, Form

INCORRECT_SPANS_KEY = "incorrect_spans"
"""Where a reference doc keeps spans that are known not to be entities (``doc.spans[...]``)."""


@dataclass(frozen=True)
class Policy:
    """A way to fine-tune.

    `start` is what is trained: the base's own ``ner``, a blank one of its architecture, or a copy
    beside the frozen base. `learn_rate` falls linearly to `last_learn_rate`. `batch_size` is in
    texts, `epochs` are passes over all answers (`binary_epochs` over binary ones, where given), and
    `others` is what the tokens that a binary answer says nothing about count as.
    """

    name: str
    start: Literal["base", "blank", "tower"] = "base"
    learn_rate: float = 1e-3
    last_learn_rate: float = 1e-3
    batch_size: int = 16
    dropout: float = 0.2
    epochs: int = 8
    binary_epochs: int | None = None
    others: Literal["missing", "outside"] = "missing"

    def epochs_on(self, form: Form) -> int:
        """Return the passes over answers of this form."""
        return self.epochs if form == "full" else self.binary_epochs or self.epochs


POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            Policy("usual"),
            Policy("usual-outside", others="outside"),
            Policy("scratch", start="blank"),
            Policy("robust", start="tower", last_learn_rate=1e-4, batch_size=8, binary_epochs=6),
        )
    }
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
