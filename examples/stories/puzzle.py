"""The practitioner's puzzle: answers look good on their own dev part, and the pipeline gets worse.

Three ways to annotate, the usual training: single spans that the pipeline is unsure of, whole
segments that it is unsure of, and whole segments at random. Then the training that keeps what
nobody was asked about, and al.compare --why, which tries what may be behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stories.corpora import Corpus
from stories.rows import Row, against_base, mean_of
from stories.telling import Story

NEWS = Corpus()


def main() -> None:
    """Tell it."""
    story = Story(
        "puzzle", "The practitioner's puzzle, from start to verdict", NEWS, answers=300, redraws=5
    )
    story.simulate("news", "teach,ranked,random")
    options = ("--seeds", 1, "--equal", "answers")
    every = [f"news-{arm}-*" for arm in ("teach", "ranked", "random")]
    report = story.compare(",".join(every), "--training", "usual,robust", *options)
    first = story.seeds[0]
    one = [f"news-{arm}-{first}" for arm in ("teach", "random")]
    why = story.compare(",".join(one), "--training", "usual", "--why", *options)
    test = "{}: test minus base, {} training".format

    def gain(said: str, arm: str, policy: str, target: str = "") -> Row:
        found = against_base(report, arm, policy=policy)
        return Row(f"{arm}-{policy}", test(said, policy), **found, target=target)

    story.tell(
        [
            Row(
                "dev-test",
                "single spans: own dev minus test, usual",
                **too_good(report),
                target="> 0",
            ),
            gain("single spans", "teach", "usual", "< 0"),
            gain("single spans", "teach", "robust", "> 0"),
            gain("ranked whole", "ranked", "usual"),
            gain("random whole", "random", "usual"),
            *remedies(why, f"news-teach-{first}"),
        ]
    )


def too_good(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return by how much F1 on the answers' own dev part is above F1 on test."""
    names = report["strategies"]["teach"]["usual"]["datasets"]
    runs = [report["arms"][name]["runs"]["usual"] for name in names]
    gaps = [run["dev"]["usual"]["f1"] - run["test"]["f1"] for run in runs]
    return mean_of(gaps, report["test"]["segments"])


def remedies(why: Mapping[str, Any], arm: str) -> Iterator[Row]:
    """Yield by how much each remedy closed the gap to the base, or else to random; one redraw."""
    complaints = {one["id"]: one for one in why["why"]["ledger"] if one["arm"] == arm}
    for complaint in ("worse-than-base", "no-better-than-random"):
        if complaint not in complaints:
            continue
        for remedy in complaints[complaint]["remedies"]:
            closed = remedy["closed"]
            yield Row(
                f"why-{remedy['against']}",
                f"--why: {remedy['what']}",
                value=closed["difference"],
                low=closed["low"],
                high=closed["high"],
                n=why["test"]["segments"],
                redraws=1,
                points=[],
                interval="other documents",
            )
        return


if __name__ == "__main__":
    main()
