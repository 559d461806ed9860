"""The annotators' instructions: a file's headings, paragraphs and list items, as plain text.

No markup reaches the page: the page makes its own elements and sets the text of each.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from recipe_host.errors import SettingsError

__all__ = ["Block", "read_instructions"]

Block = tuple[str, str]  # h3, p or li, and the text of it
ELEMENTS = {"li": "li", **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "h3")}
BREAKS = {*ELEMENTS, "p", "div", "br", "ul", "ol", "tr", "table", "section", "blockquote", "pre"}
UNSEEN = {"script", "style", "title", "template"}
MARKS = re.compile(r"(?P<h3>#{1,6}\s+)|(?P<li>[-*+]\s+)|(?P<p>(?=\d{1,3}[.)]\s))")


def read_instructions(path: str) -> list[Block]:
    """Return the blocks of an HTML file (by its suffix), or of a Markdown or plain one.

    Raises `SettingsError` for a file that cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"cannot read the instructions '{path}': {reason}") from error
    read = _from_html if path.lower().endswith((".html", ".htm")) else _from_text
    return read(text)


def _from_text(text: str) -> list[Block]:
    """Read Markdown's headings and lists; a line that begins with a number keeps it.

    >>> _from_text("# ORG\\nCompanies,\\nnot teams.\\n\\n- banks")
    [('h3', 'ORG'), ('p', 'Companies,\\nnot teams.'), ('li', 'banks')]
    """
    blocks: list[Block] = []
    goes_on = False
    for line in map(str.strip, text.splitlines()):
        mark = MARKS.match(line)
        if mark:
            blocks.append((mark.lastgroup or "p", line[mark.end() :]))
        elif line and goes_on:
            tag, before = blocks[-1]
            blocks[-1] = (tag, f"{before}\n{line}")
        elif line:
            blocks.append(("p", line))
        goes_on = bool(line) and blocks[-1][0] != "h3"  # a heading is one line
    return blocks


def _from_html(text: str) -> list[Block]:
    """Read what a browser would show as text.

    >>> _from_html("<h1>ORG</h1>All <b>banks</b> &amp; shops<script>run()</script>")
    [('h3', 'ORG'), ('p', 'All banks & shops')]
    """
    reader = _Reader()
    reader.feed(text)
    reader.close()
    blocks = [(tag, " ".join(words.split())) for tag, words in reader.blocks]
    return [(tag, words) for tag, words in blocks if words]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[Block] = [("p", "")]
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._unseen += 1
        elif tag in BREAKS:
            self.blocks.append((ELEMENTS.get(tag, "p"), ""))

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._unseen = max(0, self._unseen - 1)  # a file may close what it never opened
        elif tag in BREAKS:
            self.blocks.append(("p", ""))

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            tag, words = self.blocks[-1]
            self.blocks[-1] = (tag, words + data)
