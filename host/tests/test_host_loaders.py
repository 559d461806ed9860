"""Sources: every format, also gzipped, and one clear sentence for what cannot be used."""

from __future__ import annotations

import gc
import gzip
import io
import json
import os
import sys
import warnings
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from recipe_host.connections import connect
from recipe_host.errors import SourceError
from recipe_host.hashing import set_hashes
from recipe_host.loaders import load, read_jsonl, write_jsonl

FILES = {
    "a.jsonl": b'{"text": "one"}\n{"text": "two"}\n',
    "a.json": b'[{"text": "one"},\n {"text": "two"}]',
    "a.csv": b"text\none\ntwo\n",
    "a.txt": b"one\ntwo\n",
}


def write(name: str, content: bytes) -> Path:
    path = Path(name)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def texts(source: Any, loader: str | None = None) -> list[str]:
    return [task["text"] for task in load(source, loader)]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_every_format_is_read_plain_and_gzipped(name: str, suffix: str) -> None:
    path = write(name + suffix, FILES[name])
    assert texts(path) == texts(str(path)) == ["one", "two"]


@pytest.mark.parametrize(
    "content",
    [FILES["a.jsonl"], gzip.compress(FILES["a.jsonl"]), b""],
    ids=["plain", "gzipped", "nothing"],
)
def test_what_another_program_writes_is_read_as_it_arrives(content: bytes) -> None:
    ours, others = os.pipe()
    os.write(others, content)
    os.close(others)
    wanted = ["one", "two"] if content else []
    assert texts(f"/dev/fd/{ours}", "jsonl") == wanted  # as a shell passes <(command)
    os.close(ours)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("how_many", [0, 1, 2])
def test_files_are_closed_wherever_reading_ends(name: str, suffix: str, how_many: int) -> None:
    path = write(name + suffix, FILES[name])
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        records = iter(load(path))
        assert len(list(islice(records, how_many))) == how_many
        del records
        gc.collect()
    # what else is collected here is another test's
    assert not [one for one in warned if path.name in str(one.message)]


@pytest.mark.parametrize("name", FILES)
def test_windows_files_with_byte_order_mark_are_read(name: str) -> None:
    write(name, b"\xef\xbb\xbf" + FILES[name].replace(b"\n", b"\r\n"))
    assert texts(name) == ["one", "two"]


def test_a_named_loader_wins_over_the_name() -> None:
    write("a.csv", FILES["a.txt"])
    assert texts("a.csv", "txt") == ["one", "two"]


def test_empty_lines_are_skipped_and_counted() -> None:
    write("a.jsonl", b'\n{"text": "one"}\n  \n{broken\n')
    with pytest.raises(SourceError, match=r"line 4 of 'a.jsonl' is not JSON .*\{broken"):
        list(load("a.jsonl"))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('["text"]', "is not a JSON object"),
        ('"text"', "is not a JSON object"),
        ('{"text": 5}', "has a 'text' that is not a string"),
        ('{"p": NaN}', "NaN is not a JSON number"),
    ],
)
def test_lines_that_are_no_tasks_are_named(line: str, problem: str) -> None:
    write("a.jsonl", b'{"text": "one"}\n' + line.encode())
    with pytest.raises(SourceError, match=f"line 2 of 'a.jsonl' .*{problem}") as caught:
        list(load("a.jsonl"))
    assert (caught.value.source, caught.value.line) == ("a.jsonl", 2)


def test_records_before_a_bad_line_are_served() -> None:
    write("a.jsonl", b'{"text": "one"}\n{')
    stream = iter(load("a.jsonl"))
    assert next(stream) == {"text": "one"}
    with pytest.raises(SourceError):
        next(stream)


def test_very_long_lines_are_read_and_shortened_in_messages() -> None:
    long = "x" * 3_000_000
    write("a.jsonl", json.dumps({"text": long}).encode() + b"\n{" + long.encode())
    stream = iter(load("a.jsonl"))
    assert next(stream)["text"] == long
    with pytest.raises(SourceError) as caught:
        next(stream)
    assert len(str(caught.value)) < 300
    write("a.csv", b"text\n" + long.encode())
    assert texts("a.csv") == [long]


def test_line_separators_inside_a_text_end_no_line() -> None:
    write("a.txt", "one\u2028still one\x85still\ntwo".encode())
    assert len(texts("a.txt")) == 2


