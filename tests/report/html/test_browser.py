"""The page in a real browser without any network, on a phone and on a desk, by day and by night."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.report.files import write_page
from prodigy_al.report.schema import Report

pytest.importorskip("playwright", reason="the page is shown with playwright")
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[3]
AXE = ROOT / "build" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-sync"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm install --prefix build/axe axe-core)")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def written(whole_report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = write_page(whole_report, tmp_path_factory.mktemp("page"))
    assert isinstance(page, Path)
    return page


@pytest.fixture
def shown(chromium: Browser, written: Path) -> Iterator[Callable[[int, str], Page]]:
    """Open the page in a window of a width, light or dark; nothing else may be asked for."""
    opened: list[Any] = []
    asked: list[str] = []

    def show(width: int, scheme: Any) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True
        )
        opened.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: asked.append(str(error)))
        page.on("console", lambda message: asked.append(message.text))
        page.goto(written.as_uri())
        return page

    yield show
    for context in opened:
        context.close()
    assert set(asked) == {written.as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nobody_is_kept_out_and_nothing_is_asked_for(
    shown: Callable[..., Page], axe: str, width: int, scheme: str
):
    page = shown(width, scheme)
    # figures and tables are as wide as the window, or scroll by themselves
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(results => results.violations)")
    assert [f"{one['id']}: {one['nodes'][0]['html']}" for one in found] == []


def test_a_phone_and_a_desk_see_each_figure_once(shown: Callable[..., Page]):
    for width in (390, 800, 1280):
        page = shown(width, "light")
        for figure in page.locator("figure").all():
            visible = [svg for svg in figure.locator("svg").all() if svg.is_visible()]
            assert len(visible) == 1


def test_on_a_phone_what_a_table_is_called_is_read_without_scrolling(
    shown: Callable[..., Page],
):
    captions = shown(390, "light").locator("caption span").all()
    assert captions
    for caption in captions:
        box = caption.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 390


def test_on_a_desk_the_right_column_leaves_no_hole_below_the_left_one(shown: Callable[..., Page]):
    page = shown(1280, "light")
    ends = []
    for column in ("main > .first > section", "main > .first > aside"):
        box = page.locator(f"{column} > :last-child").bounding_box()
        assert box is not None
        ends.append(box["y"] + box["height"])
    cards = page.locator(".cards").bounding_box()
    assert cards is not None
    assert ends[1] - ends[0] < 100
    assert cards["y"] >= max(ends)


def test_the_answer_and_both_figures_stand_on_the_first_screen_of_a_desk(
    shown: Callable[..., Page],
):
    page = shown(1280, "light")
    for found in (
        ".checks",
        ".verdicts",
        "#forest-0 .wide svg",
        "#dev-test .narrow svg",
        "aside .card",
    ):
        box = page.locator(found).first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 800
