"""What is said of why arms differ: the block below the screen, the tables and the page's cards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.diagnosis.trained_ledger import REASONS, TRAINED_HYPOTHESES
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.metrics import Comparison
from prodigy_al.report.next_step import next_step
from prodigy_al.report.parts import Interval
from prodigy_al.report.reasons import Complaint, FormCell, Forms, Reason, Remedy, Why
from prodigy_al.report.schema import Arm, Report
from prodigy_al.report.screen import render_screen
from prodigy_al.report.tables import render_tables
from prodigy_al.report.why_lines import PHRASES, WIDTH, why_block

MadeReport = Callable[..., Report]
MadeReason = Callable[..., Reason]


def gained(value: float, reach: float = 0.05) -> Comparison:
    ends = {"low": value - reach, "high": value + reach}
    return Comparison(difference=value, **ends, p=0.001, detectable=0.07)


def remedy(against: str, what: str, value: float) -> Remedy:
    return Remedy(against=against, what=what, closed=gained(value), answers=700, instead_of=690)


def complaint(arm: str, remedies: Any = (), **fields: Any) -> Complaint:
    chosen: dict[str, Any] = {
        "id": "worse-than-base",
        "policy": "robust",
        "said": "worse than its base",
        "gap": Interval(value=-0.16, low=-0.2, high=-0.12),
        "reasons": ["label-form", "forgetting", "scheme", "selection-train"],
    }
    return Complaint(arm=arm, remedies=remedies, **(chosen | fields))


def forms(arm: str = "news-teach") -> Forms:
    def cell(of: Any, form: Any, name: str, f1: float) -> FormCell:
        found = Interval(value=f1, low=f1 - 0.05, high=f1 + 0.05)
        return FormCell(answers_of=of, form=form, dataset=name, answers=700, f1=found)

    return Forms(
        arm=arm,
        policy="robust",
        cells=[
            cell("random", "whole", "news-random", 0.64),
            cell("random", "single", "news-random", 0.5),
            cell("active", "single", arm, 0.48),
        ],
        effects={"form-random": gained(-0.14), "selection-single": gained(-0.02)},
        left_out={"news-random": 12},
    )


@pytest.fixture
def explained(
    made_report: MadeReport, three_arms: dict[str, Arm], made_reason: MadeReason
) -> Callable[..., Report]:
    """Report on three arms, of which the ledger says this: (*complaints, verdicts)."""

    def make(*ledger: Complaint, **fields: Any) -> Report:
        verdicts = fields.pop("verdicts", None) or [
            made_reason("label-form", "news-teach", number=-0.14),
            made_reason("forgetting", "news-teach", "refuted", number=0.98),
            made_reason("scheme", "news-teach", "not identifiable", number=None),
        ]
        why = Why(
            ledger=ledger,
            forms=[forms()],
            no_forms={"news-ranked": Unavailable("it has no control")},
        )
        return made_report(three_arms, verdicts=verdicts, why=why, **fields)

    return make


def test_the_next_step_says_what_the_default_training_brought(
    made_report: MadeReport, made_arm: Callable[..., Arm]
):
    """Else a reader wonders why it is advised beside reasons of another kind."""
    arms = {"r": made_arm("random", -0.05, against="r", policies=("usual",))}
    tried = [remedy("label-form", "whole segments", 0.3), remedy("forgetting", "robust", 0.2)]
    ledger = [complaint("r", tried, policy="usual")]
    report = made_report(arms, policies=("usual",))
    told = replace(report, why=Why(ledger=ledger, forms=[], no_forms={}))
    assert next_step(told).sentence == (
        "Training 'usual' made r worse than its base; 'robust' gains "
        "+.200 [+.150, +.250] from the same answers:"
    )


def test_each_arm_with_a_complaint_has_its_reasons_and_the_remedy_that_closed_most(explained: Any):
    tried = [
        remedy("label-form", "whole segments", 0.14),
        remedy("forgetting", "training 'robust'", 0.21),
        remedy("selection-train", "random single spans", 0.3 - 0.28),
    ]
    lines = why_block(explained(complaint("news-teach", tried))).splitlines()
    assert lines == [
        "Why",
        "news-teach, training 'robust': worse than its base (-.160)",
        "  supported: single spans teach less (-.140)",
        "  brings most: training 'robust', +.210 [+.160, +.260]",
        "Redundancy, and how questions differ from their pool: al.diagnose.",
    ]


def test_what_closes_a_gap_on_dev_stands_beside_what_closes_one_on_test(explained: Any):
    dev = complaint(
        "news-teach",
        [remedy("selection-dev", "weighted dev", 0.35)],
        id="dev-up-test-down",
        said="dev says .914 and test .485",
        gap=Interval(value=0.43, low=0.31, high=0.55),
    )
    worse = complaint("news-teach", [remedy("label-form", "whole segments", 0.14)])
    found = " ".join(why_block(explained(dev, worse)).split())
    assert "'robust': dev says .914 and test .485; worse than its base (-.160)" in found
    assert (
        "brings most: weighted dev, +.350 [+.300, +.400]; whole segments, +.140 [+.090, +.190]"
        in found
    )


def test_without_a_supported_reason_the_others_are_named(explained: Any, made_reason: Any):
    open_ = [
        made_reason("label-form", "news-teach", "not identifiable"),
        made_reason("forgetting", "news-teach", "refuted"),
    ]
    found = why_block(explained(complaint("news-teach"), verdicts=open_))
    assert "no reason is supported (refuted: forgetting; open: label-form)" in found
    assert "closed" not in found
    nothing = complaint("news-teach", [remedy("label-form", "whole segments", 0.01)])
    assert "nothing that was tried closed any of it beyond chance" in why_block(explained(nothing))


def test_a_complaint_under_other_training_is_counted_or_told_where_it_is_graver_or_alone(
    explained: Any,
):
    usual = complaint("news-teach", policy="usual")
    both = why_block(explained(complaint("news-teach"), usual))
    assert "1 complaint under other training: --full." in both
    assert "training 'usual'" not in both
    better = complaint("news-teach", id="no-better-than-random", said="no better")
    graver = why_block(explained(better, usual))
    assert "training 'usual': worse than its base" in graver
    assert "1 complaint under other training" in graver
    alone = why_block(explained(usual))
    assert "training 'usual': worse than its base" in alone
    assert "under other training" not in alone


def test_the_block_is_narrow_whatever_the_names(explained: Any):
    name = "a-very-long-name-of-a-dataset-" * 3
    report = explained(complaint("news-teach", said=f"worse than {name}"))
    assert max(map(len, why_block(report).splitlines())) <= WIDTH == 79
    assert why_block(explained()).startswith("Why: no arm is worse")


def test_the_screen_stays_what_it_was_and_without_why_there_is_no_block(
    explained: Any, made_report: MadeReport, three_arms: dict[str, Arm]
):
    plain = made_report(three_arms)
    assert render_screen(explained(complaint("news-teach"))) == render_screen(plain)
    assert why_block(plain) == ""


def test_every_hypothesis_of_the_ledger_is_tested_and_has_words():
    assert set(PHRASES) == set(TRAINED_HYPOTHESES)
    assert {name for own in REASONS.values() for name in own} <= set(TRAINED_HYPOTHESES)


def test_the_tables_hold_every_verdict_every_remedy_and_the_split_of_the_gap(explained: Any):
    tried = [remedy("label-form", "whole segments", 0.14)]
    text = render_tables(explained(complaint("news-teach", tried)))
    assert "news-teach  label-form: supported  -.140 [-.190, -.090] of F1 on test" in text
    assert "news-teach  scheme: not identifiable" in text
    assert "label-form whole segments +.140 [+.090, +.190] 700 instead" in " ".join(text.split())
    assert (
        "its -.160 to random whole segments is -.140 by the label form and -.020 by selection"
        in text
    )
    assert "news-random: 12 segments without a candidate are left out" in text
    assert "news-ranked: no two by two: it has no control." in text


def test_the_page_has_a_card_per_verdict_with_its_word_and_numbers(explained: Any):
    pytest.importorskip("matplotlib", reason="the page needs the extra `report` (matplotlib)")
    from prodigy_al.report.html.page import render_page

    tried = [remedy("forgetting", "training 'robust'", 0.21)]
    page = render_page(explained(complaint("news-teach", tried)))
    start = page.index('id="why"')
    section = page[start : page.index("</section>", start)]
    assert section.count('<li class="card">') == 3
    assert section.index("label-form") < section.index("forgetting <") < section.index("scheme <")
    for word in ("supported", "refuted", "not identifiable"):
        assert f"</span> {word}</span>" in section
    assert "−.140 [−.190, −.090] of F1 on test (n = 1,200)" in section
    assert "Worse than its base: −.160 [−.200, −.120]." in section
    assert 'id="remedies-0"' in section
    assert "+.210 [+.160, +.260], at least all of the gap" in section
    assert section.count("<details open>") == 1
    assert section.count(": nothing to explain") == 2
