"""What stays where it is: the buttons, the labels, the tags and the latest answers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

ONE_SENTENCE = "Ann met Bob in New York City. "
SIZES = {"desk": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 740}}


@pytest.mark.parametrize("size", SIZES)
def test_thirty_clicks_in_one_place_answer_thirty_tasks(
    serve_view: Any, chromium: Browser, size: str
) -> None:
    tasks = [{"text": ONE_SENTENCE * (1 + n * 7 % 40) + str(n)} for n in range(31)]
    served = serve_view("ner_manual", tasks, labels=["PER", "GPE"], total_examples_target=31)
    context = chromium.new_context(viewport=SIZES[size])
    page = context.new_page()
    served.shown(page)
    box = page.locator("button.accept").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for _ in range(30):
        page.mouse.click(x, y)
        page.wait_for_timeout(60)
    served.saved(page)
    answers = served.answers()
    assert [answer["answer"] for answer in answers] == ["accept"] * 30
    assert [answer["spans"] for answer in answers] == [[]] * 30
    context.close()


def test_a_phone_shows_the_counts_with_the_buttons(serve_view: Any, page: Page) -> None:
    page.set_viewport_size(SIZES["phone"])
    served = serve_view("ner_manual", [{"text": ONE_SENTENCE * 40}], labels=["PER"])
    served.shown(page)
    for shown in ("#counts", "button.accept", "button.reject", "button.ignore"):
        expect(page.locator(shown)).to_be_in_viewport(ratio=1)


def test_the_labels_stay_while_a_long_text_scrolls(serve_view: Any, page: Page) -> None:
    served = serve_view("ner_manual", [{"text": ONE_SENTENCE * 80}], labels=["PER", "GPE"])
    served.shown(page)
    page.locator(".token").last.scroll_into_view_if_needed()
    for choice in page.locator("label.choice").all():
        expect(choice).to_be_in_viewport(ratio=1)
    page.locator("label.choice", has_text="GPE").click(timeout=2000)
    page.locator(".token").last.click()
    expect(page.locator(".text .tag")).to_have_text("GPE")
