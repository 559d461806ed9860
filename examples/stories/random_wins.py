"""Random beats active learning: a strict order of expected errors, at equal seconds.

The sum of a segment's expected errors grows with its length. Sorted by it, the long sentences come
first: each takes longer to read, and the short rows of the tables are never asked about.
"""

from __future__ import annotations

from news import Knobs
from stories.corpora import Corpus
from stories.rows import Row, against_random
from stories.telling import Story

TABLES = Knobs(mix={"article": 2.0, "wire": 2.0, "match": 3.0, "market": 2.0}, blind=0.0)


def main() -> None:
    """Tell it."""
    story = Story(
        "random-wins",
        "Strict order of expected errors minus random segments",
        Corpus(knobs=TABLES),
        answers=300,
        redraws=3,
    )
    story.simulate("sum", "ranked-strict,random", "--by", "expected-errors")
    report = story.compare("sum-*", "--seeds", 1)
    strict = "ranked-strict"
    story.tell(
        [
            Row("answers", "at equal answers", **against_random(report, strict)),
            Row(
                "seconds",
                "at equal seconds",
                **against_random(report, strict, seconds=True),
                target="< 0",
            ),
        ]
    )


if __name__ == "__main__":
    main()
