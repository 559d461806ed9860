"""The page is written beside report.json, whole or not at all, where its extra is installed."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prodigy_al.errors import ParameterError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report import files
from prodigy_al.report.files import describe_places, write_files, write_page, write_report
from prodigy_al.report.html.page import render_page
from prodigy_al.report.schema import Report


def test_the_page_stands_beside_the_report(whole_report: Report, tmp_path: Path):
    write_report(whole_report, tmp_path)
    assert write_page(whole_report, tmp_path) == tmp_path / "report.html"
    assert (tmp_path / "report.html").read_text(encoding="utf8") == render_page(whole_report)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]


@pytest.mark.parametrize("old", [False, True])
def test_without_the_extra_one_line_says_how_to_get_it(
    whole_report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: bool
):
    if old:
        write_page(whole_report, tmp_path)
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    said = write_page(whole_report, tmp_path)
    assert isinstance(said, Unavailable)
    assert "pip install 'prodigy-al[report]'" in said.reason
    assert "\n" not in said.reason
    # a page of other numbers than report.json is not passed off as this one's
    assert ("is of an earlier comparison" in said.reason) is old


def test_report_and_page_are_written_together_and_named(whole_report: Report, tmp_path: Path):
    assert write_files(whole_report, tmp_path) == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json"]
    where, models = describe_places(whole_report, tmp_path)
    assert where == f"Report: {tmp_path}/report.json, .html"
    assert models == f"Models: {tmp_path}/arms/DATASET/POLICY/model"


def test_the_report_is_whole_without_the_extra(
    whole_report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(files, "find_spec", lambda name: None)
    assert "pip install 'prodigy-al[report]'" in write_files(whole_report, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert describe_places(whole_report, tmp_path)[0] == f"Report: {tmp_path}/report.json"


def test_a_full_disk_costs_the_page_and_nothing_else(whole_report: Report, tmp_path: Path):
    """Files that may not grow beyond the size of report.json stand for the disk."""
    report = write_report(whole_report, tmp_path)
    before = report.read_bytes()
    with files_of_at_most(len(before)), pytest.raises(ParameterError) as error:
        write_page(whole_report, tmp_path)
    assert "report.html cannot be written there" in str(error.value)
    assert report.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
