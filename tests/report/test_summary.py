"""What is read first is what the report holds, under the policy that the answer is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.planning import Size
from prodigy_al.inputs.simulation.settings import Conditions
from prodigy_al.report.commands import SIMULATED
from prodigy_al.report.parts import Planned
from prodigy_al.report.reasons import Reason, Why
from prodigy_al.report.schema import Arm, Report
from prodigy_al.report.summary import Summary, summarize
from prodigy_al.simulation.costs import CostModel
from prodigy_al.simulation.team import Team

MadeArm = Callable[..., Arm]
MadeReport = Callable[..., Report]
BARE = {"low": None, "high": None, "p": None, "detectable": None}


def lines(summary: Summary) -> dict[str, Any]:
    return {arm.name: arm for arm in summary.arms}


def test_each_arm_has_a_word_against_the_base_and_against_its_control(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    found = lines(summarize(made_report(three_arms)))
    words = {
        name: (arm.vs_base.word, arm.vs_control and arm.vs_control.word)
        for name, arm in found.items()
    }
    assert words == {
        "news-random": ("helps", None),
        "news-ranked": ("helps", "ahead"),
        "news-teach": ("harms", "behind"),
    }
    assert found["news-teach"].mark == "do not ship"
    assert found["news-random"].mark == ""
    assert found["news-random"].without_control == 0


def test_equal_seconds_come_before_equal_answers(
    made_report: MadeReport, made_arm: MadeArm, three_arms: dict[str, Arm]
):
    arms = three_arms | {"late": made_arm("ranked-strict", 0.05, 0.03, against="news-random")}
    found = lines(summarize(made_report(arms)))
    timed, untimed = found["news-ranked"].vs_control, found["late"].vs_control
    assert (timed.difference, timed.sizes.seconds) == (0.025, 4000)
    assert (timed.sizes.answers, timed.sizes.against_answers) == (900, 1000)
    assert (untimed.difference, untimed.sizes.seconds) == (0.03, None)
    assert (untimed.sizes.answers, untimed.sizes.against_answers) == (750, 760)
    assert found["news-teach"].vs_control.sizes.form == "spans"


def test_robust_training_is_answered_about_where_there_are_several(
    made_report: MadeReport, made_arm: MadeArm
):
    arm = made_arm("ranked", 0.05, policies=("usual",))
    robust = made_arm("ranked", -0.05)
    both = replace(arm, runs={**arm.runs, **robust.runs})
    summary = summarize(made_report({"a": both}, policies=("usual", "robust")))
    assert summary.policy == "robust"
    assert [arm.vs_base and arm.vs_base.word for arm in summary.arms] == ["harms"]


def test_failed_checks_come_with_their_whole_sentence_and_a_short_one(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    checks = [
        {"id": "a", "ok": True, "number": 1, "why": "fine"},
        {"id": "b", "ok": False, "number": 1, "why": "a long reason", "brief": "short"},
        {"id": "c", "ok": False, "number": 1, "why": "another"},
    ]
    summary = summarize(made_report(three_arms, health=checks))
    assert summary.checks == ["a long reason", "another"]
    assert summary.brief == ["short", "another"]


def replicated(made_arm: MadeArm, number: int, gain: float = 0.03) -> dict[str, Arm]:
    arms = {}
    for seed in range(number):
        control = f"news-random-{seed}"
        arms[control] = made_arm("random", 0.04, against=control, seed=seed)
        arms[f"news-ranked-{seed}"] = made_arm(
            "ranked", 0.07, gain + 0.01 * seed, against=control, seed=seed
        )
    return arms


def test_replicates_are_one_line_with_their_mean_and_interval_for_new_text(
    made_report: MadeReport, made_arm: MadeArm
):
    report = made_report(replicated(made_arm, 5))
    found = lines(summarize(report))
    assert list(found) == ["random ×5", "ranked ×5"]
    ranked = found["ranked ×5"]
    mean = report.strategies["ranked"]["robust"].vs_random
    assert mean
    assert ranked.vs_control.word == "ahead"
    assert (ranked.vs_control.difference, ranked.vs_control.low) == (mean.difference, mean.low)
    assert ranked.vs_control.counts == {"ahead": 5}
    assert ranked.vs_base.word == "helps"
    assert len(ranked.datasets) == 5


def test_fewer_than_five_replicates_decide_nothing_and_are_counted(
    made_report: MadeReport, made_arm: MadeArm
):
    found = lines(summarize(made_report(replicated(made_arm, 3, gain=0.01))))
    ranked = found["ranked ×3"].vs_control
    assert ranked.word == "not decided"
    assert ranked.why == "a claim about a strategy takes 5 replicates"
    assert ranked.counts == {"not decided": 2, "ahead": 1}
    assert ranked.difference == pytest.approx(0.02)
    assert ranked.low is None


def test_a_copy_stands_by_itself(made_report: MadeReport, made_arm: MadeArm):
    report = made_report(replicated(made_arm, 3))
    strategy = report.strategies["ranked"]["robust"]
    copied = replace(strategy, left_out={"news-ranked-2": "a copy"}, replicates=2)
    report = replace(report, strategies={**report.strategies, "ranked": {"robust": copied}})
    assert list(lines(summarize(report))) == ["random ×3", "ranked ×2", "news-ranked-2"]


def test_marks_of_replicates_are_counted(made_report: MadeReport, made_arm: MadeArm):
    outcomes = ("worse", "not-shown", "unknown", "better")
    arms = {
        f"a-{i}": made_arm("random", 0.01, guard=one, said="" if one == "better" else f"said {i}")
        for i, one in enumerate(outcomes)
    }
    (line,) = summarize(made_report(arms)).arms
    assert line.mark == "do not ship: 2 of 4"
    assert line.marked == ["said 0", "said 1", "said 2"]
    unknown = {name: arm for name, arm in arms.items() if name in ("a-2", "a-3")}
    assert summarize(made_report(unknown)).arms[0].mark == "ship? dev cannot tell: 1 of 2"
    both = {name: arm for name, arm in arms.items() if name in ("a-0", "a-1")}
    assert summarize(made_report(both)).arms[0].mark == "do not ship"


def test_what_cannot_be_had_keeps_its_reason(
    made_report: MadeReport, made_arm: MadeArm, unavailable: Unavailable
):
    nothing = {"difference": None, **BARE, "no_interval": "few groups"}
    arm = made_arm(
        "unknown",
        nothing,
        weighted=unavailable,
        guard="unknown",
        said="not known",
        no_control="nothing is recorded",
        fold_salt=None,
        source=None,
    )
    (line,) = summarize(made_report({"a": arm}, dev=unavailable, base=None)).arms
    assert line.weighted == unavailable
    assert (line.vs_base.word, line.vs_base.why) == ("not decided", "few groups")
    assert line.vs_control is None
    assert line.without_control == 1
    assert line.mark == "ship? dev cannot tell"


def test_without_training_the_lines_are_of_the_base(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    untrained = {name: replace(arm, runs={}) for name, arm in three_arms.items()}
    report = made_report(untrained, policies=(), strategies={"random": {}, "ranked": {}})
    summary = summarize(report)
    assert summary.policy is None
    line = lines(summary)["news-ranked"]
    assert (line.vs_base, line.vs_control, line.test, line.mark) == (None, None, None, "")
    assert line.usual.value == 0.5


def test_a_wanted_difference_is_the_one_that_words_are_relative_to(
    made_report: MadeReport, made_arm: MadeArm
):
    arms = {"a": made_arm("random", 0.001)}
    plan = Planned(difference=0.01, power=0.8, level=0.05, arms={}, base={})
    assert summarize(made_report(arms)).arms[0].vs_base.word == "no difference found"
    (line,) = summarize(made_report(arms, plan=plan)).arms
    assert (line.vs_base.word, line.vs_base.within) == ("not decided", 0.01)


def test_supported_reasons_are_told_and_no_others(
    made_report: MadeReport, three_arms: dict[str, Arm], made_reason: Callable[..., Reason]
):
    verdicts = [made_reason(), made_reason(word="refuted", why="not so")]
    summary = summarize(made_report(three_arms, verdicts=verdicts))
    assert summary.reasons == ["news-ranked: within chance"]
    ledger = Why(ledger=[], forms=[], no_forms={})
    assert not summarize(made_report(three_arms, verdicts=verdicts, why=ledger)).reasons


def next_of(report: Report) -> tuple[str, str]:
    found = summarize(report).next
    return found.sentence, found.command


def test_a_missing_control_is_drawn_by_a_command_with_source_label_and_salt(
    made_report: MadeReport, made_arm: MadeArm
):
    arms = {"news-ranked": made_arm("ranked", 0.05, fold_salt="own salt")}
    sentence, command = next_of(made_report(arms))
    assert sentence == "To tell selection from training, annotate a random control:"
    assert command == (
        "prodigy al.random news-random en_core_web_md news.jsonl --label ORG --fold-salt 'own salt'"
    )


def test_gold_is_mended_before_anything_else_is_done(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    broken = replace(made_report(three_arms).test, gold_spans=67, unusable_spans=76)
    for groups in (80, 5):  # whatever else is wrong with the test set
        report = made_report(three_arms, test=replace(broken, groups=groups), seeds=[0])
        sentence, command = next_of(report)
        assert sentence == (
            "Mend the gold of gold.jsonl, of which 76 of 143 spans are unusable, and compare again."
        )
        assert not command
    few = made_report(three_arms, test=replace(broken, gold_spans=980, unusable_spans=20))
    assert "Mend" not in next_of(few)[0]


def test_nothing_is_decided_on_a_test_set_whose_gold_is_broken(
    made_report: MadeReport, three_arms: dict[str, Arm], made_arm: MadeArm
):
    for arms in (three_arms, replicated(made_arm, 5)):
        report = made_report(arms)
        found = [one for arm in summarize(report).arms for one in (arm.vs_base, arm.vs_control)]
        assert {one.word for one in found if one} >= {"helps"}
        broken = replace(report.test, gold_spans=67, unusable_spans=76)
        for arm in summarize(replace(report, test=broken)).arms:
            for one in filter(None, (arm.vs_base, arm.vs_control)):
                assert (one.word, one.why) == ("not decided", "much of the gold is unusable")
                assert not one.counts


def test_one_training_seed_is_followed_by_five(made_report: MadeReport, three_arms: dict[str, Arm]):
    command = "prodigy al.compare 'news-*' base --seeds 1 --test gold.jsonl"
    _, found = next_of(made_report(three_arms, seeds=[0], command=command))
    assert found == "prodigy al.compare 'news-*' base --test gold.jsonl --seeds 5"
    assert next_of(made_report(three_arms, seeds=[0], command=""))[1] == ""


def test_what_is_not_decided_is_planned_for_once(made_report: MadeReport, made_arm: MadeArm):
    arms = {"r": made_arm("random", 0.015, against="r")}
    _, command = next_of(made_report(arms))
    assert command.endswith(" --plan 0.02")
    plan = Planned(difference=0.02, power=0.8, level=0.05, arms={}, base={})
    assert "--plan" not in next_of(made_report(arms, plan=plan))[1]


def test_the_fewest_answers_that_may_lift_a_mark_are_drawn_next(
    made_report: MadeReport, made_arm: MadeArm
):
    arm = made_arm("random", 0.04, against="r", guard="not-shown", said="not shown")
    run = arm.runs["robust"]
    for needed, drawn in ((300, True), (3000, False)):
        guard = replace(run.guard, needed=Size(now=250, needed=needed, low=1, high=None))
        report = made_report({"r": replace(arm, runs={"robust": replace(run, guard=guard)})})
        sentence, command = next_of(report)
        assert (command == "prodigy al.random r en_core_web_md news.jsonl --label ORG") is drawn
        assert sentence.startswith("About 200 more answers in r ") is drawn


def test_a_harmful_training_is_followed_by_the_default(made_report: MadeReport, made_arm: MadeArm):
    arms = {"r": made_arm("random", -0.05, against="r", policies=("usual",))}
    sentence, command = next_of(made_report(arms, policies=("usual",)))
    assert sentence == "Training 'usual' made r worse than its base; try the default:"
    assert command.endswith(" --training robust")


def test_where_all_answers_are_random_ranking_is_advised(
    made_report: MadeReport, made_arm: MadeArm
):
    sentence, command = next_of(made_report({"news-random": made_arm("random", 0.05)}))
    assert sentence == (
        "To compare ways to annotate, draw as many answers from the same source by the model:"
    )
    assert command == ("prodigy al.manual-ranked news-ranked en_core_web_md news.jsonl --label ORG")


def test_simulated_replicates_are_repeated_by_one_command(
    made_report: MadeReport, made_arm: MadeArm
):
    arms = {
        f"news-{strategy}-{seed}": made_arm(
            strategy,
            0.05,
            None if strategy == "random" else 0.03,
            seed=seed,
            against=f"news-random-{seed}",
            fold_salt=f"prodigy-al-{seed}",
            seconds_simulated=True,
        )
        for strategy in ("ranked", "random")
        for seed in range(2)
    }
    sentence, command = next_of(made_report(arms))
    assert "To speak of ranked in general, repeat the annotation 5 times" in sentence
    assert command == (
        "prodigy al.simulate news.jsonl en_core_web_md news --label ORG --budget 1000 "
        "--arms ranked,random --seeds 5"
    )
    mixed = {**arms, "mine": made_arm("ranked-strict", 0.05, 0.03, against="news-random-0")}
    assert next_of(made_report(mixed))[1] == ""

    told = {"annotators": 3, "overlap": 0.3, "error_rate": [0.0, 0.1, 0.3], "errors": "random"}
    told |= {"per_token": 0.2, "errors_by_score": True}
    team = {name: replace(arm, conditions=told) for name, arm in arms.items()}
    assert next_of(made_report(team))[1] == (
        f"{command} --seconds-per-token 0.2 --error-rate 0,0.1,0.3 --errors-by-score "
        "--annotators 3 --overlap 0.3"
    )
    one_alone = {**team, "news-random-0": arms["news-random-0"]}
    assert next_of(made_report(one_alone))[1] == ""


def test_settings_of_a_simulation_are_told_where_they_are_not_the_usual_ones():
    usual = Conditions(CostModel(), 1.0, "random", (0.0,), errors_by_score=False)
    told = {**usual.to_record(), "annotators": Team().size, "overlap": Team().overlap}
    assert {name: default for name, (_, default) in SIMULATED.items()} == told
