"""The setting `instructions`: a file's text, never its markup."""

from __future__ import annotations

from pathlib import Path

import pytest

from recipe_host.errors import SettingsError
from recipe_host.server.instructions import Block, read_instructions
from recipe_host.server.project import check_page, describe
from recipe_host.session import Controller

HTML = """<title>unseen</title><style>p {}</style><h2>ORG</h2>
All <b>banks</b> &lt;here&gt;<br>and<ul><li>a<li>b</ul><script>run()</script>"""
MARKDOWN = "## ORG\nall <b>\nbanks\n\n* a\n1. b\n2. c\n\nend"


@pytest.mark.parametrize(
    ("name", "content", "blocks"),
    [
        (
            "a.html",
            HTML,
            [("h3", "ORG"), ("p", "All banks <here>"), ("p", "and"), ("li", "a"), ("li", "b")],
        ),
        (
            "a.md",
            MARKDOWN,
            [
                ("h3", "ORG"),
                ("p", "all <b>\nbanks"),
                ("li", "a"),
                ("p", "1. b"),
                ("p", "2. c"),
                ("p", "end"),
            ],
        ),
        ("a.txt", " \n", []),
    ],
)
def test_files_are_read_as_headings_paragraphs_and_items(
    name: str, content: str, blocks: list[Block]
) -> None:
    Path(name).write_text(content)
    assert read_instructions(name) == blocks


def test_the_page_is_told_the_text_and_not_the_path() -> None:
    Path("how.md").write_text("Mark banks.")
    components = {"dataset": "news", "view_id": "text", "stream": []}
    controller = Controller.from_components("ask", components, {"instructions": "how.md"})
    told = describe(controller, "news-ann")
    assert told["instructions"] == [("p", "Mark banks.")]
    assert "how.md" not in str(told)
    Path("how.md").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"instructions 'how.md': it is not UTF-8 text"):
        check_page(controller)
