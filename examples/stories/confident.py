"""A part of the corpus that the pipeline is confidently wrong about.

Trade letters write the names of firms in lower case. The pipeline learned from letters in which
nobody had marked them, and is sure that they are ordinary words. A strict order of uncertainty
hardly asks about letters, so that hardly anything is learned there. A randomised order, with more
chance for what is uncertain, asks about some.
"""

from __future__ import annotations

from news import Knobs

from prodigy_al.records import BY
from stories.corpora import Corpus, RealSlice
from stories.rows import Row, against_random
from stories.telling import Story

BLIND = 0.6  # share of the documents that are letters
EXPLORE = 0.5  # share of the probability that is spread evenly over all segments
LETTERS = Corpus(
    knobs=Knobs(blind=BLIND),
    base_knobs=Knobs(blind=BLIND),
    unmarked=("letter",),
)


def main() -> None:
    """Tell it, on a slice of a real corpus too where there is one."""
    story = Story(
        "confidently-wrong",
        "A part that the pipeline is confidently wrong about",
        LETTERS,
        answers=300,
        redraws=10,
    )
    tell(story)
    if RealSlice().data is None:
        print("The same on a real corpus is left out: PRODIGY_AL_DATA names no folder of it")
        return
    real = Story("real-slice", "The same orders on CoNLL-2003", RealSlice(), 300, 5)
    tell(real, by="expected-errors")


def tell(story: Story, by: str | None = None) -> None:
    """Tell it of one corpus; `by` is the score that both orders follow, if not the usual one."""
    scored = ("--by", by) if by else ()
    story.simulate("sure", "ranked-strict,random", *scored)
    story.simulate("sure", "ranked", "--explore", EXPLORE, *scored)
    report = story.compare("sure-*", "--seeds", 1, "--equal", "answers")
    between = story.between("sure-*", "ranked-strict", "ranked")
    # al.compare names a strategy by its score where that is not the usual one
    strict, randomised = (
        against_random(report, f"{arm}{BY}{by}" if by else arm)
        for arm in ("ranked-strict", "ranked")
    )
    story.tell(
        [
            Row("strict-randomised", "strict minus randomised", **between, target="< 0"),
            Row("strict-random", "strict minus random", **strict),
            Row("randomised-random", "randomised minus random", **randomised),
        ]
    )


if __name__ == "__main__":
    main()
