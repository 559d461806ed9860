"""What stands around the task: whose page it is, how far the work is, and what has the focus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import APIResponse, Browser, Page, Route, expect

Task = dict[str, Any]
OUTLINE = "parseFloat(getComputedStyle(document.activeElement).outlineWidth)"


def test_the_page_says_whose_it_is_and_how_far_the_work_is(serve_view: Any, page: Page) -> None:
    tasks = [{"text": text, "meta": {"source": "wire", "score": 1.0}} for text in "abcd"]
    settings = {"instant_submit": True, "total_examples_target": 4, "task_description": "Judge."}
    served = serve_view("text", tasks, **settings)
    served.shown(page, "?session=ann")
    expect(page.locator("h1")).to_have_text("recipe-host, not Prodigy")
    expect(page.locator("#run")).to_have_text("recipeviewdatasetnewssessionnews-ann")
    expect(page.locator("#description")).to_have_text("Judge.")
    expect(page.locator("#card .meta")).to_have_text("sourcewirescore1.0")
    expect(page.locator("#progress")).to_be_hidden()
    page.keyboard.press("x")
    served.confirms(page)  # sent at once, so that it cannot be undone
    expect(page.locator("button.undo")).to_be_disabled()
    expect(page.locator("#progress")).to_have_js_property("value", 0.25)
    counts = page.locator("#counts")
    for count in ("rejected1", "accepted0", "in the dataset1", "progress25 %"):
        expect(counts.locator("div", has_text=count)).to_have_count(1)


def test_progress_is_that_of_the_newest_answer_when_the_recipe_has_learned_from_it(
    serve_view: Any, page: Page, tmp_path: Path
) -> None:
    tasks = [{"text": text} for text in "abcdefghijklmnopqrst"]
    learns_when = tmp_path / "learn"
    settings = {"instant_submit": True, "total_examples_target": 20}
    served = serve_view("text", tasks, learns_when=str(learns_when), **settings)
    served.shown(page)
    page.keyboard.press("a")
    expect(page.locator("#counts div", has_text="in the dataset1")).to_have_count(1)
    expect(page.locator("#counts div", has_text="progressunknown")).to_have_count(1)
    learns_when.touch()
    expect(page.locator("#counts div", has_text="progress5 %")).to_have_count(1)


def test_all_of_the_work_is_shown_as_such(serve_view: Any, page: Page) -> None:
    """The server says 1.0, a number that the page's JSON keeps as it came."""
    served = serve_view("text", [{"text": "a"}], instant_submit=True, total_examples_target=1)
    served.shown(page)
    page.keyboard.press("a")
    served.confirms(page)
    expect(page.locator("#progress")).to_have_js_property("value", 1)
    expect(page.locator("#counts div", has_text="progress100 %")).to_have_count(1)


def test_a_reply_that_was_made_before_an_answer_does_not_take_it_from_the_counts(
    serve_view: Any, page: Page
) -> None:
    served = serve_view("text", [{"text": "a"}], instant_submit=True, total_examples_target=1)
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        """Hold back the first reply that has no tasks, which the server makes here and now."""
        reply = route.fetch()
        if held or reply.json()["tasks"]:
            route.fulfill(response=reply)
        else:
            held.append((route, reply))

    page.route("**/get_session_questions", hold)
    served.shown(page)
    for _ in range(500):  # the page asks for more at once, as it has few
        if not held:
            page.wait_for_timeout(20)
    page.keyboard.press("a")
    in_dataset = page.locator("#counts div", has_text="in the dataset").locator("dd")
    expect(in_dataset).to_have_text("1")
    ((route, reply),) = held
    assert reply.json()["total"] == 0
    route.fulfill(response=reply)
    expect(page.locator("#card")).to_contain_text("No tasks are left.")  # it has come
    expect(in_dataset).to_have_text("1")
    expect(page.locator("#progress")).to_have_js_property("value", 1)


def test_an_empty_stream_is_said_plainly(serve_view: Any, page: Page) -> None:
    page.goto(serve_view("text", []).address)
    expect(page.locator("#card")).to_contain_text("No tasks are left. All answers are saved.")
    expect(page.locator("button.accept")).to_be_disabled()


def test_every_control_is_reached_by_tab_and_shows_its_focus(serve_view: Any, page: Page) -> None:
    served = serve_view("ner_manual", [{"text": "Ann met Bob."}], labels=["PER", "ORG"])
    served.shown(page)
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.className || document.activeElement.name")
        if name:
            reached.add(name)
            assert page.evaluate(OUTLINE) >= 2, name
    buttons = {"accept", "reject", "ignore", "flag", "help"}  # nothing to undo or save yet
    assert reached >= {*buttons, "label", "text tokens"}


def test_a_span_is_drawn_by_a_finger_that_moves_over_it(serve_view: Any, chromium: Browser) -> None:
    served = serve_view("ner_manual", [{"text": "Ann Lee met Bob."}], labels=["PER"])
    phone = chromium.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640}
    )
    page = phone.new_page()
    served.shown(page)
    boxes = [page.locator(f"#token-{n}").bounding_box() for n in (0, 1)]
    start, end = (
        {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
        for box in boxes
        if box is not None
    )
    finger = phone.new_cdp_session(page)
    for kind, points in (("Start", [start]), ("Move", [end]), ("End", [])):
        finger.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    expect(page.locator(".token.span")).to_have_count(2)
    expect(page.locator("#announcer")).to_have_text("PER: Ann Lee")
    phone.close()
