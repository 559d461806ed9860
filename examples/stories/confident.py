"""A part of the corpus that the pipeline is confidently wrong about.

Trade letters write the names of firms in lower case. The pipeline never saw any: it takes the names
for ordinary words, and is sure of it. A strict order of uncertainty never asks about them, so that
nothing is learned there. An order that is drawn at random, with more chance for what is uncertain,
asks about some.
"""

from __future__ import annotations

from news import Knobs
from stories.corpora import Corpus
from stories.rows import Row, against_random
from stories.telling import Story


def main() -> None:
    """Tell it."""
    story = Story(
        "confidently-wrong",
        "A part that the pipeline is confidently wrong about",
        Corpus(knobs=Knobs(blind=0.3)),
        answers=300,
        redraws=3,
    )
    story.simulate("sure", "ranked-strict,ranked,random")
    report = story.compare("sure-*", "--seeds", 1, "--equal", "answers")
    strict = story.between("sure-*", "ranked-strict", "ranked")
    story.tell(
        [
            Row("strict-randomised", "strict minus randomised", **strict, target="< 0"),
            Row("strict-random", "strict minus random", **against_random(report, "ranked-strict")),
            Row("randomised-random", "randomised minus random", **against_random(report, "ranked")),
        ]
    )


if __name__ == "__main__":
    main()
