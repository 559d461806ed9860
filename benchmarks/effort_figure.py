"""Draw docs/f1-by-effort.svg, the figure of the README, from what is kept in benchmarks/results/.

    python benchmarks/effort_figure.py

F1 on test after 250, 500 and 1,000 whole segments, drawn at random or ranked, against the seconds
they took by the cost model (`make study-strategies`); a thin line for each replicate, a thick one
for their mean. Beside it F1 of single spans after as long (`make study-mixed`), and of the base.
"""

from __future__ import annotations

import json
from statistics import fmean
from typing import Any

import matplotlib
from drawn import RANDOM, SECONDS
from kept import KeptModels, Tested
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from real_corpora import CORPORA, ROOT, Corpus
from strategies import BUDGETS, REPLICATES, STRATEGIES, Wanted

FILE = ROOT / "docs" / "f1-by-effort.svg"
TITLES = {"conll": "CoNLL-2003", "finer": "FiNER-ORD"}
INK, MUTED = "#1f2328", "#6e7781"
LINES = {
    RANDOM: ("whole segments, random", "#57606a"),
    STRATEGIES[0]: ("whole segments, ranked", "#0969da"),
}
SINGLE = ("single spans, ranked", "#bc4c00")
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "prodigy-al",
    "font.size": 11,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


def replicates(corpus: Corpus, strategy: str) -> list[list[Tested]]:
    """Return the models of each replicate that is complete, by growing budget."""
    kept = KeptModels(f"strategies-{corpus.name}")
    wanted = [[Wanted(strategy, "answers", n).name(seed) for n in BUDGETS] for seed in range(99)]
    return [[kept[n] for n in names] for names in wanted if all(n in kept for n in names)]


def base_f1(corpus: Corpus) -> float:
    """Return F1 of the base on test: what an arm got, less what it gained."""
    path = ROOT / "benchmarks" / "results" / "study.json"
    rows = json.loads(path.read_bytes())["rows"]
    got = rows[f"f1.{corpus.name}-teach-robust"]["value"] - rows[f"1.{corpus.name}"]["value"]
    return float(got)


def single_spans(corpus: Corpus) -> list[float]:
    """Return F1 of single spans after the seconds of 1,000 random segments, by replicate."""
    kept = KeptModels(f"mixed-{corpus.name}")
    names = (f"teach-seconds-{seed}-of-1000" for seed in range(REPLICATES))
    return [kept[name].f1 for name in names if name in kept]


def paint(axes: Axes, corpus: Corpus) -> None:
    """Draw one corpus."""
    end = 0.0
    for strategy, (_, colour) in LINES.items():
        runs = replicates(corpus, strategy)
        hours = [[model.effort[SECONDS] / 3600 for model in run] for run in runs]
        f1 = [[model.f1 for model in run] for run in runs]
        for x, y in zip(hours, f1, strict=True):
            axes.plot(x, y, color=colour, alpha=0.35, linewidth=0.8)
        mean = [[fmean(column) for column in zip(*rows, strict=True)] for rows in (hours, f1)]
        axes.plot(*mean, color=colour, linewidth=2.4, marker="o", markersize=5)
        if strategy == RANDOM:
            end = mean[0][-1]
            axes.set_title(f"{TITLES[corpus.name]} (n = {len(runs)} replicates)", fontsize=11)
    spans = single_spans(corpus)
    axes.scatter([end] * len(spans), spans, color=SINGLE[1], s=12, alpha=0.6, linewidths=0)
    axes.scatter([end], [fmean(spans)], color=SINGLE[1], marker="D", s=44, zorder=3)
    axes.axhline(base_f1(corpus), color=MUTED, linewidth=1, linestyle=(0, (4, 3)))
    axes.text(0.02, base_f1(corpus) + 0.006, "the base", color=MUTED, fontsize=10)
    axes.set_xlim(0)
    axes.set_xlabel("hours of annotation, by the cost model")


def main() -> None:
    """Write the figure."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(9.2, 4.1), layout="constrained")
        panels = figure.subplots(1, len(CORPORA))
        for axes, corpus in zip(panels, CORPORA, strict=True):
            paint(axes, corpus)
        panels[0].set_ylabel("F1 on test, ORG")
        marks = [
            panels[0].plot([], [], color=colour, linewidth=2.4, marker="o", label=label)[0]
            for label, colour in LINES.values()
        ]
        label, colour = SINGLE
        marks.append(panels[0].scatter([], [], color=colour, marker="D", s=44, label=label))
        figure.legend(handles=marks, loc="outside lower center", ncols=3, frameon=False)
        metadata = dict.fromkeys(("Date", "Creator"))
        figure.savefig(FILE, metadata=metadata, facecolor="white")


if __name__ == "__main__":
    main()
