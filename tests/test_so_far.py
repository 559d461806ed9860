"""While people annotate: the weighted F1 on the dev answers so far, as al.compare gives it."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from math import log
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.evaluation.estimators import MIN_GROUPS, Estimate
from prodigy_al.evaluation.looking import estimate_at_any_time
from prodigy_al.inputs.comparison import open_comparison
from prodigy_al.inputs.so_far import DevJob, DevScore
from prodigy_al.jobs.child import ChildProcess
from prodigy_al.records import SIMULATED
from prodigy_al.report.build import compare
from prodigy_al.report.metrics import WeightedMetric
from prodigy_al.report.numbers import interval, number

Start = Callable[..., Any]
SECONDS = 600.0  # the process that measures lets all others go first


@pytest.fixture
def gold(world: Path) -> dict[str, list[dict[str, Any]]]:
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()
    records = map(json.loads, lines)
    return {one["text"]: [s for s in one["spans"] if s["label"] == "ORG"] for one in records}


@pytest.fixture
def annotate(controller: Start, world: Path, gold: Any) -> Any:
    """Answer n questions of a recipe rightly and return its controller: (recipe, n, **options)."""
    opened: list[Any] = []

    def run(recipe: str, n: int, *, stamp: dict[str, Any] | None = None, **options: Any) -> Any:
        source = options.pop("source", world / "pool.jsonl")
        chosen = {"label": ["ORG"], "dev_share": 0.4, **options}
        ctrl = controller(recipe, "x", str(world / "base"), str(source), **chosen)
        opened.append(ctrl)
        while n > 0:
            batch = ctrl.get_questions()[:n]
            n -= len(batch)
            ctrl.receive_answers([{**_right(task, gold), **(stamp or {})} for task in batch])
        return ctrl

    yield run
    for ctrl in opened:
        ctrl.close()


def _right(task: dict[str, Any], gold: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    if "spans" in task:  # one span: right or wrong?
        return {**task, "answer": "accept"}
    return {**task, "spans": gold[task["text"]], "answer": "accept"}


def measuring() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "dev score"]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    """Wait until everything is measured, and return what was said meanwhile."""
    for thread in measuring():
        thread.join(SECONDS)
        assert not thread.is_alive()
    return " ".join(capsys.readouterr().out.split())


LINE = (
    r"the base is at F1 (\S+ \[\S+ \S+) on your text \(n = (\d+) dev answers from (\d+) "
    r"documents\); (\[\S+ \S+) however often you look"
)


@pytest.mark.parametrize("recipe", ["al.random", "al.manual-ranked"])
def test_after_fifty_answers_the_number_is_that_of_al_compare(
    annotate: Any, world: Path, capsys: pytest.CaptureFixture[str], recipe: str
):
    """Also where nobody chose labels: al.compare leaves out those that no answer has a span of."""
    annotate(recipe, 49, label=None)
    assert not measuring()
    annotate(recipe, 1, label=None)
    line = re.search(LINE, said(capsys))
    assert line is not None
    plan = open_comparison(
        ["x"], str(world / "base"), None, label=None, loader=None, skip_bad=False, group_by=None,
        policies=None, curves=False, seeds=[0], workers=1, engine=None, output=Path("al-compare"),
        quick=True,
    )  # fmt: skip
    weighted = compare(plan).base.dev["x"].weighted
    assert isinstance(weighted, WeightedMetric)
    assert line[1] == f"{number(weighted.f1)} {interval(weighted.low, weighted.high)}"
    assert int(line[2]) == weighted.m > 10
    usual = Estimate(weighted.f1, weighted.low, weighted.high)
    ever = estimate_at_any_time(usual, groups=int(line[3]))
    assert line[4] == interval(ever.low, ever.high)


def test_no_answer_waits_for_the_number(
    annotate: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    begun, may_end = threading.Event(), threading.Event()

    def measure(child: ChildProcess, function: Callable[[DevJob], Any], job: DevJob) -> Any:
        begun.set()
        assert may_end.wait(60), "whoever waits for this would let it go on, and cannot"
        return function(job)

    monkeypatch.setattr(ChildProcess, "run", measure)
    ctrl = annotate("al.random", 50, budget=100)
    assert begun.wait(60)
    for _ in range(2):
        batch = ctrl.get_questions()
        ctrl.receive_answers([{**task, "spans": [], "answer": "accept"} for task in batch])
    assert ctrl.total_annotated == 70
    assert ctrl.progress == 0.7
    assert measuring()  # still
    assert "F1" not in capsys.readouterr().out
    may_end.set()
    assert "the base is at F1 " in said(capsys)


def test_without_an_interval_the_reason_is_said_once_and_no_number(
    annotate: Any, world: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    source = tmp_path / "few.jsonl"
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()
    source.write_text("\n".join(lines[:170]), encoding="utf8")  # of 34 documents
    ctrl = annotate("al.random", 50, source=source, dev_share=0.2)
    heard = said(capsys)
    for _ in range(5):
        batch = ctrl.get_questions()
        ctrl.receive_answers([{**task, "spans": [], "answer": "accept"} for task in batch])
    assert ctrl.total_annotated == 100
    heard += said(capsys)
    assert len(re.findall("no F1 of the base on your text yet: the answers come from", heard)) == 1
    assert "is at F1" not in heard


@pytest.mark.parametrize(
    ("recipe", "stamp", "measured"),
    [
        ("al.random", {}, True),
        ("al.teach", {}, False),
        ("al.random", {SIMULATED: True}, False),
    ],
)
def test_only_whole_segments_of_people_are_measured(
    annotate: Any, recipe: str, stamp: dict[str, Any], measured: bool
):
    ctrl = annotate(recipe, 50, stamp=stamp)
    assert bool(measuring()) is measured
    ctrl.close()
    for thread in measuring():
        thread.join(SECONDS)


def test_where_the_model_learns_its_newest_refit_is_measured(
    annotate: Any, capsys: pytest.CaptureFixture[str]
):
    annotate("al.manual-ranked", 50, rerank_every=20, wait=True)
    assert "the model refitted on 20 answers is at F1 " in said(capsys)


def test_where_the_model_learns_the_gain_of_more_answers_is_told(
    annotate: Any, gold: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    in_a_process = ChildProcess.run

    def measure(child: ChildProcess, function: Callable[[Any], Any], job: Any) -> Any:
        found = in_a_process(child, function, job)
        # two models of so small a world differ in too few documents
        return replace(found, differing=MIN_GROUPS) if isinstance(found, DevScore) else found

    monkeypatch.setattr(ChildProcess, "run", measure)
    ctrl = annotate("al.manual-ranked", 50, rerank_every=20, wait=True)
    first = said(capsys)
    assert "refitted on" in first
    assert "more answers to train on" not in first  # one refitted model is no growth
    for _ in range(5):
        ctrl.receive_answers([_right(task, gold) for task in ctrl.get_questions()])
    heard = said(capsys)
    before, after = dict.fromkeys(re.findall(r"refitted on (\d+) answers", first + heard))
    told = re.search(
        r"100 more answers to train on would bring about (\S+) \[(\S+), (\S+)\], however often "
        r"you look, if F1 goes on growing with their logarithm \((\S+) from (\d+) to (\d+)\)",
        heard,
    )
    assert told is not None
    assert (told[5], told[6]) == (before, after)
    gain, low, high, change = (float(told[i]) for i in range(1, 5))
    assert low < gain < high
    factor = log(1 + 100 / int(told[6])) / log(int(told[6]) / int(told[5]))
    assert gain == pytest.approx(change * factor, abs=0.002)


def test_who_ends_the_server_hears_nothing_more(annotate: Any, capsys: pytest.CaptureFixture[str]):
    ctrl = annotate("al.random", 50)
    start = time.monotonic()
    ctrl.close()
    assert "F1" not in said(capsys)
    assert time.monotonic() - start < SECONDS