def test_files_that_are_not_utf8_are_named_with_the_line() -> None:
    for name in ("a.txt", "a.jsonl"):
        write(name, b"{}\n" + "é".encode("latin-1"))
        with pytest.raises(SourceError, match=r"line 2 of .* is not UTF-8"):
            list(load(name))
    write("a.csv", b"text\n" + "é".encode("latin-1"))
    with pytest.raises(SourceError, match="is not CSV in UTF-8"):
        list(load("a.csv"))


def test_broken_gzip_files_are_named() -> None:
    write("a.txt.gz", b"one\n" * 1000)
    Path("a.txt.gz").write_bytes(Path("a.txt.gz").read_bytes()[:-9])
    with pytest.raises(SourceError, match="broken gzip file"):
        list(load("a.txt.gz"))


def test_csv_columns_may_be_capitalised_and_meta_is_nested() -> None:
    write("a.csv", b'Text,Label,Meta,id\n"one, two",ORG,page 1,7\nthree,,,\n')
    assert list(load("a.csv")) == [
        {"text": "one, two", "label": "ORG", "meta": {"meta": "page 1"}, "id": "7"},
        {"text": "three"},
    ]


def test_csv_files_without_text_or_with_ragged_rows_are_named() -> None:
    write("a.csv", b"id,title\n1,a\n")
    with pytest.raises(SourceError, match="no column 'text', only: id, title"):
        list(load("a.csv"))
    write("a.csv", b"text,id\na,1\nb\n")
    with pytest.raises(SourceError, match=r"line 3 of 'a.csv' has not 2 columns"):
        list(load("a.csv"))


def test_json_files_must_be_a_list_of_objects() -> None:
    write("a.json", b'{"text": "one"}')
    with pytest.raises(SourceError, match="must hold a JSON list"):
        list(load("a.json"))
    write("a.json", b'[{"text": "one"},\n 5]')
    with pytest.raises(SourceError, match=r"record 2 of 'a.json' is not a JSON object: 5"):
        list(load("a.json"))
    write("a.json", b'[{"text": "one"},\n oops]')
    with pytest.raises(SourceError, match=r"line 2 of 'a.json' is not JSON .*oops"):
        list(load("a.json"))


@pytest.mark.parametrize(
    ("source", "loader", "problem"),
    [
        ("none.jsonl", None, "cannot open source 'none.jsonl'"),
        ("a.xyz", None, "does not tell its format; name it with --loader"),
        ("a.txt", "xyz", "no loader is called 'xyz'; there are: jsonl, json, csv, txt"),
        ("dataset:none", None, "names no dataset; there are: none yet"),
        (".", "txt", "cannot open source '.'"),
    ],
)
def test_sources_that_cannot_be_opened_fail_at_once(
    source: str, loader: str | None, problem: str
) -> None:
    with pytest.raises(SourceError, match=problem):
        load(source, loader)


def test_standard_input_is_jsonl_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    def stdin(content: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))

    stdin(FILES["a.jsonl"])
    assert texts("-") == ["one", "two"]
    stdin(FILES["a.txt"])
    assert texts("-", "txt") == ["one", "two"]


def test_datasets_are_sources_whole_or_by_answer() -> None:
    db = connect()
    db.add_dataset("news")
    db.add_dataset("with:accept")
    for text, answer in [("one", "accept"), ("two", "reject")]:
        example = set_hashes({"text": text, "answer": answer})
        db.add_examples([example], datasets=["news", "with:accept"])
    assert texts("dataset:news") == ["one", "two"]
    assert texts("dataset:news:reject") == ["two"]
    assert texts("dataset:with:accept") == ["one", "two"]
    with pytest.raises(SourceError, match="there are: news, with:accept"):
        load("dataset:news:maybe")


def test_iterables_are_sources_and_stay_lazy() -> None:
    def endless() -> Iterator[dict[str, Any]]:
        while True:
            yield {"text": "one"}

    assert next(iter(load(endless()))) == {"text": "one"}


def test_jsonl_is_read_as_it_was_written() -> None:
    records = [{"text": "naïve\u2028\n", "p": 0.12345678901234566}, {"text": "\U0001f600"}]
    write_jsonl("out.jsonl", records)
    assert list(read_jsonl("out.jsonl")) == records
