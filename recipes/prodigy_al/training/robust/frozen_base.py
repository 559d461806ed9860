"""A recogniser that learns the asked labels beside a frozen base, from what answers really say.

Two networks: the *base*, frozen, scores all actions of the labels that are not asked, and the
*student*, a copy of it that is trained, those of the asked ones. At every state they compete in
one softmax, raw score against raw score. Nothing that is learnt about an asked label can change
what the base says elsewhere, and only states about which an answer says something are trained:
losses on the state table (`losses`), no oracle and no invented annotation.

As a regulariser the student also imitates, at weight .3, the base on the labels that are not
asked. These scores of the student are never used.
"""

# No postponed annotations: spaCy validates a factory's settings by its annotations.
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import Optimizer, set_dropout_rate

from prodigy_al.errors import ModelError
from prodigy_al.ner.actions import Actions
from prodigy_al.ner.entities import predict_entities
from prodigy_al.ner.pipelines import NER, find_ner, has_ner, load_pipeline
from prodigy_al.training.randomness import random_states_kept
from prodigy_al.training.robust.batches import Batch
from prodigy_al.training.robust.merge import merge
from prodigy_al.training.robust.states import begin_update_states
from prodigy_al.training.robust.targets import StateTargets, read_targets

FACTORY = "prodigy_al_frozen_base_ner"
_TARGETS = "prodigy_al.state_targets"


class FrozenBaseRecognizer(TrainablePipe):  # type: ignore[misc]
    """The component; it keeps `base` (a name or path) and trains a copy of its ``ner``.

    asked: the labels to learn; those that the base does not know are added
    average_from: the step from which on the weights are averaged; their mean is the result

    Raises `ModelError` where the base's ``ner`` scores actions without a layer of their own.
    """

    def __init__(self, base: str, asked: Sequence[str], *, average_from: int, name: str) -> None:
        # read twice, since the student is trained and the base must not change
        student = _with_ner(base)
        self.student = find_ner(student)
        require_upper(self.student, base)
        super().__init__(student.vocab, self.student.model, name)
        for label in asked:
            self.student.add_label(label)
        self.asked = tuple(asked)
        self.location = base
        self.base = _with_ner(base)
        self.actions = Actions.of(self.student)
        self.average_from = average_from
        self.steps = 0
        self._sums: dict[tuple[int, str], Any] = {}
        self._merged: Language | None = None

    def initialize(
        self, get_examples: Callable[[], Iterable[Example]], *, nlp: Language | None = None
    ) -> None:
        """Do nothing: the weights are the base's."""

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optimizer | None = None,
        losses: dict[str, float] | None = None,
    ) -> dict[str, float]:
        """Learn from partly annotated references."""
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        texts = self._targets([eg.reference for eg in examples if len(eg.reference)])
        if not texts:
            return losses
        batch = Batch(texts, self.actions, self.asked)
        # the states' own dropout is `begin_update_states`'s; this is that of the token vectors
        set_dropout_rate(self.model, drop)
        scores, backprop = begin_update_states(
            self.model, [text.doc for text in texts], batch.tokens, batch.starts, drop=drop
        )
        loss, gradient = batch.loss(scores)
        backprop(gradient)
        if sgd:
            self.finish_update(sgd)
        losses[self.name] += loss
        return losses

    def finish_update(self, sgd: Optimizer) -> None:
        """Take the step, and take part of the average."""
        self.model.finish_update(sgd)
        self._merged = None
        self.steps += 1
        # a running sum, so that only one more copy of the weights is held
        if self.steps > self.average_from:
            for key, weights in self._weights():
                self._sums[key] = self._sums.get(key, 0.0) + weights

    def merge(self) -> Language:
        """Return the base with an ordinary ``ner`` that holds both networks, weights averaged."""
        n = max(1, self.steps - self.average_from)
        mean = {key: total / n for key, total in self._sums.items()}
        # merging while training, to score or to save, must not change what training draws next
        with random_states_kept(), self.model.use_params(mean):
            return merge(self.location, self.student, self.asked)

    def predict(self, docs: Iterable[Doc]) -> list[list[tuple[int, int, str]]]:
        """Return each doc's entities as the merged pipeline predicts them."""
        self._merged = self._merged or self.merge()
        return list(predict_entities(self._merged, docs))

    def set_annotations(self, docs: Iterable[Doc], scores: Any) -> None:
        """Set the predicted entities."""
        for doc, entities in zip(docs, scores, strict=True):
            doc.set_ents([Span(doc, start, end, label) for start, end, label in entities])

    def _targets(self, references: Sequence[Doc]) -> list[StateTargets]:
        # the base never changes: it predicts once, and the result lives as long as the reference
        new = [reference for reference in references if _TARGETS not in reference.user_data]
        for reference, found in zip(
            new, read_targets(new, self.base, self.actions, self.asked), strict=True
        ):
            reference.user_data[_TARGETS] = found
        return [reference.user_data[_TARGETS] for reference in references]

    def _weights(self) -> Iterator[tuple[tuple[int, str], Any]]:
        for node in self.model.walk():
            for name in node.param_names:
                if node.has_param(name):
                    yield (node.id, name), node.get_param(name)


def require_upper(ner: Any, base: str) -> None:
    """Raise `ModelError` where a recogniser scores actions without a layer of their own."""
    if not ner.model.attrs["has_upper"]:
        raise ModelError(
            f'the "ner" of {base!r} was made with use_upper = false and cannot be split by label; '
            "choose a base with use_upper = true, or train with the policy usual",
            model=base,
        )


def _with_ner(base: str) -> Language:
    """Return the base; an empty one gets a ``ner`` without labels, for which every score is 0."""
    nlp = load_pipeline(base)
    if not has_ner(nlp):
        nlp.add_pipe(NER)
        nlp.initialize()
    return nlp


@Language.factory(FACTORY)
def make_frozen_base_ner(
    nlp: Language, name: str, base: str, asked: list[str], average_from: int
) -> FrozenBaseRecognizer:
    """Create the component for a config."""
    return FrozenBaseRecognizer(base, asked, average_from=average_from, name=name)
