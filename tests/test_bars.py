"""Bars on a terminal say what takes so long; elsewhere there are none."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr
from itertools import count
from pathlib import Path

import pytest
from spacy.language import Language

from prodigy_al.inputs.sources import open_source
from prodigy_al.sampling.frame import Segment
from prodigy_al.scoring.marginals import MarginalScorer
from prodigy_al.scoring.segments import segment_scorer


class Terminal(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self) -> bool:
        return True


def test_a_bar_says_which_fold_is_scored(plain: Language):
    terminal = Terminal()
    segments = [Segment({"text": f"Acme {i}"}, i, "g", fold="dev") for i in range(3)]
    with redirect_stderr(terminal):
        list(segment_scorer(plain, MarginalScorer(plain), "expected-errors")(segments))
    assert "scoring dev fold: 100%" in terminal.getvalue()


@pytest.mark.parametrize(("seconds", "bar"), [(1.0, True), (0.0, False)])
def test_a_bar_shows_what_is_read_where_it_takes_over_a_second(
    world: Path, monkeypatch: pytest.MonkeyPatch, seconds: float, bar: bool
):
    clock, terminal = count(), Terminal()
    monkeypatch.setattr("tqdm.std.time", lambda: next(clock) * seconds)
    source = world / "pool.jsonl"
    with redirect_stderr(terminal):
        records = list(open_source(source, loader=None, skip_bad=False))
    assert len(records) == 600
    assert (f"reading {source}" in terminal.getvalue()) is bar


def test_standard_input_is_read_without_a_bar(monkeypatch: pytest.MonkeyPatch):
    clock, terminal = count(), Terminal()
    monkeypatch.setattr("tqdm.std.time", lambda: float(next(clock)))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"text": "Acme"}\n' * 3)))
    with redirect_stderr(terminal):
        assert len(list(open_source("-", loader=None, skip_bad=False))) == 3
    assert not terminal.getvalue()
