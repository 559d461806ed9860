"""One fast annotator in a real browser: 1,000 answers, ten per second, and the longest stall."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
from annotators import Served, alive
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Marks a token and accepts, `count` times; returns the longest time between two frames in ms, and
# the longest from a key to the next text on the card.
FAST = """async ({ count, pause }) => {
  const text = () => document.querySelector(".text")?.textContent;
  let frames = 0, keys = 0, over = false;
  let last = performance.now();
  (function frame(now) {
    frames = Math.max(frames, now - last);
    last = now;
    if (!over) requestAnimationFrame(frame);
  })(last);
  const press = (key) =>
    (document.activeElement ?? document.body).dispatchEvent(
      new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }),
    );
  for (let i = 0; i < count; i += 1) {
    press("Enter");
    const [before, begin] = [text(), performance.now()];
    press("a");
    while (text() === before) await new Promise(requestAnimationFrame);
    keys = Math.max(keys, performance.now() - begin);
    await new Promise((resolve) => setTimeout(resolve, pause - (performance.now() - begin)));
  }
  over = true;
  return { frames, keys };
}"""


def annotate_fast(folder: Path, *, count: int) -> tuple[dict[str, float], list[int]]:
    """Give `count` answers, ten per second.

    Return the longest stalls in ms, `frames` and `keys`, and the numbers of the stored tasks.
    """
    served = Served(folder, view_id="ner_manual")
    served.start()
    try:
        asyncio.run(_wait(served.address))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.goto(served.address)
            page.wait_for_selector(".token")
            page.wait_for_timeout(1000)  # the page has loaded; what follows is annotation
            stalls: dict[str, float] = page.evaluate(FAST, {"count": count, "pause": 100})
            page.keyboard.press("Control+s")
            unsaved = page.locator("#counts div", has_text="not yet saved").locator("dd")
            unsaved.get_by_text("0", exact=True).wait_for()
            browser.close()
    finally:
        served.kill()
    return stalls, [example["meta"]["n"] for example in served.stored()]


async def _wait(address: str) -> None:
    async with httpx2.AsyncClient(base_url=address) as client:
        await alive(client)
