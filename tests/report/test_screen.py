"""The terminal answers on one screen: 24 lines of 79 columns, whatever the report holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.layout import fit_names, width
from prodigy_al.report.parts import Exchange
from prodigy_al.report.schema import Arm, Report
from prodigy_al.report.screen import render_screen

MadeArm = Callable[..., Arm]
MadeReport = Callable[..., Report]
PLACES = ["Report: al-compare/report.json", "Models: al-compare/arms/DATASET/POLICY/model"]
ONE_GROUP = "there is 1 document, at least 10 are needed"
BARE = {"difference": 0.03, "low": None, "high": None, "p": None, "detectable": None}
BARE |= {"no_interval": ONE_GROUP}
FAILED = {"ok": False, "number": 1, "why": "a long reason", "brief": "a short reason"}


def lines_of(report: Report) -> list[str]:
    shown = render_screen(report, PLACES)
    assert shown.endswith("\n")
    return shown.removesuffix("\n").split("\n")


def fits(report: Report, arms: int = 3) -> bool:
    lines = lines_of(report)
    return len(lines) <= 24 + max(0, arms - 3) and max(map(width, lines)) <= 79


def exchange(dataset: str, **fields: Any) -> Exchange:
    known: dict[str, Any] = {
        "dataset": dataset, "control": "news-random", "policy": "robust",
        "binary_per_segment": 3.2, "low": 2.1, "high": None, "answers": 400,
        "segments": 125.0, "times_faster": 1.5, "measured": False,
    }  # fmt: skip
    return Exchange(**(known | fields))


def test_three_arms_fill_one_screen_with_answer_table_next_step_and_places(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    assert lines_of(made_report(three_arms)) == [
        "F1 on test (1,200 segments of 80 documents), training 'robust', 5 seeds",
        "Against the base, the model before training:",
        "  news-random  helps  +.040 [+.020, +.060]",
        "  news-ranked  helps  +.070 [+.050, +.090]",
        "  news-teach   harms  -.050 [-.070, -.030]  do not ship",
        "Against random answers in as many seconds (answers: its/random):",
        "  news-ranked  ahead   +.025 [+.005, +.045]  900/1,000",
        "  news-teach   behind  -.085 [-.105, -.065]  900 spans/1,000 whole",
        "Go on annotating with news-ranked: ahead of random answers.",
        "do not ship: its dev answers, weighted, show it worse than the base",
        "[ ]: 95 % interval; helps/harms, ahead/behind: beyond chance, all arms counted.",
        "",
        "F1          answers  dev weighted dev      test               base control",
        "base              -    - .600 [.550, .650] .600 [.550, .650]     -       -",
        "news-random   1,000 .800 .700 [.650, .750] .640 [.590, .690] +.040       -",
        "news-ranked   1,000 .800 .700 [.650, .750] .670 [.620, .720] +.070   +.025",
        "news-teach    1,000 .800 .700 [.650, .750] .550 [.500, .600] -.050   -.085",
        "dev: held-back answers; weighted: as if drawn at random; control: random ones.",
        "",
        "Next: this holds for these answers. To speak of ranked or teach in general,",
        "  repeat the annotation 5 times, each with a --seed, a --fold-salt and random",
        "  answers of its own.",
        "Report: al-compare/report.json   Models: al-compare/arms/DATASET/POLICY/model",
        "All tables: the same command with --full",
    ]


def test_arms_without_comparable_random_answers_are_named(
    made_report: MadeReport, made_arm: MadeArm
):
    other = {"no_control": "it has another dev fold", "fold_salt": "b"}
    arms = {"r": made_arm("random"), "x": made_arm("ranked", **other)}
    line = "No comparable random answers (why: --full): x"
    assert line in lines_of(made_report(arms))
    assert not any("No comparable" in one for one in lines_of(made_report({"r": arms["r"]})))


def test_failed_checks_stand_first_at_most_three_of_them(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    report = made_report(three_arms, health=[{**FAILED, "id": str(i)} for i in range(5)])
    assert lines_of(report)[:4] == ["Check failed: a short reason"] * 3 + ["and 2 more: --full"]
    three = made_report(three_arms, health=[{**FAILED, "id": str(i)} for i in range(3)])
    assert "more: --full" not in render_screen(three)


def test_a_screen_with_every_part_still_fits(
    made_report: MadeReport, three_arms: dict[str, Arm], made_reason: Any
):
    reason = made_reason(why="reason " * 8)
    report = made_report(
        three_arms,
        health=[{**FAILED, "id": str(i)} for i in range(5)],
        verdicts=[reason] * 3,
        curves=["a point"],
        exchange=[exchange("news-teach")],
        seeds=[0],
    )
    assert fits(report)
    shown = "\n".join(lines_of(report))
    assert "Go on annotating with news-ranked: ahead of random answers." in shown
    assert all(
        word in shown
        for word in ("helps: ", "harms: news-teach", "behind: news-t", "do not ship: news-t")
    )
    assert "-.085 [-.105, -.065]" in shown
    assert "--seeds 5" in shown


def test_the_exchange_rate_is_shown_where_there_are_curves(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    found = [exchange("news-teach")]
    assert "single spans did" not in render_screen(made_report(three_arms, exchange=found))
    report = made_report(three_arms, exchange=found, curves=["a point"])
    assert (
        "news-teach: 3.2 [2.1, any number] single spans did the work of a whole segment,\n"
        "  each 1.50 times as fast (simulated)." in render_screen(report)
    )
    unknown = [exchange("news-teach", binary_per_segment=None, times_faster=None, why="far")]
    report = made_report(three_arms, exchange=unknown, curves=["a point"])
    assert "the work of a whole segment is not known." in " ".join(render_screen(report).split())


LONG = "customer-tickets-of-the-third-quarter-annotated-in-berlin-"


def test_long_names_are_shortened_alike_everywhere_and_stay_apart(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    report = made_report({f"{LONG}{name}": arm for name, arm in three_arms.items()})
    assert fits(report)
    shown = render_screen(report)
    short = {word.strip(":") for word in shown.split() if word.startswith("…")}
    assert short == {"…random", "…ranked", "…teach"}
    assert all(shown.count(name) in (2, 3, 4) for name in short)


def test_short_names_that_begin_and_end_alike_differ_in_more_than_a_letter_or_two():
    ranked = [f"news-ranked-by-{score}-errors-0" for score in ("balanced", "expected")]
    names = [*ranked, "news-random-0"]
    short = fit_names(names, 15)
    assert all(width(name) <= 15 for name in short.values())
    balanced, expected, random = short.values()
    assert random == "news-random-0"
    assert sum(a != b for a, b in zip(balanced, expected, strict=True)) >= 3


def test_short_names_that_differ_in_one_letter_differ_in_that():
    names = [f"{LONG}{number}" for number in range(3)]
    short = fit_names(names, 12)
    assert [name[-1] for name in short.values()] == ["0", "1", "2"]


@pytest.mark.parametrize("arms", [4, 5, 6, 8, 12, 20])
def test_each_further_arm_takes_one_more_line_at_most(
    made_report: MadeReport, made_arm: MadeArm, arms: int
):
    made = {"news-random-0": made_arm("random", 0.04, against="news-random-0")}
    for i in range(1, arms):
        made[f"news-way-{i}"] = made_arm(
            f"way-{i}",
            0.01 * i - 0.05,
            0.02,
            0.01 * i - 0.05,
            against="news-random-0",
            guard="worse",
            said="worse",
        )
    report = made_report(made)
    assert fits(report, arms)
    shown = render_screen(report)
    assert all(f"news-way-{i} " in shown for i in range(1, arms))
    assert "do not ship" in shown


def test_thirty_replicates_of_three_strategies_fit_on_the_screen_of_three_arms(
    made_report: MadeReport, made_arm: MadeArm
):
    arms = {
        f"news-{strategy}-{seed}": made_arm(
            strategy,
            0.05,
            None if strategy == "random" else 0.02,
            None if strategy == "random" else 0.03,
            against=f"news-random-{seed}",
            seed=seed,
            guard="worse" if strategy == "teach" and seed < 4 else "better",
            said="worse" if strategy == "teach" and seed < 4 else "",
        )
        for strategy in ("random", "ranked", "teach")
        for seed in range(10)
    }
    report = made_report(arms)
    assert fits(report)
    shown = render_screen(report)
    assert "  ranked ×10  helps  +.050 [+.040, +.060]\n" in shown
    assert "  teach ×10   helps  +.050 [+.040, +.060]  do not ship: 4 of 10\n" in shown
    assert "interval for new text (other documents too)" in shown
    assert "news-teach-0" not in shown


def test_nothing_is_decided_with_a_test_of_one_document(made_report: MadeReport, made_arm: MadeArm):
    brief = "test has 1 document: nothing can be decided below 10"
    arms = {"r": made_arm("random", BARE, against="r", guard="not-shown", said="not shown")}
    report = made_report(arms, groups=1, health=[{**FAILED, "id": "test-groups", "brief": brief}])
    lines = lines_of(report)
    assert lines[0] == f"Check failed: {brief}"
    assert "  r  not decided  +.030 no interval  do not ship yet" in lines
    assert "use a test set of more documents, at least 10." in " ".join(" ".join(lines).split())
    assert "helps" not in " ".join(lines)


def test_what_is_unavailable_is_a_dash_and_its_reason_is_named(
    made_report: MadeReport, made_arm: MadeArm, unavailable: Unavailable
):
    nothing = {**BARE, "difference": None}
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
    report = made_report({"old": arm}, dev=unavailable, base=None)
    lines = lines_of(report)
    assert fits(report)
    assert "  old  not decided  F1 not defined  ship? dev cannot tell" in lines
    assert any(line.startswith("dev: held-back answers; why there is no") for line in lines)
    assert not any("Against random" in line for line in lines)


def test_one_policy_is_answered_about_and_the_others_are_named(
    made_report: MadeReport, made_arm: MadeArm
):
    arm = made_arm("random", 0.05, against="r", policies=("usual", "robust"))
    report = made_report({"r": arm}, policies=("usual", "robust"))
    lines = lines_of(report)
    assert "training 'robust'" in lines[0]
    assert lines[-1] == "All tables (also training usual): the same command with --full"
    assert sum("Against the base" in line for line in lines) == 1


def test_without_training_the_screen_is_about_the_base(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    untrained = {name: replace(arm, runs={}) for name, arm in three_arms.items()}
    command = "prodigy al.compare 'news-*' en_core_web_md --quick"
    report = made_report(untrained, policies=(), strategies={"random": {}}, command=command)
    assert fits(report)
    shown = render_screen(report)
    assert shown.startswith("Nothing was trained (--quick). All numbers are of the base, en_core")
    assert "news-teach        1,000          250  .500  .600 [.550, .650]" in shown
    assert "\n  prodigy al.compare 'news-*' en_core_web_md\n" in shown


def test_a_command_that_is_too_long_goes_on_in_the_next_line_as_a_shell_reads_it(
    made_report: MadeReport, three_arms: dict[str, Arm]
):
    command = f"prodigy al.compare '{LONG}*' en_core_web_md --test {LONG}gold.jsonl --label ORG"
    report = made_report(three_arms, seeds=[0], command=command)
    lines = render_screen(report, PLACES, again="--output 'my reports'").splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("  prodigy"))
    pasted = []
    for line in lines[at:]:
        pasted.append(line.removesuffix("\\").strip())
        if not line.endswith("\\"):
            break
    assert max(map(width, lines)) <= 79
    assert " ".join(pasted) == f"{command} --seeds 5 --output 'my reports'"


def test_another_recipe_is_not_told_where_to_write(made_report: MadeReport, made_arm: MadeArm):
    report = made_report({"news-ranked": made_arm("ranked", 0.05)})
    assert "--output" not in render_screen(report, again="--output elsewhere")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"method": "estimated", "cautions": ["random-within-bins"]}, "*: estimated, see --full"),
        ({"cautions": ["low-worth"]}, "*: with care, see --full"),
    ],
)
def test_a_weighted_number_that_is_less_sure_is_starred(
    made_report: MadeReport, three_arms: dict[str, Arm], fields: dict[str, Any], said: str
):
    arm = three_arms["news-ranked"]
    run = arm.runs["robust"]
    assert not isinstance(run.dev.weighted, Unavailable)
    dev = replace(run.dev, weighted=replace(run.dev.weighted, **fields))
    starred = replace(arm, runs={"robust": replace(run, dev=dev)})
    report = made_report({**three_arms, "news-ranked": starred})
    assert fits(report)
    lines = lines_of(report)
    assert [line.split()[0] for line in lines if "]*" in line] == ["news-ranked"]
    assert said in " ".join(lines)
    assert "*" not in render_screen(made_report(three_arms))
