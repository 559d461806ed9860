"""Spans in a real browser: drawn by mouse, touch and keys, at the offsets of the data."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

Task = dict[str, Any]


def texts(*words: str, **others: Any) -> list[Task]:
    return [{"text": word, **others} for word in words]


def spans(example: Task) -> list[tuple[str, str]]:
    points = example["text"]
    return [(points[s["start"] : s["end"]], s["label"]) for s in example["spans"]]


def marked(page: Page) -> list[str]:
    return [tag.strip() for tag in page.locator(".text .tag").all_inner_texts()]


SENTENCE = "Ann Lee 😀 met Bob in New York City."
LABELS = ["PER", "GPE", "ORG"]
ONE_FRAME = """async () => {
  const text = () => document.querySelector(".text").textContent;
  const changed = [];
  for (let i = 0; i < 12; i += 1) {
    const before = text();
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "a", bubbles: true }));
    await new Promise(requestAnimationFrame);
    changed.push(text() !== before);
  }
  return changed;
}"""


def test_spans_are_drawn_by_mouse_by_click_and_by_double_click(serve_view: Any, page: Page) -> None:
    served = serve_view("ner_manual", texts(SENTENCE, "next"), labels=LABELS)
    served.shown(page)
    page.locator("#token-1").drag_to(page.locator("#token-0"))  # backwards
    page.locator("#token-4").dblclick()
    page.locator("label.choice", has_text="GPE").click()
    page.locator("#token-6").click()
    page.locator("#token-8").click(modifiers=["Shift"])
    assert marked(page) == ["PER", "PER", "GPE"]
    page.locator("#token-4").click()
    assert marked(page) == ["PER", "GPE"]
    page.keyboard.press("a")
    served.saved(page)
    (answer,) = served.answers()
    assert spans(answer) == [("Ann Lee", "PER"), ("New York City", "GPE")]
    assert answer["spans"][1] == {
        "start": 21,
        "end": 34,
        "token_start": 6,
        "token_end": 8,
        "label": "GPE",
    }


def test_spans_are_drawn_with_keys_alone(serve_view: Any, page: Page) -> None:
    served = serve_view(
        "ner_manual", texts(SENTENCE, "next"), labels=LABELS, keymap_by_label={"ORG": "o"}
    )
    served.shown(page)
    for key in ("Shift+ArrowRight", "Enter", "End", "ArrowLeft", "Shift+ArrowLeft", "o"):
        page.keyboard.press(key)
    assert marked(page) == ["PER", "ORG"]
    page.keyboard.press("Enter")  # on a span: removes it
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "2", "Home", "Escape"):
        page.keyboard.press(key)
    page.keyboard.press("a")
    served.saved(page)
    assert spans(served.answers()[0]) == [("Ann Lee", "PER"), ("York City.", "GPE")]


def test_spans_are_drawn_by_touch(serve_view: Any, chromium: Browser) -> None:
    served = serve_view("ner_manual", texts(SENTENCE, "next"), labels=LABELS)
    phone = chromium.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640}
    )
    page = phone.new_page()
    served.shown(page)
    page.locator("#token-4").tap()
    page.locator("label.choice", has_text="GPE").tap()
    page.locator("#token-0").tap()
    page.locator("button.accept").tap()
    page.locator("button.save").tap()
    served.confirms(page)
    assert spans(served.answers()[0]) == [("Ann", "GPE"), ("Bob", "PER")]
    phone.close()


def test_spans_given_with_the_task_are_there_to_be_changed(serve_view: Any, page: Page) -> None:
    task = {"text": SENTENCE, "spans": [{"start": 0, "end": 7, "label": "PER", "score": 0.5}]}
    served = serve_view("ner_manual", [task, *texts("next")], labels=LABELS)
    served.shown(page)
    assert marked(page) == ["PER"]
    page.keyboard.press("3")
    page.locator("#token-1").drag_to(page.locator("#token-4"))  # overlaps: the old one goes
    page.keyboard.press("a")
    served.saved(page)
    assert spans(served.answers()[0]) == [("Lee 😀 met Bob", "ORG")]


def test_the_next_task_is_there_within_one_frame(serve_view: Any, page: Page) -> None:
    served = serve_view("ner_manual", texts(*(f"text {n}" for n in range(30))), labels=LABELS)
    served.shown(page)
    page.wait_for_timeout(300)
    frames = page.evaluate(ONE_FRAME)
    assert frames == [True] * 12


def test_arabic_runs_from_right_to_left_and_its_arrows_too(serve_view: Any, page: Page) -> None:
    served = serve_view("ner_manual", texts("زارت مها مدينة القاهرة", "b"), labels=["GPE"])
    served.shown(page)
    first, last = page.locator("#token-0").bounding_box(), page.locator("#token-3").bounding_box()
    assert first is not None
    assert last is not None
    assert first["x"] > last["x"]
    for key in ("ArrowLeft", "ArrowLeft", "Shift+ArrowLeft", "Enter", "a"):
        page.keyboard.press(key)
    served.saved(page)
    assert spans(served.answers()[0]) == [("مدينة القاهرة", "GPE")]


def test_offsets_are_those_of_python(serve_view: Any, page: Page) -> None:
    text = "a😀b é\u0301 الf\n"
    cuts = [(start, end) for start in range(len(text)) for end in range(start + 1, len(text) + 1)]
    serve_view("text", texts("a")).shown(page)
    shown = page.evaluate(
        """async ([text, cuts]) => {
          const { pieces } = await import("/offsets.js");
          return cuts.map(([start, end]) => {
            const { parts } = pieces(text, [{ start, end, label: "X" }]);
            return [parts.find((part) => part.span).text, parts.map((part) => part.text).join("")];
          });
        }""",
        [text, cuts],
    )
    assert shown == [[text[start:end], text] for start, end in cuts]


def test_spans_that_overlap_are_all_shown(serve_view: Any, page: Page) -> None:
    task = {
        "text": "Bank of New York",
        "spans": [
            {"start": 0, "end": 16, "label": "ORG"},
            {"start": 8, "end": 16, "label": "GPE"},
        ],
    }
    serve_view("ner", [task]).shown(page)
    assert re.sub(r"\s+", " ", page.locator(".text").inner_text()).startswith("Bank of New York")
    expect(page.locator(".hidden-spans")).to_contain_text("New YorkGPE")
