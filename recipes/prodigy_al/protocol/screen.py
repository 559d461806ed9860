"""A protocol on one screen: a table of arms, and what may and may not be claimed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from prodigy_al.evaluation.wins import Wins
from prodigy_al.protocol.plan import ANSWERS, ORACLE, POOL, RANDOM, SECONDS
from prodigy_al.protocol.result import Compared, Result, Sentence
from prodigy_al.protocol.sentences import described
from prodigy_al.report.layout import WIDTH, aligned, fit, fit_names, wrapped
from prodigy_al.report.numbers import counted, number, signed, size_of_test

LINES = 24
NAMES = {ORACLE: "true errors*", POOL: "whole pool"}
LOOKED_UP = "names looked up"
WIDEST = 15  # columns of a name
HEADER = ("F1", "- random, equal answers", "equal seconds", "ahead")
MAY, MAY_NOT = "May be claimed", "May not be claimed"
FEWEST = 1  # sentences of either side that are always shown


def render_screen(result: Result, place: Path) -> list[str]:
    """Return the lines of the screen, at most `LINES` where the sentences can be cut to it.

    `place` is where all of it is written.
    """
    lines = [*_head(result), *_table(result), *_trained_otherwise(result)]
    note = "* nobody knows them beforehand. " if ORACLE in result.arms else ""
    return [*lines, *_claims(result, LINES - len(lines) - 1), f"{note}All numbers: {place}"]


def _head(result: Result) -> list[str]:
    redraws = counted(len(result.redraws), "redraw")
    budget = f"{result.budget['amount']:,} {result.budget['unit']}"
    of = f"{', '.join(result.labels)}: {redraws} of {budget}, {result.main_setting} training"
    size = size_of_test(result.test.segments, result.test.groups)
    return [fit(of, WIDTH), f"on {fit(result.test.name, WIDTH - len(size) - 5)}: {size}"]


def _table(result: Result) -> list[str]:
    names = fit_names([NAMES.get(arm, arm) for arm in result.arms], WIDEST)
    rows: list[Sequence[str]] = [("", *HEADER)]
    for arm, by_equal in result.arms.items():
        rows.append((names[NAMES.get(arm, arm)], *_row(by_equal[ANSWERS], by_equal.get(SECONDS))))
    looked = result.lookup[RANDOM][ANSWERS]
    change = described(looked.against_training)
    rows.append((LOOKED_UP, number(looked.f1.mean), change, "", ""))
    return aligned(rows)


def _row(answers: Compared, seconds: Compared | None) -> tuple[str, str, str, str]:
    against = [
        "" if one is None or one.against_random is None else described(one.against_random)
        for one in (answers, seconds)
    ]
    wins = (seconds or answers).wins
    ahead = f"{wins.won} of {wins.n}" if isinstance(wins, Wins) else ""
    return number(answers.f1.mean), against[0], against[1], ahead


def _trained_otherwise(result: Result) -> Iterator[str]:
    """Yield a line an arm: its difference at equal seconds under other trainings."""
    for arm, by_policy in result.settings.items():
        told = [
            f"{policy} {_mean(change.mean)}"
            for policy, change in by_policy.items()
            if policy != result.main_setting
        ]
        if result.successor is not None and result.successor_model is not None:
            name = fit(str(result.successor_model["name"]).rpartition("/")[2], WIDEST)
            told.append(f"{name} {_mean(result.successor[arm].mean)}")
        if told:
            yield fit(f"{arm}, equal seconds, trained by {', '.join(told)}", WIDTH)


def _mean(value: float | None) -> str:
    return "-" if value is None else signed(value)


def _claims(result: Result, left: int) -> list[str]:
    """Return both lists in at most so many lines, if that can be."""
    sides = {MAY: result.claims.may, MAY_NOT: result.claims.may_not}
    shown = {title: len(said) for title, said in sides.items()}
    lines = _listed(sides, shown)
    while len(lines) > left:
        longest = max(shown, key=lambda title: shown[title])
        if shown[longest] <= FEWEST:
            break
        shown[longest] -= 1
        lines = _listed(sides, shown)
    return lines


def _listed(sides: dict[str, Sequence[Sentence]], shown: dict[str, int]) -> list[str]:
    lines = []
    for title, said in sides.items():
        more = len(said) - shown[title]
        lines.append(f"{title}{f' ({more} more in the file)' if more else ''}:")
        if not said:
            lines.append("- nothing")
        for one in said[: shown[title]]:
            lines += wrapped(one.text, "- ", "  ")
    return lines
