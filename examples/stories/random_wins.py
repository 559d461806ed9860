"""Random beats active learning: single spans that the pipeline is unsure of, trained as usual.

Each question is chosen well, and the same seconds of whole segments at random teach more: a single
span says nothing about the rest of its text, and the usual training takes the pipeline apart there.
"""

from __future__ import annotations

from stories.puzzle import NEWS
from stories.rows import Row, against_random
from stories.telling import Story


def main() -> None:
    """Tell it."""
    story = Story(
        "random-wins",
        "Single spans by uncertainty minus random whole segments",
        NEWS,
        answers=300,
        redraws=5,
    )
    story.simulate("news", "teach,random")
    report = story.compare("news-teach-*,news-random-*", "--seeds", 1, "--training", "usual,robust")
    rows = []
    for policy, target in (("usual", "< 0"), ("robust", "")):
        for seconds, equal in ((True, "seconds"), (False, "answers")):
            found = against_random(report, "teach", policy=policy, seconds=seconds)
            said = f"{policy} training, at equal {equal}"
            rows.append(Row(f"{policy}-{equal}", said, **found, target=target))
    story.tell(rows)


if __name__ == "__main__":
    main()
