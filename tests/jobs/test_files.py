"""A file that is written replaces the old one as a whole, or leaves it."""

from __future__ import annotations

from pathlib import Path

import pytest

from prodigy_al.jobs.files import write_atomically


@pytest.mark.parametrize(
    ("content", "stored"), [("é\n", b"\xc3\xa9\n"), (b"\xff\x00", b"\xff\x00")]
)
def test_text_is_written_as_utf8_and_bytes_as_they_are(
    content: str | bytes, stored: bytes, tmp_path: Path
):
    path = tmp_path / "file.json"
    path.write_text("something longer")
    write_atomically(path, content)
    assert path.read_bytes() == stored
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_beside_it(tmp_path: Path):
    path = tmp_path / "file.json"
    path.mkdir()
    with pytest.raises(IsADirectoryError):
        write_atomically(path, "text")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_stays_as_it_was_until_the_new_one_is_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "file.json"
    path.write_text("old")
    write = Path.write_bytes

    def write_half(part: Path, content: bytes) -> int:
        write(part, content[: len(content) // 2])
        raise OSError("disk full")

    monkeypatch.setattr(Path, "write_bytes", write_half)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, "much that is new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
