"""How answers become training material: the policies, and the reference docs they make.

*usual* is what people do, in spaCy 3's own terms: how Prodigy itself converts binary answers is not
documented. Full answers: the asked labels are entities, everything else is outside.
Binary answers: an accepted span is an entity, a rejected one is known not to be one, and nothing is
known about the other tokens. *usual-outside* differs for binary answers only: their other tokens
are outside. *scratch* is *usual* from random weights in the base's architecture, with its vectors.
In these three the weights after the last step are the result.

*robust* trains the asked labels in a copy of the recogniser beside the frozen base, with losses
about those states only that an answer says something about (`robust`). It reads binary
answers as *usual* does, but an accepted span also says that no other asked entity runs into it, and
a rejected one lowers its whole probability instead of its last step alone. The labels that were
not asked keep the base's scores to rounding. Weights are averaged over the last 30 % of the steps
(Polyak & Juditsky 1992, "Acceleration of stochastic approximation by averaging"). A base without
``ner`` has nothing to keep: the same losses then train a fresh one.

Where datasets of both forms are joined, every text is read by its own form. The loss is the sum
over all texts, each with weight 1. The settings are those of whole segments, for most of the
accepted spans are theirs: one answer about a single span in about five accepts it.

The optimiser is spaCy's default (Adam with L2 .01 as weight decay, gradients clipped at 1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from spacy.tokens import Doc, Span
from spacy.vocab import Vocab

from prodigy_al.training.answers import Answer, Answers
from prodigy_al.training.forms import FormOfAll

INCORRECT_SPANS_KEY = "incorrect_spans"
"""Where a reference doc keeps spans that are known not to be entities (``doc.spans[...]``)."""


@dataclass(frozen=True)
class Policy:
    """A way to fine-tune.

    `start` is what is trained: the base's own ``ner``, a blank one of its architecture, or a copy
    beside the frozen base. The learning rate falls linearly to `last_rate` times itself.
    `batch_size` is in texts, `epochs` are passes over all answers, `others` is what the tokens that
    a binary answer says nothing about count as. `binary_learn_rate` and `binary_epochs`, where
    given, replace the two for binary answers.
    """

    name: str
    start: Literal["base", "blank", "frozen-base"] = "base"
    learn_rate: float = 1e-3
    last_rate: float = 1.0
    batch_size: int = 16
    dropout: float = 0.2
    epochs: int = 8
    others: Literal["missing", "outside"] = "missing"
    binary_learn_rate: float | None = None
    binary_epochs: int | None = None

    def on(self, form: FormOfAll) -> Policy:
        """Return the policy with the settings for answers of this form."""
        if form != "binary":
            return self
        return replace(
            self,
            learn_rate=self.binary_learn_rate or self.learn_rate,
            epochs=self.binary_epochs or self.epochs,
        )


ROBUST = Policy(
    "robust",
    start="frozen-base",
    last_rate=0.1,
    batch_size=8,
    # fewer accepted spans per text, to which the same steps at the same rate would overfit
    binary_learn_rate=5e-4,
    binary_epochs=6,
)

POLICIES: Mapping[str, Policy] = MappingProxyType(
    {
        policy.name: policy
        for policy in (
            Policy("usual"),
            Policy("usual-outside", others="outside"),
            Policy("scratch", start="blank"),
            ROBUST,
        )
    }
)


def to_docs(answers: Answers, policy: Policy, vocab: Vocab) -> list[Doc]:
    """Return one reference doc per item, in their order, as the policy reads the answers."""
    return [
        _reference(answer, "outside" if answers.form_of(answer) == "full" else policy.others, vocab)
        for answer in answers.items
    ]


def _reference(answer: Answer, others: str, vocab: Vocab) -> Doc:
    doc = Doc(vocab, words=list(answer.words), spaces=list(answer.spaces))
    doc.set_ents([Span(doc, a, b, label=x) for a, b, x in answer.accepted], default=others)
    if answer.rejected:  # spaCy packs and unpacks an empty list too, which takes its time
        doc.spans[INCORRECT_SPANS_KEY] = [Span(doc, a, b, label=x) for a, b, x in answer.rejected]
    return doc
