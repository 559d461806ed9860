"""Drags that begin or end off the words: between words and lines, and outside the text."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

SENTENCE = "Ann Lee met Bob in New York City."
ARABIC = "زارت مها مدينة القاهرة اليوم"
BETWEEN = """([one, other]) => {
  const [a, b] = [one, other].map((n) => document.querySelector(`#token-${n}`).getClientRects()[0]);
  const [left, right] = a.left < b.left ? [a, b] : [b, a];
  return [(left.right + right.left) / 2, (a.top + a.bottom) / 2];
}"""


def gap(page: Page, one: int) -> tuple[float, float]:
    """The middle of the space between a token and the next."""
    x, y = page.evaluate(BETWEEN, [one, one + 1])
    return x, y


def middle(page: Page, token: int) -> tuple[float, float]:
    box = page.locator(f"#token-{token}").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def selected(page: Page) -> list[int]:
    """The tokens within spans."""
    nodes = page.locator(".token.span").all()
    return [int(node.get_attribute("data-token") or "") for node in nodes]


def test_a_drag_released_outside_the_text_ends_there(serve_view: Any, page: Page) -> None:
    served = serve_view("ner_manual", [{"text": SENTENCE}], labels=["PER"])
    served.shown(page)
    x, y = middle(page, 1)
    drag(page, middle(page, 0), (x, y))
    page.locator("#token-0").click()  # removes it
    page.wait_for_timeout(400)
    page.mouse.move(*middle(page, 0))
    page.mouse.down()
    page.mouse.move(x, y)
    page.mouse.move(x, page.viewport_size["height"] - 5 if page.viewport_size else 0)
    page.mouse.up()
    assert selected(page) == [0, 1]
    page.mouse.move(*middle(page, 5))
    assert page.locator(".selecting").count() == 0
    assert selected(page) == [0, 1]


@pytest.mark.parametrize(("text", "direction"), [(SENTENCE, "ltr"), (ARABIC, "rtl")])
def test_a_drag_between_words_takes_the_whole_words(
    serve_view: Any, page: Page, text: str, direction: str
) -> None:
    served = serve_view("ner_manual", [{"text": text}], labels=["PER"], writing_dir=direction)
    served.shown(page)
    drag(page, gap(page, 0), gap(page, 2))
    assert selected(page) == [1, 2]
    page.locator("#token-1").click()
    drag(page, gap(page, 2), gap(page, 0))  # backwards
    assert selected(page) == [1, 2]
    page.mouse.click(*gap(page, 3))  # between two words: neither of them
    assert selected(page) == [1, 2]


def test_a_drag_from_behind_one_line_to_behind_the_next_takes_that_line(
    serve_view: Any, page: Page
) -> None:
    text = "Ann Lee met Bob\nin New York City\ntoday"
    tokens, start = [], 0
    for n, word in enumerate(text.split()):
        start = text.index(word, start)
        tokens.append({"text": word, "start": start, "end": start + len(word), "id": n})
    served = serve_view("ner_manual", [{"text": text, "tokens": tokens}], labels=["PER"])
    served.shown(page)
    (_, first), (_, second) = middle(page, 0), middle(page, 4)
    drag(page, (600, first), (600, second))
    assert selected(page) == [4, 5, 6, 7]
