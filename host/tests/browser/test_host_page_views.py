"""Each view in a real browser: what is shown, what a person can do, what is stored."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

Task = dict[str, Any]
NOTICE = ".notice"


def texts(*words: str, **others: Any) -> list[Task]:
    return [{"text": word, **others} for word in words]


def test_one_of_several_options_is_chosen_by_number(serve_view: Any, page: Page) -> None:
    options = [{"id": 1, "text": "yes"}, {"id": "n", "text": "no"}]
    served = serve_view("choice", texts("a", "b", options=options))
    served.shown(page)
    page.keyboard.press("2")
    page.keyboard.press("1")
    page.keyboard.press("a")
    page.locator("label.option", has_text="no").click()
    page.keyboard.press("a")
    served.saved(page)
    assert [answer["accept"] for answer in served.answers()] == [[1], ["n"]]


def test_several_options_are_chosen_and_a_choice_can_be_the_answer(
    serve_view: Any, page: Page
) -> None:
    options = [{"id": n, "text": f"option {n}"} for n in range(12)]
    tasks = texts("a", options=options, config={"choice_style": "multiple"})
    served = serve_view("choice", [*tasks, *texts("b", options=options)], choice_auto_accept=True)
    served.shown(page)
    for key in ("1", "3", "3", "0", "Shift+2", "a", "Shift+1"):
        page.keyboard.press(key)
    served.saved(page)
    assert [answer["accept"] for answer in served.answers()] == [[0, 9, 11], [10]]


def test_a_refused_answer_stays_on_the_card_with_the_recipes_words(
    serve_view: Any, page: Page
) -> None:
    options = [{"id": 1, "text": "yes"}]
    served = serve_view("choice", texts("a", "b", options=options), refuses=True)
    served.shown(page)
    page.keyboard.press("a")
    expect(page.locator(NOTICE)).to_contain_text("choose at least one option")
    page.keyboard.press("1")
    page.keyboard.press("a")
    expect(page.locator(".text")).to_have_text("b")
    expect(page.locator(NOTICE)).to_have_count(0)
    served.saved(page)
    assert [answer["text"] for answer in served.answers()] == ["a"]


def test_an_answer_that_is_refused_after_an_outage_comes_back(serve_view: Any, page: Page) -> None:
    options = [{"id": 1, "text": "yes"}]
    served = serve_view("choice", texts("a", "b", "c", options=options), refuses=True)
    served.shown(page)
    served.end(signal.SIGKILL)
    page.keyboard.press("a")  # nobody there to look at it
    expect(page.locator(".text")).to_have_text("b")
    page.keyboard.press("x")
    expect(page.locator(".text")).to_have_text("c")
    page.keyboard.press("Control+s")
    served.start()
    # The page looks for its server again after up to 8 s.
    expect(page.locator(".text")).to_have_text("a", timeout=20_000)
    expect(page.locator(NOTICE)).to_contain_text("choose at least one option")
    served.saved(page)
    assert [answer["text"] for answer in served.answers()] == ["b"]


@pytest.mark.parametrize("view_id", ["text", "classification", "ner", "ner_manual", "choice"])
def test_what_looks_like_markup_is_text(serve_view: Any, page: Page, view_id: str) -> None:
    evil = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>"
    span = {"start": 0, "end": 4, "label": evil}
    task = {
        "text": evil,
        "label": evil,
        "meta": {evil: evil},
        "spans": [] if view_id == "ner_manual" else [span],
        "options": [{"id": evil, "text": evil}],
    }
    served = serve_view(view_id, [task], labels=[evil], task_description=evil)
    served.shown(page)
    assert "<script>window.hacked=1</script>" in page.locator("#card").inner_text()
    page.keyboard.press("a")
    expect(page.locator("#history li")).to_have_count(1)
    assert page.evaluate("window.hacked") is None
    assert page.locator("#card img, #card script, #history img, #description img").count() == 0


def test_a_flag_has_a_note(serve_view: Any, page: Page) -> None:
    served = serve_view("text", texts("a", "b", "c"))
    served.shown(page)
    page.keyboard.press("f")
    page.keyboard.type("wrong ax boundary")
    page.keyboard.press("Enter")
    expect(page.locator(".flagged")).to_contain_text("wrong ax boundary")
    page.keyboard.press("x")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    page.keyboard.press("f")
    page.locator("#unset-flag").click()
    page.keyboard.press("a")
    served.saved(page)
    first, second = served.answers()
    assert (first["flagged"], first["flag_note"], first["answer"]) == (
        True,
        "wrong ax boundary",
        "reject",
    )
    assert "flagged" not in second


def test_the_flag_can_be_left_out(serve_view: Any, page: Page) -> None:
    served = serve_view("text", texts("a", "b"), show_flag=False)
    served.shown(page)
    expect(page.locator("button.flag")).to_have_count(0)
    page.keyboard.press("f")
    expect(page.locator("dialog[open]")).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator(".text")).to_have_text("b")


def test_instructions_are_shown_with_the_keys_and_as_text_only(
    serve_view: Any, page: Page, tmp_path: Path
) -> None:
    path = tmp_path / "how.md"
    path.write_text(f"# Companies\n\nMark <b onclick='x'>banks</b>.\n\n- shops\n{'word ' * 3000}")
    serve_view("text", texts("a"), instructions=str(path)).shown(page)
    page.keyboard.press("h")
    shown = page.locator("#instructions")
    expect(shown.locator("h3")).to_have_text("Companies")
    expect(shown.locator("p")).to_have_text("Mark <b onclick='x'>banks</b>.")
    expect(shown.locator("li")).to_contain_text("shops")
    expect(shown.locator("b")).to_have_count(0)
    expect(shown.get_by_role("heading", name="Instructions")).to_be_in_viewport()  # its beginning
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_history_leads_back_over_several_answers(serve_view: Any, page: Page) -> None:
    served = serve_view("text", texts(*"abcdef"))
    served.shown(page)
    for key in "axaxa":
        page.keyboard.press(key)
    expect(page.locator("#history li")).to_have_count(5)
    page.locator("#history button").nth(2).click()  # the newest is the first
    expect(page.locator(".text")).to_have_text("c")
    page.keyboard.press(" ")
    served.saved(page)
    assert [(a["text"], a["answer"]) for a in served.answers()] == [
        ("a", "accept"),
        ("b", "reject"),
        ("c", "ignore"),
    ]
    expect(page.locator("#history button")).to_have_count(0)  # saved: no way back
    expect(page.locator("button.undo")).to_be_disabled()


def test_keys_come_from_the_settings(serve_view: Any, page: Page) -> None:
    served = serve_view("text", texts("a", "b"), keymap={"accept": ["y"], "save": ["shift+s"]})
    served.shown(page)
    page.keyboard.press("a")
    expect(page.locator(".text")).to_have_text("a")
    page.keyboard.press("y")
    expect(page.locator(".text")).to_have_text("b")
    page.keyboard.press("Shift+S")
    served.confirms(page)
    assert len(served.answers()) == 1
    assert page.locator("button.accept").get_attribute("aria-label") == "accept (y)"


def test_a_second_tab_takes_over_and_the_first_says_so(
    serve_view: Any, context: BrowserContext
) -> None:
    served = serve_view("text", texts(*"abcd"))
    first, second = context.new_page(), context.new_page()
    served.shown(first)
    first.keyboard.press("x")
    served.shown(second)
    expect(first.locator(NOTICE)).to_contain_text("open in another tab")
    first.keyboard.press("a")
    expect(second.locator(".text")).to_have_text("b")
    second.keyboard.press("a")
    first.locator(NOTICE).get_by_role("button").click()
    expect(first.locator(".text")).to_have_text("c")
    expect(second.locator(NOTICE)).to_contain_text("open in another tab")
    served.saved(first)
    assert [(a["text"], a["answer"]) for a in served.answers()] == [
        ("a", "reject"),
        ("b", "accept"),
    ]


def test_the_end_of_the_stream_is_said_and_everything_saved(serve_view: Any, page: Page) -> None:
    served = serve_view("text", texts("a"))
    served.shown(page)
    page.keyboard.press("x")
    expect(page.locator("#card")).to_contain_text("No tasks are left.")
    page.keyboard.press("Backspace")
    page.keyboard.press("a")
    expect(page.locator("#card")).to_contain_text("All answers are saved.")
    assert [answer["answer"] for answer in served.answers()] == ["accept"]


def test_sessions_that_are_not_allowed_are_told_which_are(
    serve_view: Any, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRODIGY_ALLOWED_SESSIONS", "ann")
    served = serve_view("text", texts("a"))
    page.goto(served.address)
    expect(page.locator(NOTICE)).to_contain_text("allowed are: ann")
    served.shown(page, "?session=ann")


@pytest.mark.parametrize("view_id", ["ner_manual", "choice"])
def test_a_narrow_window_and_a_long_text_leave_everything_within_reach(
    serve_view: Any, page: Page, view_id: str
) -> None:
    options = [{"id": n, "text": f"option {n} " + "x" * 50} for n in range(4)]
    long = texts("word " * 3000 + "w" * 300, options=options)
    served = serve_view(
        view_id, [*long, *texts("b", options=options)], labels=[f"LABEL_{n}" for n in range(8)]
    )
    page.set_viewport_size({"width": 360, "height": 640})
    served.shown(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    box = page.locator("button.accept").bounding_box()
    assert box is not None
    assert 0 < box["y"] < 640 - box["height"]
    page.locator("button.accept").click()
    expect(page.locator(".text")).to_have_text("b")
