"""The screen says what its words mean, of those that stand on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from prodigy_al.report.schema import Arm, Report
from prodigy_al.report.screen import render_screen
from prodigy_al.report.sentences import answer_sentence

MadeArm = Callable[..., Arm]
MadeReport = Callable[..., Report]


def test_verdict_words_are_told_what_they_mean(made_report: MadeReport, made_arm: MadeArm):
    arms = {
        "a": made_arm("random", 0.0, against="a"),
        "b": made_arm("unknown", 0.018, against="a"),
    }
    shown = " ".join(render_screen(made_report(arms)).split())
    assert "no difference found: [ ] allows 0, and at most ±.020; not decided: neither" in shown
    assert "helps" not in shown
    alone = render_screen(made_report({"b": arms["b"]}))
    assert "not decided: neither beyond chance nor surely small" in alone


def test_of_broken_gold_no_number_is_shown_and_the_reason_is(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    report = made_report(three_arms)
    broken = replace(report, test=replace(report.test, unusable_spans=300))
    lines = [line for line in render_screen(broken).splitlines() if "not decided" in line]
    assert len(lines) > len(three_arms)
    # who sees a difference believes it, whatever stands beside
    for line in lines:
        assert "not decided  much of the gold is unusable" in line
        assert "[" not in line
    said = answer_sentence(broken)
    assert "not decided against base (much of the gold is unusable)" in said


def test_two_replicates_are_counted_and_their_mean_has_no_word(
    made_report: MadeReport, made_arm: MadeArm
):
    arms = {
        f"news-random-{seed}": made_arm("random", 0.05 - 0.06 * seed, against=f"news-random-{seed}")
        for seed in range(2)
    }
    shown = render_screen(made_report(arms))
    assert "  random ×2  helps (1), not decided (1)  mean +.020\n" in shown
    assert "5 are needed to speak of a strategy" in shown
