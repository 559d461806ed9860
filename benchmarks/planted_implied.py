"""What each planted cause brings along of necessity: hypotheses that are then true as well.

Written before the final run of `make study-planted`, and not changed after it. A plant that is not
here brings nothing along.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NER_TEACH = {
    "partial-dev": "single spans annotate their own tokens alone",
    "redundancy": "it asks about several spans of a text, and about one document on end",
    "prevalence": "what it reads first are articles, and texts without a span are passed",
    "harm-direction": "the base errs more often in some kinds of document than in others",
    "coverage": "rows of tables stand at the end of the archive, which it does not reach",
}

IMPLIED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ner-teach": _NER_TEACH,
        "ner-teach-1000": _NER_TEACH,
        "bases-errors": {
            "selection": "errors go with the score and the number of names, which the test reads",
            "prevalence": "an error needs a name, in the text or in what the base expects",
        },
        "single-spans": {
            "selection": "a text without a candidate is never asked about",
            "prevalence": "the same: texts without a candidate hold the fewest names",
        },
        "no-tables": {
            "selection": "capitals and digits are among what the test reads",
            "prevalence": "tables hold another number of names per text than running text",
        },
        "many-names": {
            "selection": "the number of expected names is among what the test reads",
            "harm-direction": "most errors stand where names are",
        },
        "same-names": {
            "selection": "each asked text holds a name, and a known one, which the test reads",
            "prevalence": "the same: each holds at least one name",
        },
        "other-versions": {
            "selection": "versions are longer, and say in brackets what they are",
            "redundancy": "versions of one text hold the same names",
            "prevalence": "only long sentences have versions, and they hold more names",
        },
    }
)
"""Plant -> hypothesis -> why it is true too."""
