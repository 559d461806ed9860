"""The page under axe-core, and under one fast annotator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
TEXT = "Ann met Bob in New York."
SPAN = {"start": 0, "end": 3, "label": "PER"}
TASK = {
    "text": TEXT,
    "label": "NEWS",
    "spans": [SPAN],
    "options": [{"id": 1, "text": "yes"}, {"id": 2, "text": "no"}],
    "meta": {"p(PER)": "0.43"},
}
VIEWS = ["ner", "ner_manual", "text", "choice", "classification"]


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, which .ci/run installs into build/."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm install --prefix build/axe axe-core)")
    return AXE.read_text("utf-8")


def problems(page: Page, axe: str) -> list[str]:
    """Serious findings, tested in a page whose content policy stays as it is."""
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(results => results.violations)")
    return [
        f"{one['id']}: {one['nodes'][0]['html']}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("view_id", VIEWS)
def test_no_view_keeps_anybody_out(serve_view: Any, page: Page, axe: str, view_id: str) -> None:
    labels = ["PER", "GPE", "ORG", *(f"LABEL_{n}" for n in range(9))]
    served = serve_view(view_id, [TASK, {**TASK, "text": f"{TEXT} "}], labels=labels)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.goto(served.address)
        page.wait_for_selector(".text")
        assert problems(page, axe) == []
        page.keyboard.press("f")
        assert problems(page, axe) == []
        page.keyboard.press("Escape")
        page.keyboard.press("h")
        assert problems(page, axe) == []
        page.keyboard.press("Escape")
        page.set_viewport_size({"width": 360, "height": 640})
        assert problems(page, axe) == []
        page.set_viewport_size({"width": 1100, "height": 700})
        page.keyboard.press("a")
        expect(page.locator("#history li")).to_have_count(1)
        assert problems(page, axe) == []
    expect(page.locator("#card")).to_contain_text("No tasks are left.")
    assert problems(page, axe) == []


def test_a_fast_annotator_loses_no_answer(serve_view: Any, page: Page) -> None:
    """How long a frame takes is measured in benchmarks/page.py."""
    tasks = [{"text": f"{TEXT} {n}", "meta": {"n": n}} for n in range(250)]
    served = serve_view("ner_manual", tasks, labels=["PER", "GPE"])
    served.shown(page)
    page.evaluate(FAST, {"count": 150, "pause": 20})
    page.keyboard.press("Control+s")
    served.confirms(page)
    numbers = [answer["meta"]["n"] for answer in served.answers()]
    assert numbers == list(range(150))


# Marks a span and accepts, again and again, as soon as there is a task.
FAST = """async ({ count, pause }) => {
  const wait = () => new Promise((resolve) => setTimeout(resolve, pause));
  const press = (key) =>
    (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
  for (let i = 0; i < count; i += 1) {
    while (!document.querySelector("#card .text")) await wait();
    press("Enter");
    press("a");
    await wait();
  }
}"""
