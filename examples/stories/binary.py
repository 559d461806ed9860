"""Single spans against whole segments, after as many seconds.

A decision about one span is quick, but its text must be read all the same. The cost model of
al.simulate: 1.5 s for an answer, .25 s for a token, and in whole segments 2 s for each span.
"""

from __future__ import annotations

from stories.puzzle import NEWS
from stories.rows import Row, against_random
from stories.telling import Story


def main() -> None:
    """Tell it."""
    story = Story(
        "binary",
        "Single spans minus whole segments, after as many seconds",
        NEWS,
        answers=300,
        redraws=5,
    )
    story.simulate("news", "teach,mixed,random")
    joined = ",".join(f"news-mixed-start-{seed}+news-mixed-{seed}" for seed in story.seeds)
    report = story.compare(f"news-teach-*,{joined},news-random-*", "--seeds", 1)
    alone, mixed = (
        against_random(report, strategy, seconds=True)
        for strategy in ("teach", "random+teach-started")
    )
    story.tell(
        [
            Row("alone", "single spans alone", **alone, target="< 0"),
            Row("mixed", "a third whole segments, then single spans", **mixed),
        ]
    )


if __name__ == "__main__":
    main()
