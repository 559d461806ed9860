"""What an answer costs: a stated model of an annotator's seconds, not a measurement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class CostModel:
    """Seconds for one answer: a fixed part, reading by the token, and marking by the span.

    The defaults read 240 words a minute, the middle of what silent reading of English takes
    (Brysbaert 2019, "How many words do we read per minute?", abstract); the fixed parts and the
    marking are assumptions, to be replaced by one's own figures. Annotators who correct selected
    text are slower (Hachey, Alex & Becker 2005), which this model leaves out.

    Whoever decides about a single span reads the whole text: what the span is stands around it. So
    a single span never takes longer than all spans of the same text. A binary arm may still take
    longer per answer, as it asks about longer texts: on FiNER-ORD, 300 questions of al.teach have
    32 tokens on average and take 9.5 s, 300 random segments have 25 and take 9.2 s.

    >>> CostModel().seconds({"tokens": [{}] * 20, "spans": [{}, {}]}, binary=False)
    10.5
    """

    per_token: float = 0.25
    per_decision: float = 1.5
    per_span: float = 2.0

    def seconds(self, answer: Mapping[str, Any], *, binary: bool) -> float:
        """Return the seconds this answer took."""
        words = answer["tokens"] if "tokens" in answer else answer["text"].split()
        reading = self.per_decision + self.per_token * len(words)
        return reading if binary else reading + self.per_span * len(answer.get("spans") or [])
