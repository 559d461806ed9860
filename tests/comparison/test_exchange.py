"""How many answers about single spans did the work of one whole segment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prodigy_al.comparison.exchange import find_exchange
from prodigy_al.comparison.measurements import BASE, Measurements, Model, Row
from prodigy_al.comparison.planned_runs import first_runs, whole_runs
from prodigy_al.comparison.testset import remove_overlap
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.build import build_report
from prodigy_al.report.exchange import exchange_lines
from prodigy_al.report.tables import render_tables

ALL, SINGLE, MIXED = "news-random-0", "news-teach-0", "news-ranked-0+news-teach-0"
SHORT = "start+news-teach-0"
CURVE = (0.5, 0.7, 0.8, 0.9)  # share of the gold spans that whole segments find, by their number


@pytest.fixture
def learned(opened: Any, simulated: Any) -> Callable[..., Measurements]:
    """Measure models that find a share of the gold, without training: (DATASETS, share)."""

    def measure(datasets: str, share: float, **options: Any) -> Measurements:
        answers = {**simulated, "start": simulated["news-ranked-0"][:16]}
        plan = opened(datasets, answers, **({"curves": True, "seeds": [0, 1]} | options))
        measured = Measurements(plan, *remove_overlap(plan.arms, plan.test))
        counts = {
            arm.dataset: [*sorted(one.count for one in arm.first_answers)] for arm in plan.arms
        }
        for run in (*whole_runs(plan, measured.trains), *first_runs(plan, measured.trains)):
            found = share if run.dataset != ALL else CURVE[-1]
            if run.policy is None:
                found = 0.2
            elif run.first is not None:
                found = CURVE[counts[run.dataset].index(run.first)]
            measured.add(
                run,
                [[_found(item, found, run.seed) for item in part.items] for part in run.evaluate],
            )
        return measured

    return measure


def _found(item: Any, share: float, seed: int) -> frozenset[Any]:
    """A share of the gold spans, more with each seed and never others."""
    kept = 100 * share + seed
    spans = enumerate(sorted(item.accepted))
    return frozenset(span for i, span in spans if (7919 * item.input_hash + 31 * i) % 100 < kept)


def texts_at(measured: Measurements, dataset: str) -> float:
    """Read the curve of whole segments, by training texts, where it has a dataset's F1."""
    control = next(arm for arm in measured.plan.arms if arm.dataset == ALL)
    held = [0]
    held += [
        len({item.input_hash for item in first.answers.items} & {i.input_hash for i in part})
        for first in control.first_answers
        for part in [measured.trains[ALL].items]
    ]
    held.append(len(measured.trains[ALL]))
    models = [BASE, *(Model(ALL, "usual", one.count) for one in control.first_answers)]
    f1 = [measured.score(Row(model, "test")).f1 for model in [*models, Model(ALL, "usual")]]
    ours = measured.score(Row(Model(dataset, "usual"), "test")).f1
    return float(np.interp(ours, f1, held))


def test_the_rate_is_read_off_the_curve_of_whole_segments(learned: Any):
    measured = learned(f"{ALL},{SINGLE}", 0.6)
    control, arm = measured.plan.arms
    found = find_exchange(arm, "usual", measured)
    assert found.control is control
    answers = len(measured.trains[SINGLE])
    assert found.rate.answers == answers
    assert found.rate.segments == pytest.approx(texts_at(measured, SINGLE))
    assert found.rate.value == pytest.approx(answers / found.rate.segments)
    assert found.rate.low < found.rate.value < found.rate.high
    seconds = control.effort.seconds_per_answer / arm.effort.seconds_per_answer
    assert (found.times_faster, found.measured) == (seconds, False)
    assert find_exchange(control, "usual", measured) is None


def test_of_a_joined_arm_its_own_whole_segments_are_counted_as_they_are(learned: Any):
    measured = learned(f"{ALL},{SHORT}", 0.85)
    found = find_exchange(measured.plan.arms[1], "usual", measured)
    train = measured.trains[SHORT]
    whole = sum(train.form_of(item) == "full" for item in train.items)
    assert 0 < whole < texts_at(measured, SHORT)
    assert found.rate.answers == len(train) - whole
    assert found.rate.segments == pytest.approx(texts_at(measured, SHORT) - whole)


def test_single_spans_that_bring_nothing_to_whole_segments_have_no_rate(learned: Any):
    measured = learned(f"{ALL},{MIXED}", 0.6)
    found = find_exchange(measured.plan.arms[1], "usual", measured)
    reason = "its F1 is not above that of as many whole segments as it holds itself"
    assert found.rate == Unavailable(reason)


@pytest.mark.parametrize(
    ("share", "reason"),
    [(0.1, "its F1 is not above that of the base"), (0.97, "its F1 is above the whole curve")],
)
def test_outside_the_curve_there_is_a_reason_instead(learned: Any, share: float, reason: str):
    measured = learned(f"{ALL},{SINGLE}", share)
    assert find_exchange(measured.plan.arms[1], "usual", measured).rate == Unavailable(reason)
    assert f"of a whole segment of {ALL} is not known: {reason};" in render_tables(
        build_report(measured)
    )


def test_the_report_has_it_and_the_terminal_says_it_once(learned: Any):
    report = build_report(learned(f"{ALL},{SINGLE}", 0.6))
    shown = render_tables(report)
    (entry,) = report.exchange
    assert (entry.dataset, entry.control, entry.policy) == (SINGLE, ALL, "usual")
    assert entry.low < entry.binary_per_segment < entry.high
    assert not entry.measured
    said = (
        f"{SINGLE}: {entry.binary_per_segment:.1f} answers about single spans "
        f"[{entry.low:.1f}, {entry.high:.1f}] did the work of one whole segment of {ALL}"
    )
    assert shown.count(said) == 1
    assert (
        f"a typical one was {entry.times_faster:.2f} times as fast (simulated)."
        in render_tables(report)
    )


def test_without_curves_it_says_what_it_takes(learned: Any):
    report = build_report(learned(f"{ALL},{SINGLE}", 0.6, curves=False))
    (entry,) = report.exchange
    assert entry.binary_per_segment is None
    assert entry.why == "there is no curve of whole segments (--curves)"
    assert entry.times_faster is not None
    assert "answers about single spans" not in render_tables(report)


def test_an_open_end_is_said_to_be_open(learned: Any):
    report = build_report(learned(f"{ALL},{SINGLE}", 0.6))
    entry = replace(report.exchange[0], low=None, high=None, measured=True)
    (said,) = exchange_lines(replace(report, exchange=[entry]), "usual")
    assert "[0, any number]" in said
    assert said.endswith("times as fast (by time stamps).")
