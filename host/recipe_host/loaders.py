"""Reading sources into dicts: JSONL, JSON, CSV and TXT files (each also gzipped), stdin, datasets.

Files are opened at once, so that a wrong path fails before anything else; records are read one at
a time (JSON, which is one value, whole).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, NoReturn

from recipe_host.constants import ANSWERS
from recipe_host.errors import SourceError
from recipe_host.types import SourceType, TaskType

__all__ = ["CSV", "JSON", "JSONL", "TXT", "load", "read_jsonl", "source_is_dataset", "write_jsonl"]

BOM = b"\xef\xbb\xbf"
SHOWN = 60  # characters of an offending text in a message
# Spreadsheets write these three with a capital.
COLUMNS = {"Text": "text", "Label": "label", "Meta": "meta"}
Reader = Callable[[IO[bytes], str], Iterator[TaskType]]


def source_is_dataset(source: object) -> bool:
    """Tell whether a source names a dataset (``dataset:NAME``) instead of a file."""
    return isinstance(source, str) and source.startswith("dataset:")


def load(source: SourceType, loader: str | None = None) -> Iterable[TaskType]:
    """Open a source and return its records, an iterable of dicts; see `stream.get_stream`.

    Raises `SourceError` where there is no such file, dataset or loader.
    """
    if not isinstance(source, str | Path):
        return source
    if source_is_dataset(source):
        return _dataset(str(source))
    name = "standard input" if source == "-" else str(source)
    read = READERS[_loader_of(Path(source), loader)]
    if source == "-":
        return read(sys.stdin.buffer, name)
    file = _open(Path(source))
    records = read(_unzipped(file), name)
    weakref.finalize(records, file.close)  # wherever reading them ends, also before the first
    return records


def _loader_of(path: Path, loader: str | None) -> str:
    there = f"there are: {', '.join(READERS)}"
    if loader is not None:
        if loader.lower() not in READERS:
            raise SourceError(f"no loader is called '{loader}'; {there}", source=str(path))
        return loader.lower()
    if str(path) == "-":
        return "jsonl"
    suffixes = [suffix.lower().lstrip(".") for suffix in path.suffixes if suffix.lower() != ".gz"]
    if not suffixes or suffixes[-1] not in READERS:
        raise SourceError(
            f"the name of '{path}' does not tell its format; name it with --loader ({there})",
            source=str(path),
        )
    return suffixes[-1]


def _open(path: Path) -> io.BufferedReader:
    try:
        return path.open("rb")
    except OSError as error:
        reason = error.strerror or str(error)
        raise SourceError(f"cannot open source '{path}': {reason}", source=str(path)) from error


def _unzipped(file: io.BufferedReader) -> IO[bytes]:
    # by content: the name need not say so; a pipe cannot go back to what was read
    zipped = file.peek(2)[:2] == b"\x1f\x8b"
    return gzip.open(file) if zipped else file  # type: ignore[return-value]


def _dataset(source: str) -> Iterable[TaskType]:
    from recipe_host.connections import connect

    name = source.removeprefix("dataset:")
    db = connect()
    if name in db:
        return db.examples_of(name)
    name, _, answer = name.rpartition(":")
    if answer not in ANSWERS or name not in db:
        known = ", ".join(db.datasets) or "none yet"
        raise SourceError(f"'{source}' names no dataset; there are: {known}", source=source)
    return [example for example in db.examples_of(name) if example.get("answer") == answer]


def _jsonl(file: IO[bytes], name: str) -> Iterator[TaskType]:
    """Read one JSON object per line; empty lines are skipped and still count as lines."""
    for number, line in _lines(file, name):
        try:
            record = json.loads(line, parse_constant=_refuse_constant)
        except RecursionError:
            _refuse(name, number, "holds values thousands deep in each other", line)
        except ValueError as error:
            _refuse(name, number, f"is not JSON ({error})", line)
        yield _task(record, name, number, line)


def _json(file: IO[bytes], name: str) -> Iterator[TaskType]:
    """Read one JSON list of objects; line numbers in errors are positions in that list."""
    text = "\n".join(line for _, line in _lines(file, name, keep_empty=True))
    try:
        records = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        _refuse(name, error.lineno, f"is not JSON ({error.msg})", text[error.pos :])
    except ValueError as error:
        raise SourceError(f"'{name}' is not JSON ({error})", source=name) from error
    if not isinstance(records, list):
        raise SourceError(f"'{name}' must hold a JSON list of objects", source=name)
    for number, record in enumerate(records, 1):
        yield _task(record, name, number, json.dumps(record), place="record")


def _txt(file: IO[bytes], name: str) -> Iterator[TaskType]:
    """Read one text per line; empty lines are skipped."""
    for _, line in _lines(file, name):
        yield {"text": line}


def _csv(file: IO[bytes], name: str) -> Iterator[TaskType]:
    """Read a table with the columns text, label and meta (any other is kept under its name)."""
    csv.field_size_limit(2**31 - 1)  # the module's own limit refuses long documents
    lines = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    rows = csv.reader(lines, strict=True)
    try:
        header = [COLUMNS.get(column, column) for column in next(rows, [])]
        if header and "text" not in header:
            found = ", ".join(header)
            raise SourceError(f"'{name}' has no column 'text', only: {found}", source=name, line=1)
        for row in rows:
            if row and len(row) != len(header):
                _refuse(name, rows.line_num, f"has not {len(header)} columns", ",".join(row))
            if row:
                # An empty cell is a key that the record does not have.
                record: TaskType = {k: v for k, v in zip(header, row, strict=True) if v}
                yield {**record, "meta": {"meta": record["meta"]}} if "meta" in record else record
    except (csv.Error, UnicodeDecodeError) as error:
        _refuse(name, rows.line_num + 1, f"is not CSV in UTF-8 ({error})", "")


READERS: dict[str, Reader] = {"jsonl": _jsonl, "json": _json, "csv": _csv, "txt": _txt}


def JSONL(source: SourceType) -> Iterable[TaskType]:
    """Open a file of one JSON object per line; see `load`."""
    return load(source, "jsonl")


def JSON(source: SourceType) -> Iterable[TaskType]:
    """Open a file that is one JSON list of objects; see `load`."""
    return load(source, "json")


def TXT(source: SourceType) -> Iterable[TaskType]:
    """Open a file of one text per line; see `load`."""
    return load(source, "txt")


def CSV(source: SourceType) -> Iterable[TaskType]:
    """Open a table with the columns text, label and meta; see `load`."""
    return load(source, "csv")


def _lines(file: IO[bytes], name: str, *, keep_empty: bool = False) -> Iterator[tuple[int, str]]:
    """Number and decode lines; only a line feed ends one (a text may hold U+2028)."""
    try:
        for number, raw in enumerate(file, 1):
            line = raw.removeprefix(BOM) if number == 1 else raw
            try:
                text = line.decode("utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                _refuse(name, number, f"is not UTF-8 ({error.reason})", repr(line[:SHOWN]))
            if keep_empty or text.strip():
                yield number, text
    except (EOFError, gzip.BadGzipFile) as error:
        raise SourceError(f"'{name}' is a broken gzip file ({error})", source=name) from error
    finally:
        if file is not sys.stdin.buffer:  # which is not ours to close
            file.close()


def _task(record: Any, name: str, number: int, text: str, *, place: str = "line") -> TaskType:
    if not isinstance(record, dict):
        _refuse(name, number, "is not a JSON object", text, place=place)
    if not isinstance(record.get("text", ""), str):
        _refuse(name, number, "has a 'text' that is not a string", text, place=place)
    return record


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _refuse(name: str, number: int, problem: str, text: str, *, place: str = "line") -> NoReturn:
    shown = text if len(text) <= SHOWN else text[:SHOWN] + "…"
    raise SourceError(
        f"{place} {number} of '{name}' {problem}" + (f": {shown}" if shown else ""),
        source=name,
        line=number,
    )


def read_jsonl(path: str | Path) -> Iterator[TaskType]:
    """Read the objects of a JSONL file (``-``: stdin).

    Raises `SourceError` for a line that is not a JSON object.
    """
    return iter(load(path, "jsonl"))


def write_jsonl(path: str | Path, lines: Iterable[TaskType]) -> None:
    """Write one JSON object per line, in ASCII, to a file (``-``: stdout)."""
    if str(path) == "-":
        sys.stdout.writelines(json_lines(lines))
        return
    with Path(path).open("w", encoding="ascii") as file:
        file.writelines(json_lines(lines))


def json_lines(records: Iterable[TaskType]) -> Iterator[str]:
    """Format one JSON object per line, in ASCII, which every terminal and every text survive."""
    return (json.dumps(record) + "\n" for record in records)
