"""Everything about a corpus that can be set, with units and ranges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Literal, get_args

from prodigy_al.errors import ParameterError

Kind = Literal["article", "wire", "match", "market"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Scheme:
    """An annotation guideline: where spans begin and end, and what counts as an organisation.

    It decides about spans only. Two corpora that differ in nothing else have the same text.
    """

    article: bool = False  # "[the Ministry of Health]", else "the [Ministry of Health]"
    possessive: bool = False  # "[Halden's]", else "[Halden]'s"
    legal_form: bool = True  # "[Brantex plc]", else "[Brantex] plc"
    towns_as_teams: bool = True  # a team called by its town is ORG, else PLACE
    offices: bool = True  # ministries, courts and councils are ORG, else nothing
    outermost: bool = True  # "[Bank of Halden]" ORG, else "Bank of [Halden]" PLACE


PRETRAINED = Scheme(article=True, possessive=True, legal_form=False, towns_as_teams=False)
"""The conventions of the data that the base pipeline is trained on; annotators keep `Scheme()`."""


def _usual_mix() -> Mapping[Kind, float]:
    return MappingProxyType({"article": 4.0, "wire": 4.0, "match": 2.0, "market": 1.0})


@dataclass(frozen=True)
class Knobs:
    """How a corpus is made. All shares are in [0, 1]. Raises `ParameterError` where one is not.

    mix: relative weights of the document kinds
    prevalence: share of a story's sentences in which an organisation is named on purpose
    rarity: share of a document's names that occur in no other document
    ambiguity: share of names whose sound does not tell a person, a firm and a town apart
    blind: share of documents from a trade letter that writes the names of firms in lower case; a
        model trained with blind=0 takes them for ordinary words, and is sure of it
    noise: share of spans that the annotator gets wrong: left out, a token too long or short, or
        with another label
    """

    scheme: Scheme = Scheme()
    mix: Mapping[Kind, float] = field(default_factory=_usual_mix)
    prevalence: float = 0.3
    rarity: float = 0.5
    ambiguity: float = 0.6
    blind: float = 0.08
    noise: float = 0.0

    def __post_init__(self) -> None:
        for knob in fields(self):
            value = getattr(self, knob.name)
            if isinstance(value, float) and not 0 <= value <= 1:
                raise ParameterError(knob.name, value, "give a number from 0 to 1")
        if not set(self.mix) <= set(KINDS) or min(self.mix.values(), default=0) < 0:
            raise ParameterError(
                "mix", dict(self.mix), f"give weights of at least 0 for {', '.join(KINDS)}"
            )
        if sum(self.mix.values()) <= 0:
            raise ParameterError(
                "mix", dict(self.mix), "no document kind has a weight; give one above 0"
            )
