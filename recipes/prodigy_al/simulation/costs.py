"""What an answer costs: a stated model of an annotator's seconds, and what a budget pays for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import Any, Literal, get_args

from prodigy_al.errors import ParameterError

Answer = Mapping[str, Any]
Unit = Literal["answers", "tokens", "seconds"]
UNITS: tuple[Unit, ...] = get_args(Unit)


def count_tokens(answer: Answer) -> int:
    """Return how many tokens were read for an answer; words where it has no tokens."""
    return len(answer["tokens"] if "tokens" in answer else answer["text"].split())


@dataclass(frozen=True)
class CostModel:
    """Seconds for one answer: a fixed part, reading by the token, and marking by the span.

    The defaults read 240 words a minute, the middle of what silent reading of English takes
    (Brysbaert 2019, "How many words do we read per minute?", abstract); the fixed parts and the
    marking are assumptions, to be replaced by one's own figures (`timing.estimate_costs`). Whoever
    annotates selected text is slower (Hachey, Alex & Becker 2005), see `on_chosen_text`.

    Whoever decides about a single span reads the whole text: what the span is stands around it. So
    a single span never takes longer than all spans of the same text. A binary arm may still take
    longer per answer, as it asks about longer texts: on FiNER-ORD, 300 questions of al.teach have
    32 tokens on average and take 9.5 s, 300 random segments have 25 and take 9.2 s.

    Raises `ParameterError` for seconds that are negative or not finite, or that are all 0.

    >>> CostModel().seconds({"tokens": [{}] * 20, "spans": [{}, {}]}, binary=False)
    10.5
    """

    per_token: float = 0.25
    per_decision: float = 1.5
    per_span: float = 2.0

    def __post_init__(self) -> None:
        for name, seconds in asdict(self).items():
            if not 0 <= seconds < inf:
                raise ParameterError(
                    name, seconds, "out of range; give a number of seconds of at least 0"
                )
        if self.per_token == self.per_decision == 0:
            raise ParameterError(
                "per_token", 0, "an answer without spans would take no time; give more than 0"
            )

    def seconds(self, answer: Answer, *, binary: bool) -> float:
        """Return the seconds this answer took."""
        reading = self.per_decision + self.per_token * count_tokens(answer)
        return reading if binary else reading + self.per_span * len(answer.get("spans") or [])

    def on_chosen_text(self, speed: float) -> CostModel:
        """Return the costs where text that a model chose is read at `speed` times the speed.

        .79 where people annotated clinical text (Wei et al. 2019, "Cost-aware active learning for
        named entity recognition in clinical text"). Raises `ParameterError` outside (0, 1].

        >>> round(CostModel(per_token=0.3).on_chosen_text(0.75).per_token, 9)
        0.4
        """
        if not 0 < speed <= 1:
            raise ParameterError(
                "chosen_speed", speed, "out of range; give a number above 0 and at most 1"
            )
        return replace(self, per_token=self.per_token / speed)


@dataclass(frozen=True)
class Meter:
    """Measures in `unit` what answers of one form take off a budget."""

    costs: CostModel
    binary: bool
    unit: Unit = "answers"

    def price(self, answer: Answer) -> float:
        """Return what one answer takes off the budget."""
        if self.unit == "answers":
            return 1
        return count_tokens(answer) if self.unit == "tokens" else self.seconds(answer)

    def spent(self, answers: Iterable[Answer]) -> float:
        """Return what answers took off the budget, added up in their order.

        Not by `sum`, which some versions of Python round otherwise: who goes on with a dataset has
        to arrive at the very number of whoever was not interrupted.
        """
        spent = 0.0
        for answer in answers:
            spent += self.price(answer)
        return spent

    def seconds(self, answer: Answer) -> float:
        """Return the seconds that an answer took."""
        return self.costs.seconds(answer, binary=self.binary)
