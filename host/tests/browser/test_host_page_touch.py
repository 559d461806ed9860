"""A finger on the text: drags snap to words as the mouse's do, and up and down it scrolls."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

SENTENCE = "Ann Lee met Bob in New York City."
ARABIC = "زارت مها مدينة القاهرة اليوم"
LINES = "Ann Lee met Bob\nin New York City\ntoday"
BETWEEN = """([one, other]) => {
  const [a, b] = [one, other].map((n) => document.querySelector(`#token-${n}`).getClientRects()[0]);
  const [left, right] = a.left < b.left ? [a, b] : [b, a];
  return [(left.right + right.left) / 2, (a.top + a.bottom) / 2];
}"""
Point = tuple[float, float]


class Finger:
    """One finger on the screen of a phone."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        self.page = page
        self._session = session

    def touch(self, kind: str, *points: Point) -> None:
        """Tell the browser where fingers are now."""
        places = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        event = {"type": f"touch{kind}", "touchPoints": places}
        self._session.send("Input.dispatchTouchEvent", event)

    def drag(self, *points: Point, hold: int = 0) -> None:
        """Press, wait so many ms, move from point to point in small steps, lift."""
        self.touch("Start", points[0])
        self.page.wait_for_timeout(hold)
        for (x, y), (to_x, to_y) in pairwise(points):
            for step in range(1, 9):
                self.touch("Move", (x + (to_x - x) * step / 8, y + (to_y - y) * step / 8))
                self.page.wait_for_timeout(10)
        self.touch("End")


@pytest.fixture
def finger(chromium: Browser) -> Iterator[Finger]:
    phone = chromium.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 390, "height": 740}
    )
    page = phone.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield Finger(page, phone.new_cdp_session(page))
    assert errors == []
    phone.close()


def gap(page: Page, one: int) -> Point:
    """The middle of the space between a token and the next."""
    x, y = page.evaluate(BETWEEN, [one, one + 1])
    return x, y


def middle(page: Page, token: int) -> Point:
    box = page.locator(f"#token-{token}").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def selected(page: Page) -> list[int]:
    """The tokens within spans."""
    nodes = page.locator(".token.span").all()
    return [int(node.get_attribute("data-token") or "") for node in nodes]


def on_lines(serve_view: Any) -> Any:
    """A text of three lines, whose line breaks are no tokens."""
    tokens, start = [], 0
    for n, word in enumerate(LINES.split()):
        start = LINES.index(word, start)
        tokens.append({"text": word, "start": start, "end": start + len(word), "id": n})
    return serve_view("ner_manual", [{"text": LINES, "tokens": tokens}], labels=["PER"])


@pytest.mark.parametrize(("text", "direction"), [(SENTENCE, "ltr"), (ARABIC, "rtl")])
def test_a_finger_that_begins_and_ends_between_words_takes_the_whole_words(
    serve_view: Any, finger: Finger, text: str, direction: str
) -> None:
    page = finger.page
    serve_view("ner_manual", [{"text": text}], labels=["PER"], writing_dir=direction).shown(page)
    finger.drag(gap(page, 0), gap(page, 2))
    assert selected(page) == [1, 2]
    finger.drag(middle(page, 1))  # a tap removes it
    assert selected(page) == []
    finger.drag(gap(page, 2), gap(page, 0))
    assert selected(page) == [1, 2]
    finger.drag(gap(page, 3))  # a tap between two words: neither of them
    assert selected(page) == [1, 2]


def test_a_finger_that_begins_sideways_marks_over_lines(serve_view: Any, finger: Finger) -> None:
    page = finger.page
    on_lines(serve_view).shown(page)
    (x, y), (_, second) = gap(page, 1), middle(page, 4)
    finger.drag((x, y), (x + 60, y), (x + 60, second), (370, second))
    assert selected(page) == [2, 3, 4, 5, 6, 7]


def test_a_finger_that_rests_first_marks_downwards(serve_view: Any, finger: Finger) -> None:
    page = finger.page
    on_lines(serve_view).shown(page)
    (_, first), (_, second) = middle(page, 0), middle(page, 4)
    finger.drag((370, first), (370, second), hold=600)
    assert selected(page) == [4, 5, 6, 7]


def test_a_finger_up_and_down_scrolls_and_marks_nothing(serve_view: Any, finger: Finger) -> None:
    page = finger.page
    serve_view("ner_manual", [{"text": SENTENCE + " So. " * 400}], labels=["PER"]).shown(page)
    for hold in (0, 100):
        x, y = 190, 450
        before = page.locator("#card").evaluate("node => node.scrollTop")
        finger.drag((x, y), (x, y - 200), hold=hold)
        page.wait_for_timeout(300)
        assert page.locator("#card").evaluate("node => node.scrollTop") > before + 100
        assert selected(page) == []
        expect(page.locator(".selecting")).to_have_count(0)


def test_a_second_finger_ends_the_drag_without_a_span(serve_view: Any, finger: Finger) -> None:
    page = finger.page
    serve_view("ner_manual", [{"text": SENTENCE}], labels=["PER"]).shown(page)
    one, other = middle(page, 0), middle(page, 6)
    finger.touch("Start", one)
    finger.touch("Start", one, other)
    finger.touch("Move", (one[0] - 5, one[1]), (other[0] + 15, other[1]))
    finger.touch("End")
    assert selected(page) == []
    expect(page.locator(".selecting")).to_have_count(0)
