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


def test_the_latest_answers_show_stored_ones_after_undos(serve_view: Any, page: Page) -> None:
    served = serve_view("text", [{"text": f"text {n}"} for n in range(40)])
    served.shown(page)
    for n in range(25):
        expect(page.locator(".text")).to_have_text(f"text {n}")
        page.keyboard.press("a")
    for _ in range(8):
        page.keyboard.press("Backspace")
    expect(page.locator("#history li")).to_have_count(10)
    expect(page.locator("#history li").last).to_contain_text("text 7")


def test_a_tag_in_arabic_text_turns_no_words_around(serve_view: Any, page: Page) -> None:
    task = {"text": "زارت مها مدينة القاهرة", "spans": [{"start": 5, "end": 8, "label": "PER"}]}
    served = serve_view("ner_manual", [task], labels=["PER"], writing_dir="ltr")
    served.shown(page)
    expect(page.locator("#token-1 .tag")).to_have_text("PER")
    places = [page.locator(f"#token-{n}").evaluate(FIRST_LEFT) for n in range(4)]
    assert places == sorted(places, reverse=True)
    tag = page.locator("#token-1 .tag").bounding_box()
    assert tag is not None
    assert places[2] < tag["x"] < places[1]


ENDS = """node => {
  const { paddingLeft, paddingRight } = getComputedStyle(node);
  return [parseFloat(paddingLeft) > 0, parseFloat(paddingRight) > 0];
}"""


@pytest.mark.parametrize(
    ("text", "start", "end", "ends"),
    [
        ("زارت Ann Lee مدينة", 5, 12, [[True, False], [False, True]]),
        ("زارت مها علي مدينة", 5, 12, [[False, True], [True, False]]),
        ("زارت مها Lee مدينة", 5, 12, [[False, True], [True, False]]),
        ("Bob met مها علي today", 8, 15, [[False, True], [True, False]]),
    ],
    ids=["latin in arabic", "arabic", "both in arabic", "arabic in latin"],
)
def test_a_span_is_round_where_it_ends_on_the_screen(
    serve_view: Any, page: Page, text: str, start: int, end: int, ends: list[list[bool]]
) -> None:
    """Left and right of its two words; a seam parts them where one is round in the middle."""
    task = {"text": text, "spans": [{"start": start, "end": end, "label": "PER"}]}
    served = serve_view("ner_manual", [task], labels=["PER"])
    served.shown(page)
    tokens = page.locator(".token.span")
    expect(tokens).to_have_count(len(ends))  # marked a moment after the text is there
    assert [token.evaluate(ENDS) for token in tokens.all()] == ends


@pytest.mark.parametrize("size", SIZES)
def test_the_span_that_is_asked_about_is_in_view(serve_view: Any, page: Page, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    text = ONE_SENTENCE * 200
    near, far = text.index("Bob"), text.index("Bob", len(text) // 2)
    tasks = [
        {"text": text, "spans": [{"start": at, "end": at + 3, "label": "PER"}]}
        for at in (far, near)
    ]
    served = serve_view("ner", tasks)
    served.shown(page)
    expect(page.locator("mark")).to_be_in_viewport(ratio=1)
    assert page.evaluate("window.scrollY") == 0
    page.keyboard.press("a")
    expect(page.locator("#history li")).to_have_count(1)
    assert page.locator("#card").evaluate("node => node.scrollTop") == 0


def test_the_latest_answers_run_as_their_texts_do(serve_view: Any, page: Page) -> None:
    served = serve_view("text", [{"text": "زارت Ann Lee مدينة القاهرة"}])
    served.shown(page)
    page.keyboard.press("a")
    # waited for, since the list is made anew when the answer has been stored
    turned = page.wait_for_function("""() => {
      const {firstChild} = document.querySelector("#history bdi");
      const [first, last] = ["زارت", "القاهرة"].map(word => {
        const range = document.createRange();
        const at = firstChild.data.indexOf(word);
        range.setStart(firstChild, at);
        range.setEnd(firstChild, at + word.length);
        return range.getBoundingClientRect().left;
      });
      return last < first;
    }""")
    assert turned.json_value() is True


FIRST_LEFT = """node => {
  const word = document.createRange();
  word.selectNode(node.firstChild);
  return word.getBoundingClientRect().left;
}"""


def test_keys_move_by_words_and_lines_and_relabel(serve_view: Any, page: Page) -> None:
    task = {"text": ONE_SENTENCE * 20, "spans": [{"start": 0, "end": 3, "label": "PER"}]}
    served = serve_view("ner_manual", [task], labels=["PER", "GPE"])
    served.shown(page)
    page.keyboard.press("2")  # nothing went there: the label is for what comes
    expect(page.locator(".text .tag")).to_have_text("PER")
    for key in ("End", "Control+ArrowLeft"):
        page.keyboard.press(key)
    expect(page.locator(".token.cursor")).to_have_text("City")
    page.keyboard.press("Home")
    first = page.locator(".token.cursor").bounding_box()
    page.keyboard.press("ArrowDown")
    second = page.locator(".token.cursor").bounding_box()
    assert first is not None
    assert second is not None
    assert second["y"] > first["y"]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("2")
    expect(page.locator(".text .tag")).to_have_text("GPE")
    cursor = page.locator(".token.cursor")
    assert cursor.evaluate("node => getComputedStyle(node).outlineStyle") == "none"
