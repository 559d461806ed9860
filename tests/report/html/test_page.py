"""The page says what the report holds, to everybody, and asks nobody else for anything."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.report.html.page import render_page
from prodigy_al.report.metrics import Metric
from prodigy_al.report.schema import Arm, OtherLabels, Report
from prodigy_al.report.summary import summarize

ReadPage = Callable[[Report], Any]
MadeArm = Callable[..., Arm]
MadeReport = Callable[..., Report]
HOSTILE = "<script>alert('x')</script>\"&amp; $x_1$"
HEBREW = "חדשות-אקראי"
FIGURES = ["forest-0", "dev-test", "curves-0", "gap-0"]


@pytest.fixture(scope="module")
def whole(read_page: ReadPage, whole_report: Report) -> Any:
    return read_page(whole_report)


def test_each_arm_has_the_words_of_the_summary_with_their_numbers(whole: Any, whole_report: Report):
    shown = {
        line.all("bdi").__next__().text: line for line in whole.with_class("verdicts")[0].all("li")
    }
    for arm in summarize(whole_report).arms:
        words = [one.text.split(" ", 1)[1] for one in shown[arm.name].with_class("word")]
        assert words == [one.word for one in (arm.vs_base, arm.vs_control) if one]
        assert arm.mark in shown[arm.name].text
    assert "do not ship" in shown["news-teach"].text
    assert "−.085 [−.105, −.065]" in shown["news-teach"].text


def test_the_first_screen_names_failed_checks_first_and_the_next_command(
    whole: Any, made_report: MadeReport, three_arms: dict[str, Arm], read_page: ReadPage
):
    strip = [one.text for one in whole.with_class("checks")[0].all("li")]
    assert strip == ["✕ failed: 8 documents in test", "✓ 5 training seeds"]
    assert [one.text for one in whole.with_class("failure")] == ["8 documents are few."]
    assert "3.1 [2.2, 4.9] single spans did the work" in whole.with_class("cards")[0].text
    once = read_page(made_report(three_arms, seeds=[0]))
    assert next(once.all("code")).text.endswith("--label ORG --seeds 5")


def test_the_arm_to_go_on_with_is_said_before_the_words(whole: Any):
    (said,) = whole.with_class("go-on")
    assert said.text == "Go on annotating with news-ranked: ahead of random answers."
    answer = next(one for one in whole.all("section") if said in one.children)
    assert answer.children.index(said) < answer.children.index(whole.with_class("verdicts")[0])


def test_no_difference_found_says_what_the_interval_allows(
    made_arm: MadeArm, made_report: MadeReport, read_page: ReadPage
):
    arms = {"r": made_arm("random", 0.1, against="r"), "x": made_arm("ranked", 0.1, 0.004)}
    line = read_page(made_report(arms)).with_class("verdicts")[0]
    (sign, *_) = [one.text for one in line.with_class("near")]
    assert sign == "± no difference found"
    assert "the interval allows 0, and at most ±.024" in line.text


def test_a_model_that_helps_and_may_not_ship_is_told_who_decides(
    made_arm: MadeArm, made_report: MadeReport, read_page: ReadPage
):
    said = "r: not shown to be better than its base"
    arm = made_arm("random", 0.1, against="r", guard="not-shown", said=said)
    cards = read_page(made_report({"r": arm})).with_class("cards")[0].text
    assert said in cards
    assert "Dev alone decides it" in cards


def test_shared_texts_that_were_left_out_of_training_are_no_leak(
    made_report: MadeReport, three_arms: dict[str, Arm], read_page: ReadPage
):
    for ok, words in ((True, "in both arm and test, left out of training"), (False, "and test")):
        check = {"id": "overlap", "ok": ok, "number": 0.093, "why": "w", "brief": ""}
        page = read_page(made_report(three_arms, health=[check]))
        (shown,) = [one.text for one in page.with_class("checks")[0].all("li")]
        assert "9.3 % of texts in both" in shown.replace("%", " %").replace("  ", " ")
        assert shown.endswith(words)


def test_models_that_are_all_alike_have_an_axis(
    made_arm: MadeArm, made_report: MadeReport, read_page: ReadPage
):
    nothing = {"difference": 0.0, "low": 0.0, "high": 0.0, "p": 1.0, "detectable": 0.0}
    shown = read_page(made_report({"a": made_arm("random", vs_base=nothing)}))
    assert "forest-0" in [one.attributes["id"] for one in shown.all("figure")]


def test_every_figure_has_alternatives_in_words_and_a_sentence(whole: Any):
    figures = list(whole.all("figure"))
    assert [one.attributes["id"] for one in figures] == FIGURES
    for figure in figures:
        drawings = list(figure.all("svg"))
        assert len(drawings) == 2  # for a desk and for a phone
        for svg in drawings:
            assert svg.attributes["role"] == "img"
            title, described = svg.attributes["aria-labelledby"].split()
            assert next(svg.all("title")).attributes["id"] == title
            assert next(svg.all("desc")).attributes["id"] == described
            assert re.search(r"news-ranked:? .*\.\d{3}", next(svg.all("desc")).text)
        (meaning,) = figure.with_class("meaning")
        assert re.search(r"\.\d{3}", meaning.text)


def test_every_table_has_a_caption_and_heads_with_a_scope(whole: Any):
    tables = list(whole.all("table"))
    for table in tables:
        assert next(table.all("caption")).text
        assert {head.attributes["scope"] for head in table.all("th")} == {"col", "row"}
    captions = [next(table.all("caption")).text for table in tables]
    assert [caption.partition(",")[0] for caption in captions] == [
        "F1 on test",
        "Effort from which on an arm is surely at the F1 on test of its whole control",
        "F1 on each dataset's dev fold",
        "F1 on dev as usual minus F1 on test",
        "F1 of every model on every set",
        "Agreement with the base on the other labels",
        "What was annotated",
    ]


def test_no_id_stands_twice_and_every_reference_has_its_end(whole: Any):
    ids = [one.attributes["id"] for one in whole.every() if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for element in whole.every():
        for name, value in element.attributes.items():
            ends = re.findall(r"url\(#([^)]+)\)", value)
            if name in ("href", "xlink:href"):
                assert value.startswith("#")
                ends.append(value[1:])
            if name == "aria-labelledby":
                ends += value.split()
            assert set(ends) <= set(ids)


def test_the_page_refers_to_nothing_outside(whole_report: Report, whole: Any):
    page = render_page(whole_report)
    assert "http:" not in page
    assert "https:" not in page
    assert "@import" not in page
    assert not [one for one in whole.every() if one.name in ("script", "img", "link", "iframe")]
    (policy,) = (one for one in whole.all("meta") if "http-equiv" in one.attributes)
    assert policy.attributes["content"].startswith("default-src 'none'; style-src")


def test_names_are_text_and_never_markup(
    made_report: MadeReport, made_arm: MadeArm, read_page: ReadPage
):
    arms = {
        HOSTILE: made_arm("ranked", 0.05, 0.02, against=HEBREW),
        HEBREW: made_arm("random", 0.04, against=HEBREW),
        "x" * 200: made_arm("unknown", 0.01),
    }
    report = made_report(arms, target=f"F1 of {HOSTILE}", labels=[HOSTILE], machine={HOSTILE: 1})
    page = read_page(report)
    assert not list(page.all("script"))
    assert next(page.all("h1")).text == f"F1 of {HOSTILE}"
    # names run in their own direction and turn nothing around them
    assert {HOSTILE, HEBREW, "x" * 200} <= {one.text for one in page.all("bdi")}
    assert any(HEBREW in one.text for svg in page.all("svg") for one in svg.all("text"))
    # in a drawing a long name is broken, and a dollar sign starts no formula
    drawn = [one.text for svg in page.all("svg") for one in svg.all("text")]
    assert any(one.endswith("$x_1$") for one in drawn)
    # three lines hold no more
    assert "x" * 200 not in drawn
    assert any("…" in one for one in drawn)


def test_a_name_of_sixty_letters_is_drawn_whole(
    whole_report: Report, made_report: MadeReport, three_arms: dict[str, Arm], read_page: ReadPage
):
    long = "customer-tickets-third-quarter-annotated-in-berlin-"
    report = replace(
        whole_report,
        arms={f"{long}{name}": arm for name, arm in whole_report.arms.items()},
        base=replace(whole_report.base, dev={}),
        curves=[replace(one, dataset=f"{long}{one.dataset}") for one in whole_report.curves],
    )
    base = dict.fromkeys(report.arms, next(iter(whole_report.base.dev.values())))
    page = read_page(replace(report, base=replace(report.base, dev=base)))
    drawings = [svg for svg in page.all("svg") if svg.attributes.get("role") == "img"]
    for svg in drawings:
        drawn = "".join(one.text for one in svg.all("text"))
        assert [name for name in report.arms if name not in drawn] == []
        assert "…" not in drawn


def test_what_is_not_there_is_not_shown(
    made_report: MadeReport, made_arm: MadeArm, read_page: ReadPage, unavailable: Unavailable
):
    bare = {"difference": None, "low": None, "high": None, "p": None, "detectable": None}
    arm = made_arm("ranked", bare, weighted=unavailable, against="a")
    run = arm.runs["robust"]
    nothing = Metric(f1=None, p=None, r=None, low=None, high=None, n=0)
    blank = replace(
        run,
        dev=replace(run.dev, usual=nothing),
        test=replace(run.test, f1=None, p=None, r=None, low=None, high=None),
        others=OtherLabels(agreement_f1=None, per_label={}),
        vs_random_seconds=unavailable,
    )
    report = made_report({"a": replace(arm, runs={"robust": blank})}, strata=unavailable)
    page = read_page(replace(report, base=replace(report.base, test=nothing)))
    assert not list(page.all("figure"))
    heads = [one.attributes["id"] for one in page.with_class("part")]
    assert heads == ["test", "dev", "annotated", "method"]
    assert "None" not in next(page.all("body")).text
    assert "not decided" in next(page.all("main")).text
    assert "unavailable: no probabilities were recorded" in page.with_class("lines")[0].text


def test_an_unavailable_correction_leaves_the_other_two_numbers(
    made_report: MadeReport, made_arm: MadeArm, read_page: ReadPage, unavailable: Unavailable
):
    arm = made_arm("ranked", 0.1, weighted=unavailable, against="a")
    page = read_page(made_report({"a": arm}))
    (figure,) = (one for one in page.all("figure") if one.attributes["id"] == "dev-test")
    assert "dev .800, weighted unavailable, test .700" in next(figure.all("desc")).text
    assert figure.with_class("meaning")[0].text == (
        "The dev answers of a put F1 .100 above test; they could not be weighted."
    )


def test_a_look_half_way_shows_the_base_and_no_verdict(
    made_report: MadeReport, made_arm: MadeArm, read_page: ReadPage
):
    arm = replace(made_arm("ranked", 0.1, against="a"), runs={})
    report = made_report({"a": arm}, policies=(), seeds=[])
    page = read_page(replace(report, strategies={}))
    assert not page.with_class("word")
    assert [one.attributes["id"] for one in page.all("figure")] == ["dev-test"]
    assert "F1 of the base on each dataset's dev fold" in next(page.all("main")).text
    assert "quick.json" in next(page.all("footer")).text


def test_each_policy_has_its_own_figures_and_only_one_is_answered(
    made_report: MadeReport, made_arm: MadeArm, read_page: ReadPage
):
    both = ("usual", "robust")
    arms = {
        "a": made_arm("random", 0.02, against="a", policies=both),
        "b": made_arm("ranked", 0.08, 0.05, against="a", policies=both),
    }
    page = read_page(made_report(arms, policies=both))
    figures = [one.attributes["id"] for one in page.all("figure")]
    assert figures == ["forest-1", "dev-test", "forest-0", "dev-test-0"]
    assert len(page.with_class("verdicts")) == 1
    assert "Training ‘robust’" in page.with_class("basis")[0].text


def test_thirty_arms_are_three_lines_and_a_page_under_three_megabytes(
    made_report: MadeReport, made_arm: MadeArm, read_page: ReadPage
):
    arms = {
        f"{strategy}-{seed}": made_arm(strategy, change, against_random, against=f"random-{seed}")
        for strategy, change, against_random in (
            ("random", 0.04, None), ("ranked", 0.08, 0.04), ("teach", -0.05, -0.09),
        )
        for seed in range(10)
    }  # fmt: skip
    report = made_report(arms)
    assert len(render_page(report).encode()) < 3_000_000
    page = read_page(report)
    lines = [one.text for one in page.with_class("arm")]
    assert [line.split(" ")[0] for line in lines] == ["random", "ranked", "teach"]
    # replicates are drawn in the colour of their strategy
    forest = next(one for one in page.all("figure") if one.attributes["id"] == "forest-0")
    styles = " ".join(one.attributes.get("style", "") for one in forest.every())
    assert set(re.findall(r"--arm-\d", styles)) == {"--arm-0", "--arm-1", "--arm-6"}


def test_the_same_report_gives_the_same_bytes_in_another_process(whole_report: Report):
    code = (
        "import pickle, sys; from prodigy_al.report.html.page import render_page; "
        "sys.stdout.buffer.write(render_page(pickle.load(sys.stdin.buffer)).encode())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps(whole_report),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode() == render_page(whole_report)


def test_drawings_are_in_the_font_of_the_page(whole: Any):
    for svg in whole.all("svg"):
        for one in svg.all("text"):
            assert "var(--font)" in one.attributes["style"]
            assert "DejaVu" not in one.attributes["style"]


def test_no_colour_is_fixed_in_a_drawing(whole: Any):
    """Dark mode works because everything drawn has a colour of the page."""
    for svg in whole.all("svg"):
        for one in svg.every():
            assert not re.search(r"(fill|stroke): #", one.attributes.get("style", ""))
