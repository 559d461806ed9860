"""Generated news with gold spans: seeded, endless, and with a knob for every trouble.

    from news import Knobs, documents
    for document in documents(100, seed=1, knobs=Knobs(rarity=0.6)):
        for record in document.records(): ...

Nothing in it is real: names come from a grammar of syllables, sentences from a grammar of phrases.
``python -m news --help`` (with this folder's parent on the path) writes a corpus as JSONL.
"""

from news.documents import Document, documents, records
from news.knobs import PRETRAINED, Knobs, Scheme
from news.mentions import LABELS
from news.segments import Segment

__all__ = ["LABELS", "PRETRAINED", "Document", "Knobs", "Scheme", "Segment", "documents", "records"]
