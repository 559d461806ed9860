"""A rare label, where active learning wins.

Organisations stand in few of the segments. A random annotator reads many texts without any; one
who is shown what the pipeline is unsure of meets more of them.
"""

from __future__ import annotations

from news import Knobs

from stories.corpora import Corpus
from stories.rows import Row, against_random
from stories.telling import Story

RARE = Knobs(mix={"article": 1.0}, prevalence=0.03, blind=0.0)


def main() -> None:
    """Tell it."""
    story = Story(
        "rare-label",
        "A rare label: ranked segments minus random ones",
        Corpus(knobs=RARE, pool=400, test=300),
        answers=300,
        redraws=10,
    )
    story.simulate("rare", "ranked,random")
    report = story.compare("rare-*", "--seeds", 1)
    story.tell(
        [
            Row("answers", "at equal answers", **against_random(report, "ranked"), target="> 0"),
            Row(
                "seconds",
                "at equal seconds",
                **against_random(report, "ranked", seconds=True),
                target="> 0",
            ),
        ]
    )


if __name__ == "__main__":
    main()
