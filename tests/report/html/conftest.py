"""Pages of made-up reports, and what stands in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="the page needs the extra `report` (matplotlib)")

from prodigy_al.report.html.page import render_page
from prodigy_al.report.metrics import Metric
from prodigy_al.report.parts import Exchange, Gap, Interval
from prodigy_al.report.schema import (
    Arm,
    Cell,
    CurvePoint,
    OtherLabel,
    OtherLabels,
    Report,
)

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "use"}


@dataclass
class Element:
    """An element of a page: its attributes, its text, and what it holds."""

    name: str
    attributes: Mapping[str, str]
    children: list[Element | str] = field(default_factory=list)

    def all(self, name: str) -> Iterator[Element]:
        """Yield the elements of one name below this one."""
        for child in self.children:
            if isinstance(child, Element):
                if child.name == name:
                    yield child
                yield from child.all(name)

    def every(self) -> Iterator[Element]:
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child.every()

    @property
    def text(self) -> str:
        parts = (c if isinstance(c, str) else c.text for c in self.children)
        return " ".join(" ".join(parts).split())

    def with_class(self, name: str) -> list[Element]:
        return [one for one in self.every() if name in one.attributes.get("class", "").split()]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        # what is closed was opened last: a page that is not well formed fails here
        assert self.open.pop().name == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].children.append(data)


def parse(page: str) -> Element:
    parser = _Parser()
    parser.feed(page)
    parser.close()
    (root,) = parser.open
    return root


@pytest.fixture(scope="session")
def read_page() -> Callable[[Report], Element]:
    """Render a report and parse the page."""
    return lambda report: parse(render_page(report))


def _with_gap(arm: Arm, usual: float) -> Arm:
    """The same arm, its dev as usual at `usual` and the difference to test in parts."""

    def changed(run: Any) -> Any:
        weighted = run.dev.weighted.f1
        end = {"low": None, "high": None}
        metric = Metric(f1=usual, p=usual, r=usual, low=None, high=None, n=250)
        return replace(
            run,
            dev=replace(run.dev, usual=metric),
            gap=Gap(
                selection=Interval(value=usual - weighted, **end),
                rest=Interval(value=weighted - run.test.f1, **end),
            ),
            others=OtherLabels(
                agreement_f1=0.97,
                per_label={"LOC": OtherLabel(before=40, after=39.0, agreement_f1=0.95)},
            ),
        )

    return replace(arm, runs={policy: changed(run) for policy, run in arm.runs.items()})


def _curve(name: str, last: float) -> list[CurvePoint]:
    return [
        CurvePoint(
            dataset=name, policy="robust", answers=250 * at, tokens=5000 * at, entities=225 * at,
            seconds=1000.0 * at, f1=last - (4 - at) * 0.01, low=last - 0.07, high=last + 0.03,
        )
        for at in (1, 2, 3, 4)
    ]  # fmt: skip


@pytest.fixture(scope="session")
def whole_report(made_report: Callable[..., Report], three_arms: dict[str, Arm]) -> Report:
    """A report with something for every part of the page."""
    usual = {"news-random": 0.68, "news-ranked": 0.75, "news-teach": 0.9}
    arms = {name: _with_gap(arm, usual[name]) for name, arm in three_arms.items()}
    checks = [
        {"id": "training-seeds", "ok": True, "number": 5, "why": ""},
        {"id": "test-groups", "ok": False, "number": 8, "why": "8 documents are few"},
    ]
    exchange = Exchange(
        dataset="news-teach", control="news-random", policy="robust", binary_per_segment=3.1,
        low=2.2, high=4.9, answers=900, segments=290, times_faster=3.4, measured=True,
    )  # fmt: skip
    cells = [
        Cell(
            policy=None if model == "base" else "robust",
            model=model,
            set=name,
            kind="test" if name == "test" else "usual",
            f1=0.6,
            low=0.5,
            high=0.7,
            leak=model == name,
        )
        for model in ("base", *arms)
        for name in ("test", *arms)
    ]
    return made_report(
        arms,
        health=checks,
        exchange=[exchange],
        matrix=cells,
        curves=[point for name in arms for point in _curve(name, 0.66)],
        machine={"cpu": "a processor", "blas": "openblas", "threads": 1},
    )
