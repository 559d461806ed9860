"""Sentences whose spans are all known, as the benchmarks of scores read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.tokens import Doc

from prodigy_al.arrays import IndexArray
from prodigy_al.sampling.frame import Segment, strip_gold
from prodigy_al.scoring.calibration import TokenSpan
from prodigy_al.scoring.segments import make_doc

LABEL = "ORG"


@dataclass(frozen=True, eq=False)
class Gold:
    """Sentences in the order of their file, and all true spans of each."""

    segments: Sequence[Segment]
    spans: Sequence[frozenset[TokenSpan]]

    def __len__(self) -> int:
        return len(self.segments)

    def docs(self, nlp: Language) -> list[Doc]:
        """Return fresh docs with the corpus's own tokens."""
        return [make_doc(nlp, segment) for segment in self.segments]

    def documents(self) -> IndexArray:
        """Return the document of each sentence, as a number."""
        names = [segment.group for segment in self.segments]
        return np.unique(names, return_inverse=True)[1]

    def take(self, at: Sequence[int]) -> Gold:
        """Return the sentences at these places."""
        return Gold([self.segments[i] for i in at], [self.spans[i] for i in at])


def read_gold(path: Path) -> Gold:
    """Read a gzipped JSONL file of sentences with tokens and spans."""
    records = list(srsly.read_gzip_jsonl(path))
    return Gold(
        [Segment(strip_gold(one), at, str(one["meta"]["doc"])) for at, one in enumerate(records)],
        [frozenset(map(_token_span, _asked(one))) for one in records],
    )


def _asked(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [span for span in record["spans"] if span["label"] == LABEL]


def _token_span(span: dict[str, Any]) -> TokenSpan:
    return span["token_start"], span["token_end"] + 1, span["label"]
