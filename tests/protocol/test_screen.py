"""A protocol on one screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prodigy_al.protocol.plan import PARTS
from prodigy_al.protocol.screen import LINES, render_screen

PLACE = Path("al-protocol/protocol.json")


@pytest.mark.parametrize("parts", [("budgets",), PARTS])
def test_it_fits_a_terminal_and_says_what_is_not_shown(found: Any, parts: tuple[str, ...]):
    result = found({"ranked": 0.03, "teach": -0.03}, parts=parts)
    lines = render_screen(result, PLACE)
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= 79
    text = " ".join(line.strip() for line in lines)
    for side, title in ((result.claims.may, "May be"), (result.claims.may_not, "May not")):
        (head,) = (line for line in lines if line.startswith(title))
        shown = sum(one.text in text for one in side)
        assert (f"({len(side) - shown} more in the file)" in head) == (shown < len(side))
    assert str(PLACE) in lines[-1]


def test_it_shows_each_arm_at_both_budgets_and_how_often_it_was_ahead(found: Any):
    result = found({"ranked": 0.03, "teach": -0.03}, parts=PARTS)
    lines = render_screen(result, PLACE)
    (ranked,) = (line for line in lines if line.startswith("ranked  "))
    assert ranked.endswith("5 of 5")
    assert ranked.count("+.0") == 6  # two differences with their intervals
    (teach,) = (line for line in lines if line.startswith("teach  "))
    assert teach.endswith("0 of 5")
    (other,) = (line for line in lines if line.startswith("ranked, equal seconds, trained by"))
    assert "usual +.0" in other
    assert "other_md +.0" in other


def test_where_nothing_may_be_claimed_it_says_so(found: Any):
    result = found(lambda cell: 0.0, seeds=(0, 1), parts=("budgets",))
    lines = render_screen(result, PLACE)
    assert lines[lines.index("May be claimed:") + 1] == "- nothing"


@pytest.mark.parametrize(("parts", "starred"), [(("budgets",), False), (PARTS, True)])
def test_the_footnote_stands_below_what_it_is_about_and_nowhere_else(
    found: Any, parts: tuple[str, ...], *, starred: bool
):
    lines = render_screen(found({"ranked": 0.03, "teach": -0.03}, parts=parts), PLACE)
    assert any(line.startswith("true errors*") for line in lines) == starred
    assert lines[-1].startswith("* nobody knows") == starred
