"""Balanced data, where active learning does not matter.

Organisations stand everywhere, in text like that which the pipeline was trained on: any segment
teaches about as much as any other.
"""

from __future__ import annotations

from news import Knobs

from stories.corpora import Corpus
from stories.rows import Row, against_random
from stories.telling import Story

BALANCED = Knobs(mix={"article": 1.0, "wire": 1.0}, prevalence=0.7, rarity=0.5, blind=0.0)
BAND = 0.03


def main() -> None:
    """Tell it."""
    story = Story(
        "balanced",
        "Balanced data: ranked segments minus random ones",
        Corpus(knobs=BALANCED),
        answers=300,
        redraws=10,
    )
    story.simulate("even", "ranked,random")
    report = story.compare("even-*", "--seeds", 1)
    at_seconds = against_random(report, "ranked", seconds=True)
    within = f"within {BAND}"
    story.tell(
        [
            Row("answers", "at equal answers", **against_random(report, "ranked")),
            Row("seconds", "at equal seconds", **at_seconds, target=within),
        ]
    )


if __name__ == "__main__":
    main()
