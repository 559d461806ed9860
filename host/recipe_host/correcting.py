"""A model whose entities are corrected, and which may learn from the corrections."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from recipe_host.batches import batches_of
from recipe_host.errors import RecipeError
from recipe_host.questions import asking_about, doc_of, span_of
from recipe_host.recognizer import BATCH, stand_alone
from recipe_host.types import TaskType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.training import Example

__all__ = ["Corrector"]


class Corrector:
    """Puts a pipeline's entities into tasks, and teaches one of its components what was accepted.

    Only entities of `labels` are shown. Reading and learning may be called from two threads; they
    take turns. Raises `RecipeError` where there is no such component, or it cannot learn.
    """

    def __init__(
        self, nlp: Language, labels: Sequence[str], component: str, *, learns: bool
    ) -> None:
        if component not in nlp.pipe_names:
            there = ", ".join(nlp.pipe_names) or "none"
            raise RecipeError(
                f"the pipeline has no component '{component}' (its components: {there})",
                "name one with --component, or mark entities by hand with ner.manual",
            )
        pipe: Any = nlp.get_pipe(component)  # Any: spaCy's compiled parsers carry no types
        if learns and not getattr(pipe, "is_trainable", False):
            raise RecipeError(f"the component '{component}' cannot learn; leave out --update")
        self.nlp = nlp
        self._labels = frozenset(labels)
        self._component, self._pipe = component, pipe
        self._lock = threading.Lock()
        if learns:
            stand_alone(nlp, component)
            for label in labels:
                pipe.add_label(label)
            self._optimizer = nlp.create_optimizer()  # type: ignore[no-untyped-call]
            self._outside = "outside" if self._labels >= set(pipe.labels) else "missing"

    def __call__(self, stream: Iterable[TaskType]) -> Iterator[TaskType]:
        """Yield each task with the model's entities as its spans."""
        for batch in batches_of(stream, BATCH):
            with self._lock:
                docs = list(self.nlp.pipe(doc_of(self.nlp, task) for task in batch))
            for task, doc in zip(batch, docs, strict=True):
                spans = [
                    span_of(doc, entity.start, entity.end, entity.label_, source=self._component)
                    for entity in doc.ents
                    if entity.label_ in self._labels
                ]
                yield asking_about(task, doc, spans)

    def update(self, answers: Iterable[TaskType]) -> float:
        """Learn from accepted answers; return the loss."""
        accepted = [answer for answer in answers if answer["answer"] == "accept"]
        losses = {self._component: 0.0}
        if accepted:
            with self._lock:
                examples = [self._example(answer) for answer in accepted]
                self._pipe.update(examples, sgd=self._optimizer, losses=losses)
        return float(losses[self._component])

    def _example(self, answer: TaskType) -> Example:
        from spacy.training import Example
        from spacy.util import filter_spans

        doc = doc_of(self.nlp, answer)
        reference = doc.copy()
        spans = [
            reference.char_span(span["start"], span["end"], label=span["label"])
            for span in answer.get("spans") or ()
        ]
        entities = filter_spans(span for span in spans if span is not None)
        reference.set_ents(entities, default=self._outside)
        return Example(doc, reference)
