"""The entities that a pipeline's ``ner`` predicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.ner.batches import BATCH_SIZE, batches
from prodigy_al.ner.pipelines import find_ner, has_ner


def fresh(doc: Doc) -> Doc:
    """Return the doc without entities: itself where it has none, else a copy.

    spaCy keeps entities that a doc brings along and fits its own around them, so that a doc read a
    second time would be scored under constraints.
    """
    return _without_entities(doc) if doc.has_annotation("ENT_IOB") else doc


def predict_entities(
    nlp: Language, docs: Iterable[Doc], *, batch_size: int = BATCH_SIZE
) -> Iterator[list[tuple[int, int, str]]]:
    """Yield the entities of each doc by the pipeline's ``ner``: (start, end, label), in text order.

    Token indices, end exclusive. The docs stay as they are, and entities set on them are ignored.
    A pipeline without ``ner`` predicts none.

    >>> import spacy
    >>> nlp = spacy.blank("en")
    >>> list(predict_entities(nlp, [nlp("Acme Corp. was founded in Oslo.")]))
    [[]]
    """
    if not has_ner(nlp):
        yield from ([] for _ in docs)
        return
    ner = find_ner(nlp)
    for batch in batches(docs, size=batch_size):
        for doc in ner.pipe(map(_without_entities, batch), batch_size=batch_size):
            yield [(ent.start, ent.end, ent.label_) for ent in doc.ents]


def _without_entities(doc: Doc) -> Doc:
    copy = doc.copy()
    copy.set_ents([], default="missing")
    return copy
