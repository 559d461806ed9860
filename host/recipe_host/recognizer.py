"""A model in the loop for entities, made after public descriptions of Prodigy's on spaCy's parser.

What staff of Explosion wrote in public, and what this does: the model reads texts with beam search;
the score of a span is the sum of the normalised scores of the parses that hold it; each span is a
question of its own; answers change the model by a global update, which makes parses in the beam
less likely where they contradict an answer. How Prodigy does this on spaCy 3 is not published, so
scores and learning of the two need not agree.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from recipe_host.batches import batches_of
from recipe_host.constants import NER_DEFAULT_INCORRECT_KEY
from recipe_host.errors import RecipeError
from recipe_host.hashing import get_input_hash
from recipe_host.questions import asking_about, doc_of, span_of
from recipe_host.types import ScoredStreamType, TaskType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span
    from spacy.training import Example

__all__ = ["BATCH", "EntityRecognizer", "stand_alone"]

NER = "ner"
BEAM_WIDTH = 16
BATCH = 32  # texts that are scored at once, and so before the answers to them
Candidate = tuple[int, int, str]


class EntityRecognizer:
    """Asks about the spans that a pipeline's ``ner`` considers, and learns from the answers.

    `label`: what to ask about (None: all labels that the model knows). Labels that it does not know
    are added to it; it suggests none of them before one was accepted, such as a pattern's match.
    The pipeline is changed in memory: by `update`, and so that its ``ner`` no longer listens to
    another component. Scoring and learning may be called from two threads; they take turns.

    Raises `RecipeError` where the pipeline has no ``ner``.
    """

    def __init__(self, nlp: Language, label: Sequence[str] | None = None) -> None:
        if NER not in nlp.pipe_names:
            there = ", ".join(nlp.pipe_names) or "none"
            raise RecipeError(
                f"the pipeline has no component '{NER}' to ask about (its components: {there})",
                "give one that recognises entities, or mark them by hand with ner.manual",
            )
        self.nlp = nlp
        stand_alone(nlp, NER)
        ner: Any = nlp.get_pipe(NER)  # Any: spaCy's compiled parsers carry no types
        self._ner = ner
        self.known = set(self._ner.labels)  # the labels that it may suggest
        self.label = sorted(self.known if label is None else set(label))
        for name in self.label:
            self._ner.add_label(name)
        self._ner.moves.cfg["neg_key"] = NER_DEFAULT_INCORRECT_KEY
        self._source = "_".join(filter(None, (nlp.lang, nlp.meta.get("name"))))
        self._optimizer = nlp.create_optimizer()  # type: ignore[no-untyped-call]
        self._lock = threading.Lock()

    def __call__(self, stream: Iterable[TaskType]) -> ScoredStreamType:
        """Yield (score, task) for every span of a wanted label, texts in order, best span first.

        A score is above 0 and at most 1. The task has that one span in place of those it had.
        """
        for batch in batches_of(stream, BATCH):
            docs = [doc_of(self.nlp, task) for task in batch]
            with self._lock:
                scored = self._scored(docs)
            for task, doc, spans in zip(batch, docs, scored, strict=True):
                yield from self._questions(task, doc, spans)

    def update(self, answers: Iterable[TaskType]) -> float:
        """Learn from accepted and rejected spans; return the loss. Ignored answers teach nothing.

        Answers about one text are learned together, a later answer about a span in place of an
        earlier one. Tokens without an answer stay unknown.
        """
        groups = _by_input(answers)
        docs = [doc_of(self.nlp, group[0]) for group in groups]
        losses = {NER: 0.0}
        with self._lock:
            examples = [
                self._example(doc, group, considered)
                for doc, group, considered in zip(docs, groups, self._scored(docs), strict=True)
            ]
            examples = [one for one in examples if self._ner.moves.has_gold(one)]
            if examples:
                self._learn(examples, losses)
        return float(losses[NER])

    def _learn(self, examples: list[Example], losses: dict[str, float]) -> None:
        """Take a step; where spaCy cannot, one for each text, and none for those it cannot learn.

        Now and then spaCy's beam keeps no parse that the answers allow, and ends in an assertion
        (`thinc.extra.search.Beam.advance`) before any weight is changed.
        """
        try:
            self._ner.update_beam(
                examples, beam_width=BEAM_WIDTH, sgd=self._optimizer, losses=losses
            )
        except AssertionError:
            for one in examples if len(examples) > 1 else ():
                self._learn([one], losses)

    def make_best(self, examples: Iterable[TaskType]) -> Iterator[TaskType]:
        """Yield one task per text, with the likeliest entities that its answers allow.

        Accepted spans are among them, rejected ones are not.
        """
        for group in _by_input(examples):
            doc = doc_of(self.nlp, group[0])
            accepted, wrong = _decisions(doc, group)
            doc.set_ents(accepted, default="missing")  # the parser keeps them
            with self._lock:
                beams = self._ner.beam_parse([doc], beam_width=BEAM_WIDTH) if len(doc) else []
                parses = [
                    parse for beam in beams for parse in self._ner.moves.get_beam_parses(beam)
                ]
            # of those that hold the fewest wrong spans the likeliest
            parses.sort(key=lambda parse: (len(wrong.intersection(parse[1])), -parse[0]))
            spans = [
                span_of(doc, start, end, label, source=self._source)
                for start, end, label in (parses[0][1] if parses else ())
                if label in self.label and (start, end, label) not in wrong
            ]
            bare = {key: value for key, value in group[0].items() if key != "answer"}
            yield asking_about(bare, doc, spans)

    def _scored(self, docs: list[Doc]) -> list[dict[Candidate, float]]:
        # spaCy's beam cannot read a text without tokens, nor no text at all
        if not (read := [doc for doc in docs if len(doc)]):
            return [{} for _ in docs]
        found = iter(self._ner.scored_ents(self._ner.beam_parse(read, beam_width=BEAM_WIDTH)))
        return [next(found) if len(doc) else {} for doc in docs]

    def _questions(
        self, task: TaskType, doc: Doc, scored: dict[Candidate, float]
    ) -> ScoredStreamType:
        wanted = self.known.intersection(self.label)
        # rounding may leave a sum of probabilities a little above 1
        spans = [(min(p, 1.0), span) for span, p in scored.items() if span[2] in wanted and p > 0]
        spans.sort(key=lambda one: (-one[0], one[1]))  # of equal scores the first in the text
        for rank, (score, (start, end, label)) in enumerate(spans):
            span = span_of(doc, start, end, label, score=score, rank=rank, source=self._source)
            yield score, asking_about(task, doc, [span], meta={"score": score})

    def _example(
        self, doc: Doc, answers: list[TaskType], considered: Iterable[Candidate]
    ) -> Example:
        """Return what the answers about one text say: entities, and spans that are none.

        Of the spans that the model considers, those that overlap an accepted one are none. spaCy
        must be told: an entity that begins before the accepted one costs it nothing.
        """
        from spacy.tokens import Span
        from spacy.training import Example

        reference = doc.copy()
        accepted, wrong = _decisions(reference, answers)
        self._admit({span.label_ for span in accepted})
        right = {(span.start, span.end, span.label_) for span in accepted}
        for start, end, label in considered:
            if any(start < span.end and span.start < end for span in accepted):
                wrong.add((start, end, label))
        reference.set_ents(accepted, default="missing")
        reference.spans[NER_DEFAULT_INCORRECT_KEY] = [
            Span(reference, start, end, label) for start, end, label in sorted(wrong - right)
        ]
        return Example(doc, reference)

    def _admit(self, labels: set[str]) -> None:
        """Let the model suggest these labels, which were accepted."""
        self.known |= labels
        for label in labels:
            self._ner.add_label(label)
        # spaCy holds down new labels, of which nothing is known, until it has learned from one
        masked = self._ner.model.attrs["unseen_classes"]
        for place in tuple(masked):
            if self._ner.moves.get_class_name(place).partition("-")[2] in labels:
                masked.discard(place)


def _by_input(answers: Iterable[TaskType]) -> list[list[TaskType]]:
    """Return the answers about each text, in the order of the first ones."""
    groups: dict[int, list[TaskType]] = {}
    for answer in answers:
        groups.setdefault(get_input_hash(answer), []).append(answer)
    return list(groups.values())


def _decisions(doc: Doc, answers: Iterable[TaskType]) -> tuple[list[Span], set[Candidate]]:
    """Return the accepted spans, the longest of those that overlap, and what was rejected.

    A later answer about a span counts in place of an earlier one. Spans that do not begin and end
    with a token are left out.
    """
    from spacy.util import filter_spans

    decided = {
        (span["start"], span["end"], span["label"]): span.get("answer", answer["answer"])
        for answer in answers
        for span in answer.get("spans") or ()
    }
    spans: dict[str, list[Span]] = {"accept": [], "reject": []}
    for (start, end, label), decision in decided.items():
        span = doc.char_span(start, end, label=label)
        if span is not None and decision in spans:
            spans[decision].append(span)
    rejected = {(span.start, span.end, span.label_) for span in spans["reject"]}
    return filter_spans(spans["accept"]), rejected


def stand_alone(nlp: Language, component: str) -> None:
    """Give a component its own copy of the token vectors that it takes from another one.

    It can then be run and trained by itself, and what it learns changes no other component.
    """
    for name, pipe in nlp.pipeline:
        if component in getattr(pipe, "listening_components", ()):
            nlp.replace_listeners(name, component, ["model.tok2vec"])
