"""A name in a text, and the span that a guideline makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from news.knobs import Scheme
from news.names import Sort

LABEL: Mapping[Sort, str] = {
    "firm": "ORG",
    "brand": "ORG",
    "office": "ORG",
    "institute": "ORG",
    "club": "ORG",
    "paper": "ORG",
    "person": "PERSON",
    "town": "PLACE",
    "country": "PLACE",
}
LABELS = ("ORG", "PERSON", "PLACE")


@dataclass(frozen=True)
class Mention:
    """A name as it stands in a text: "the " + "Bank of Halden" + " plc"; the rest as in `Name`."""

    sort: Sort
    core: str
    article: str = ""
    legal: str = ""
    town: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return self.article + self.core + self.legal

    def styled(self, style: Callable[[str], str]) -> Mention:
        """Return the mention as a headline has it: in its capitals, without the article."""
        return replace(
            self, core=style(self.core), article="", legal=style(self.legal), town=style(self.town)
        )

    def capitalized(self) -> Mention:
        """Return the mention as a sentence begins with it."""
        return replace(self, article=self.article.capitalize())

    def span(self, scheme: Scheme, *, possessive: bool) -> tuple[int, int, str] | None:
        """Return (start, end, label), characters of `text`, or None where nothing is marked.

        `possessive`: "'s" follows; the end may then lie two characters behind the text.

        >>> Mention("firm", "Bank of Halden", legal=" plc").span(Scheme(), possessive=False)
        (0, 18, 'ORG')
        """
        if self.sort == "office" and not scheme.offices:
            return None
        start, label = len(self.article), LABEL[self.sort]
        if self.sort == "club" and self.core == self.town and not scheme.towns_as_teams:
            label = "PLACE"
        end = start + len(self.core)
        if self.town and not scheme.outermost and self.town in self.core:
            start += self.core.index(self.town)
            end, label = start + len(self.town), "PLACE"
        elif scheme.article:
            start = 0
        if scheme.legal_form and end == len(self.article + self.core) and label == "ORG":
            end = len(self.text)
        if scheme.possessive and possessive and end == len(self.text):
            end += len("'s")
        return start, end, label


Piece: TypeAlias = str | Mention
