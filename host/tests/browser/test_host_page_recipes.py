"""The al.* recipes from the page to the export: what was done in the browser is what comes out."""

from __future__ import annotations

import signal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.skipif(
    find_spec("prodigy_al") is None, reason="prodigy-al is not installed beside the host"
)

RECIPES = ["al.teach", "al.manual-ranked", "al.random"]
DECISIONS = ["accept", "reject", "ignore", "accept", "accept", "reject", "accept"]
BACK_MS = 20_000  # the page looks for its server again after up to 8 s
KEYS = {"accept": "a", "reject": "x", "ignore": " ", "undo": "Backspace", "save": "Control+s"}


class Annotator:
    """Does what a person does, by mouse or by keys, and remembers it."""

    def __init__(self, page: Page, recipe: str) -> None:
        self.page = page
        self.manual = recipe != "al.teach"
        self.by = "keyboard"
        self.done: list[tuple[str, str, list[tuple[int, int, str]]]] = []

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector(".text")

    def press(self, action: str) -> None:
        if self.by == "keyboard":
            self.page.keyboard.press(KEYS[action])
        else:
            self.page.locator(f"button.{action}").click()

    def text(self) -> str:
        """The text on the card, without labels."""
        copy = "node => { const c = node.cloneNode(true);"
        copy += "c.querySelectorAll('.tag').forEach(tag => tag.remove()); return c.textContent; }"
        return str(self.page.locator(".text").evaluate(copy))

    def mark(self) -> list[tuple[int, int, str]]:
        """Mark the second and third token; return the offsets."""
        if self.by == "keyboard":
            for key in ("ArrowRight", "Shift+ArrowRight", "Enter"):
                self.page.keyboard.press(key)
        else:
            self.page.locator("#token-1").drag_to(self.page.locator("#token-2"))
        words = self.text().split()
        start = len(words[0]) + 1
        return [(start, start + len(" ".join(words[1:3])), "ORG")]

    def shown_spans(self) -> list[tuple[int, int, str]]:
        marked = self.page.locator(".text mark").evaluate(
            "node => node.childNodes[0].textContent + '|' + node.querySelector('.tag').textContent"
        )
        covered, label = str(marked).split("|")
        start = self.text().index(covered)
        return [(start, start + len(covered), label)]

    def answer(self, decision: str) -> None:
        spans = (self.mark() if decision == "accept" else []) if self.manual else self.shown_spans()
        text = self.text()
        self.press(decision)
        self.done.append((text, decision, spans))
        expect(self.page.locator(".text")).not_to_have_text(text)

    def undo(self) -> tuple[str, list[tuple[int, int, str]]]:
        """Take the last answer back; return its text and spans, which are still on the card."""
        text, _, spans = self.done.pop()
        self.press("undo")
        assert self.text() == text
        return text, spans

    def redo(self, text: str, spans: list[tuple[int, int, str]]) -> None:
        """Answer what was undone, leaving its spans as they are."""
        self.press("accept")
        self.done.append((text, "accept", spans))


def outcome(examples: list[dict[str, Any]]) -> list[tuple[str, str, list[tuple[int, int, str]]]]:
    return [
        (e["text"], e["answer"], [(s["start"], s["end"], s["label"]) for s in e.get("spans") or []])
        for e in examples
    ]


def command(recipe: str, news_folder: Path) -> list[str]:
    return [
        recipe,
        "news",
        str(news_folder / "base"),
        str(news_folder / "news.jsonl"),
        "--label",
        "ORG",
    ]


@pytest.mark.parametrize("recipe", RECIPES)
def test_what_is_done_on_the_page_is_what_is_exported(
    serve: Any, page: Page, news_folder: Path, recipe: str
) -> None:
    served = serve(*command(recipe, news_folder))
    ann = Annotator(page, recipe)
    ann.open(served.address)
    for ann.by in ("mouse", "keyboard"):
        for decision in DECISIONS[:4]:
            ann.answer(decision)
        ann.redo(*ann.undo())
        page.reload()  # in mid-batch
        page.wait_for_selector(".text")
        for decision in DECISIONS[4:]:
            ann.answer(decision)
        ann.press("save")
        served.confirms(page)
    examples = served.exported()
    assert outcome(examples) == ann.done
    assert {example["al"]["version"] for example in examples} == {4}
    if recipe == "al.teach":
        assert not any("p(ORG)" in example["meta"] for example in examples)


@pytest.mark.parametrize("recipe", RECIPES)
def test_two_sessions_share_the_tasks_and_never_one(
    serve: Any, context: BrowserContext, news_folder: Path, recipe: str
) -> None:
    served = serve(*command(recipe, news_folder))
    people = [Annotator(context.new_page(), recipe) for _ in range(2)]
    for ann, name in zip(people, ("ann", "bob"), strict=True):
        ann.open(f"{served.address}/?session={name}")
    for decision in DECISIONS:
        for ann in people:
            ann.page.bring_to_front()
            ann.answer(decision)
    for ann in people:
        ann.press("save")
        served.confirms(ann.page)
    for ann, name in zip(people, ("ann", "bob"), strict=True):
        assert outcome(served.exported(f"news-{name}")) == ann.done
    texts = [text for ann in people for text, _, _ in ann.done]
    assert len(set(texts)) == len(texts)
    assert len(served.exported()) == len(texts)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_server_that_is_killed_under_an_open_page_loses_nothing(
    serve: Any, page: Page, news_folder: Path, recipe: str
) -> None:
    served = serve(*command(recipe, news_folder))
    ann = Annotator(page, recipe)
    ann.open(served.address)
    for decision in DECISIONS[:3]:
        ann.answer(decision)
    served.end(signal.SIGKILL)
    for decision in DECISIONS[3:5]:
        ann.answer(decision)
    ann.press("save")
    kept = "5 answers are kept in this browser"
    expect(page.locator(".notice")).to_contain_text(kept, timeout=BACK_MS)
    served.start()
    for decision in DECISIONS[5:]:
        ann.answer(decision)
    ann.press("save")
    served.confirms(page, timeout=BACK_MS)
    expect(page.locator(".notice")).to_have_count(0)
    assert outcome(served.exported()) == ann.done
    page.reload()
    page.wait_for_selector(".text")
    assert ann.text() not in [text for text, _, _ in ann.done]
