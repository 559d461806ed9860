"""What stands beside a weighted number on the terminal, so that nobody reads more into it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from prodigy_al.report.kinds import PlainMetric
from prodigy_al.report.schema import (
    Arm,
    Base,
    Comparison,
    Dev,
    Metric,
    OtherLabels,
    Overlap,
    Reading,
    Report,
    Run,
    TestMetric,
    TestSet,
    WeightedMetric,
)
from prodigy_al.report.tables import render_tables

PLAIN = WeightedMetric(
    f1=0.61,
    p=0.6,
    r=0.62,
    low=0.5,
    high=0.7,
    n=1250,
    method="ht",
    interval="new-text",
    low_pool=0.55,
    high_pool=0.66,
    ess=900.0,
    worth=1480.4,
    m=1250,
    n_pool=4000,
    largest_weight=0.123,
    missing=80,
    on="news",
)


def rendered(weighted: WeightedMetric) -> str:
    metric = Metric(f1=0.5, p=0.5, r=0.5, low=0.4, high=0.6, n=10)
    nothing = Comparison(difference=None, low=None, high=None, p=None, detectable=None)
    dev = Dev(usual=metric, weighted=weighted)
    run = Run(
        dev=dev,
        test=TestMetric(**vars(metric), per_seed=[0.5]),
        test_unseen_text=metric,
        vs_base=nothing,
        vs_random=None,
        effort_to_random=None,
        others=OtherLabels(agreement_f1=None, per_label={}),
    )
    arm = Arm(
        strategy="ranked",
        seed=0,
        fold_salt="s",
        answers={"accept": 1250, "reject": 0, "ignore": 0},
        contradictions=0,
        reading=Reading(repeats=0, off_tokens=0, unasked=0, several_annotators=0),
        segments=1250,
        tokens=9000,
        entities=800,
        seconds=None,
        seconds_per_answer=None,
        train=1000,
        dev_answers=1250,
        runs={"usual": run},
    )
    overlap = Overlap(segments=0, short=0, trained_on_removed={})
    report = Report(
        answer="",
        next="",
        target="",
        labels=["ORG"],
        model={},
        seeds=[0],
        policies=["usual"],
        test=TestSet(
            name="t", segments=10, groups=10, gold_spans=9, unusable_spans=0, overlap=overlap
        ),
        base=Base(test=metric, dev={"news": dev}),
        arms={"news": arm},
        strategies={},
        matrix=[],
        curves=[],
    )
    return render_tables(report)


def test_the_number_of_answers_and_of_uniform_ones_they_are_worth_stand_in_the_table():
    assert "1,250 as 1,480" in rendered(PLAIN)
    assert "1,250 as -" in rendered(replace(PLAIN, worth=None))


BESIDE = {
    "news: the 1,250 answers tell less about weighted F1 than half as many uniform ones would.": {
        "cautions": ["low-worth"]
    },
    "news: a single answer holds 12% of all weight.": {"cautions": ["heavy-weight"]},
    "news: its source was a stream, so weighted F1 is about the part of it that was read.": {
        "cautions": ["stream"]
    },
    "news: 80 questions have no answer; weighted F1 is .550 if all of them were wrong, .650 if all "
    "were right.": {"if_missing_wrong": 0.55, "if_missing_right": 0.65},
    "news: the weighted numbers are estimated: no probability was recorded, the share of the pool "
    "that was answered stands for it, and selection within score bins is taken to be at random.": {
        "method": "estimated",
        "cautions": ["random-within-bins"],
    },
    "news: weighted with what the model expects of the pool (by .750); by the answers alone .600, "
    "for new text [.480, .720], for this pool [.530, .670].": {
        "method": "ppi",
        "coefficient": 0.75,
        "plain": PlainMetric(f1=0.6, low=0.48, high=0.72, low_pool=0.53, high_pool=0.67),
    },
    "news: the change, and the parts of dev minus test, are by the answers alone: .600 -> .600.": {
        "coefficient": 0.75,
        "plain": PlainMetric(f1=0.6, low=0.48, high=0.72, low_pool=0.53, high_pool=0.67),
    },
}


@pytest.mark.parametrize("line", BESIDE)
def test_what_makes_the_number_less_sure_is_said_below_the_table(line: str):
    assert f"\n{line}\n" in rendered(replace(PLAIN, **BESIDE[line]))
    assert line not in rendered(PLAIN)


def test_an_estimated_number_says_so_where_it_stands():
    assert ".610 -> .610 (estimated)" in rendered(replace(PLAIN, method="estimated"))
    assert "estimated" not in rendered(PLAIN)
