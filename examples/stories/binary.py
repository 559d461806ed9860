"""Single spans against whole segments, after as many seconds.

A decision about one span is quick, but its text must be read all the same. The cost model of
al.simulate: 1.5 s for an answer, .25 s for a token, and in whole segments 2 s for each span.
"""

from __future__ import annotations

from stories.corpora import Corpus
from stories.rows import Row, against_random
from stories.telling import Story


def main() -> None:
    """Tell it."""
    story = Story(
        "binary",
        "Single spans minus whole segments, after as many seconds",
        Corpus(),
        answers=300,
        redraws=3,
    )
    story.simulate("form", "teach,mixed,random")
    joined = ",".join(f"form-mixed-start-{seed}+form-mixed-{seed}" for seed in story.seeds)
    report = story.compare(f"form-teach-*,{joined},form-random-*", "--seeds", 1)
    story.tell(
        [
            Row(
                "teach",
                "single spans alone",
                **against_random(report, "teach", seconds=True),
                target="< 0",
            ),
            Row(
                "mixed",
                "a third whole segments first",
                **against_random(report, "mixed", seconds=True),
            ),
        ]
    )


if __name__ == "__main__":
    main()
