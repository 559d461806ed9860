"""The whole line through the real command line: gold in, simulated arms, comparison out."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.records import read_record
from prodigy_al.sampling.inclusion import verify_records

ARMS = "teach,ranked,random,random-binary,ranked-strict,teach-strict"
METRIC = {"f1", "p", "r", "low", "high", "n", "no_interval"}
DIFF = {"difference", "low", "high", "p", "detectable", "no_interval"}
CONTROL = {
    "against",
    "train",
    "against_train",
    "binary_against_whole",
    "mixed_against_whole",
}
WEIGHTED = METRIC | {
    "method",
    "interval",
    "low_pool",
    "high_pool",
    "ess",
    "m",
    "n_pool",
    "largest_weight",
    "missing",
    "worth",
    "if_missing_wrong",
    "if_missing_right",
    "on",
    "cautions",
    "coefficient",
    "plain",
}
TOP = {
    "version",
    "answer",
    "next",
    "target",
    "labels",
    "model",
    "pool",
    "seeds",
    "policies",
    "test",
    "base",
    "arms",
    "strategies",
    "matrix",
    "curves",
    "verdicts",
    "health",
    "exchange",
    "machine",
    "plan",
    "strata",
    "go_on",
    "why",
    "command",
}


@pytest.fixture(scope="module")
def finished(world: Path, warm: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Simulate all arms once and compare them once, with two workers."""
    folder = tmp_path_factory.mktemp("line")

    def run(*args: object, anew: bool = False) -> subprocess.CompletedProcess[str]:
        done = warm("prodigy", *args, home=folder, anew=anew)
        assert done.returncode == 0, done.stderr
        return done

    run("al.simulate", world / "pool.jsonl", world / "base", "news", "-l", "ORG", "--arms", ARMS,
        "--budget", 120)  # fmt: skip
    compared = run("al.compare", "news-*", world / "base", "--test", world / "test.jsonl",
        "-l", "ORG", "--training", "usual", "--seeds", 2, "--workers", 2,
        "--output", "out", "--full")  # fmt: skip
    report = json.loads((folder / "out" / "report.json").read_text())
    return {"run": run, "report": report, "text": compared.stdout, "err": compared.stderr,
            "folder": folder}  # fmt: skip


def exported(finished: dict[str, Any], dataset: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in finished["run"]("db-out", dataset).stdout.splitlines()]


@pytest.mark.parametrize("arm", ARMS.split(","))
def test_a_simulated_dataset_is_an_ordinary_one_with_valid_records(finished, arm: str):
    examples = exported(finished, f"news-{arm}-0")
    assert len(examples) == 120
    assert verify_records([(e["_input_hash"], read_record(e)) for e in examples]) == 120
    assert {e["_view_id"] for e in examples} == {
        "ner" if arm.startswith("teach") or "binary" in arm else "ner_manual"
    }
    assert {e["al"]["strategy"] for e in examples} == {arm}


def test_simulated_answers_are_gold(finished, world: Path):
    records = [json.loads(line) for line in (world / "pool.jsonl").read_text().splitlines()]
    gold = {
        r["text"]: {(s["start"], s["end"]) for s in r["spans"] if s["label"] == "ORG"}
        for r in records
    }
    for example in exported(finished, "news-ranked-0"):
        assert {(s["start"], s["end"]) for s in example["spans"]} == gold[example["text"]]
    for example in exported(finished, "news-teach-0"):
        (span,) = example["spans"]
        right = (span["start"], span["end"]) in gold[example["text"]]
        assert example["answer"] == ("accept" if right else "reject")


def test_a_second_simulation_adds_nothing(finished, world: Path):
    before = exported(finished, "news-teach-0")
    finished["run"]("al.simulate", world / "pool.jsonl", world / "base", "news", "-l", "ORG",
                    "--arms", "teach", "--budget", 120)  # fmt: skip
    assert exported(finished, "news-teach-0") == before


def test_a_simulation_says_what_it_wrote_and_where_questions_ran_out(finished, world: Path):
    done = finished["run"]("al.simulate", world / "pool.jsonl", world / "base", "news", "-l", "ORG",
                           "--arms", "teach", "--budget", 120)  # fmt: skip
    assert "dataset news-teach-0: 120 answers" in done.stdout
    few = finished["folder"] / "few.jsonl"
    lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()[:30]
    few.write_text("\n".join(lines), encoding="utf8")
    done = finished["run"]("al.simulate", few, world / "base", "few", "-l", "ORG", "--arms",
                           "random", "--budget", 1000)  # fmt: skip
    assert "answers, then nothing was left to ask (--budget 1000)" in done.stdout + done.stderr


def test_the_report_has_the_documented_keys(finished):
    report = finished["report"]
    assert set(report) == TOP
    assert set(report["base"]["test"]) == METRIC
    (overlap,) = [check for check in report["health"] if check["id"] == "overlap"]
    assert set(overlap) == {"id", "ok", "number", "why", "brief"}
    assert overlap["ok"]
    for dataset, arm in report["arms"].items():
        run = arm["runs"]["usual"]
        assert set(run["dev"]["usual"]) == METRIC
        weighted = run["dev"]["weighted"]
        assert set(weighted) == ({"unavailable"} if "ranked-strict" in dataset else WEIGHTED)
        assert set(run["test"]) == METRIC | {"per_seed"}
        assert set(run["vs_base"]) == DIFF
        assert run["vs_random"] is None or set(run["vs_random"]) == DIFF | CONTROL
        assert set(run["others"]) == {"agreement_f1", "per_label", "worst"}
        assert set(run["others"]["per_label"]) <= {"PERSON", "PLACE"}
        assert set(arm["answers"]) == {"accept", "reject", "ignore"}
        assert sum(arm["answers"].values()) == 120
        assert arm["seconds_per_answer"] > 0
        assert len(run["test"]["per_seed"]) == 2
    assert {cell["set"] for cell in report["matrix"]} == {"test", *report["arms"]}


def test_the_page_of_the_report_is_written_beside_it_and_named(finished):
    assert "out/report.json, .html" in finished["text"]
    page = (finished["folder"] / "out" / "report.html").read_text(encoding="utf8")
    assert all(f"<bdi>{arm}</bdi>" in page for arm in finished["report"]["arms"])
    assert page.count("<figure") >= 3
    assert "<h1>F1 of ORG on text like test.jsonl</h1>" in page  # without its folders


def test_an_arm_is_compared_with_the_control_of_its_own_form(finished):
    arms = finished["report"]["arms"]
    against = {
        name: arm["runs"]["usual"]["vs_random"] and arm["runs"]["usual"]["vs_random"]["against"]
        for name, arm in arms.items()
    }
    assert against["news-ranked-0"] == against["news-ranked-strict-0"] == "news-random-0"
    assert against["news-teach-0"] == against["news-teach-strict-0"] == "news-random-binary-0"
    assert against["news-random-0"] is against["news-random-binary-0"] is None


def test_the_random_arms_weighted_dev_is_its_usual_dev(finished):
    """With equal weights the two differ by nothing but copies of a text."""
    dev = finished["report"]["base"]["dev"]["news-random-0"]
    assert dev["weighted"]["ess"] > 0.99 * dev["weighted"]["m"]
    assert dev["weighted"]["worth"] == pytest.approx(dev["weighted"]["m"], rel=0.02)


@pytest.mark.parametrize("arm", ["teach", "random-binary", "teach-strict"])
def test_binary_arms_are_measured_on_the_random_arms_whole_segments(finished, arm: str):
    report, name = finished["report"], f"news-{arm}-0"
    before, after = report["base"]["dev"][name], report["arms"][name]["runs"]["usual"]["dev"]
    assert before["weighted"] == report["base"]["dev"]["news-random-0"]["weighted"]
    assert after["weighted"]["on"] == "news-random-0"
    # what the base itself predicts is a candidate: they were worked out again as they were
    assert before["candidates"].get("outside", 0) == 0
    assert ("outside" in before["candidates"]) == (arm != "teach-strict")


def test_the_parts_of_the_gap_add_up_over_several_training_seeds(finished):
    known = 0
    for name, arm in finished["report"]["arms"].items():
        run = arm["runs"]["usual"]
        selection, rest = run["gap"]["selection"], run["gap"]["rest"]
        assert (selection is None) == (rest is None) == ("ranked-strict" in name)
        usual, test = run["dev"]["usual"]["f1"], run["test"]["f1"]
        if selection and usual is not None:
            known += 1
            assert math.isclose(selection["value"] + rest["value"], usual - test, abs_tol=1e-9)
    assert known >= 2


def test_differences_are_those_of_the_means(finished):
    report = finished["report"]
    for arm in report["arms"].values():
        run = arm["runs"]["usual"]
        expected = run["test"]["f1"] - report["base"]["test"]["f1"]
        assert math.isclose(run["vs_base"]["difference"], expected)
        assert math.isclose(sum(run["test"]["per_seed"]) / 2, run["test"]["f1"])


def test_simulated_seconds_are_said_to_be(finished):
    assert all(arm["seconds_simulated"] for arm in finished["report"]["arms"].values())
    assert "(simulated)" in finished["text"]
    assert "Simulated seconds come from a cost model; nobody was timed." in finished["text"]


def test_the_terminal_answers_first_and_stays_plain_in_a_pipe(finished):
    assert finished["text"].lstrip().startswith("F1 on test (200 segments of 40 documents), ")
    assert "Against random answers in as many simulated seconds (answers:" in finished["text"]
    assert "What was annotated" in finished["text"]
    assert "\x1b" not in finished["text"]
    assert finished["err"] == ""


def test_the_same_inputs_give_the_same_report_for_any_number_of_workers(finished, world: Path):
    finished["run"]("al.compare", "news-random-0,news-teach-0", world / "base", "--test",
                    world / "test.jsonl", "-l", "ORG", "--training", "usual", "--seeds", "0,",
                    "--workers", 2, "--equal", "answers", "--output", "two")  # fmt: skip
    finished["run"]("al.compare", "news-random-0,news-teach-0", world / "base", "--test",
                    world / "test.jsonl", "-l", "ORG", "--training", "usual", "--seeds", "0,",
                    "--workers", 1, "--equal", "answers", "--output", "one", anew=True)  # fmt: skip
    one, two = ((finished["folder"] / name / "report.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_whoever_stops_reading_the_terminal_has_the_files(finished, world: Path):
    """As `al.compare ... | head -3` does: the report is there all the same."""
    command = [sys.executable, "-m", "prodigy", "al.compare", "news-random-0", world / "base",
               "--test", world / "test.jsonl", "-l", "ORG",
               "--quick", "--output", "cut"]  # fmt: skip
    folder = finished["folder"]
    environment = os.environ | {"PRODIGY_HOME": str(folder)}
    with subprocess.Popen(
        [*map(str, command)], cwd=folder, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        assert process.stdout
        process.stdout.close()
    assert json.loads((folder / "cut" / "quick.json").read_bytes())["version"]


def test_usual_outside_differs_for_binary_answers_only(finished, world: Path):
    finished["run"]("al.compare", "news-random-0,news-teach-0", world / "base", "--test",
                    world / "test.jsonl", "-l", "ORG", "--seeds", "0,", "--training",
                    "usual,usual-outside", "--equal", "answers", "--output", "both")  # fmt: skip
    report = json.loads((finished["folder"] / "both" / "report.json").read_text())

    def tests(dataset: str) -> tuple[float, float]:
        runs = report["arms"][dataset]["runs"]
        return runs["usual"]["test"]["f1"], runs["usual-outside"]["test"]["f1"]

    assert tests("news-random-0")[0] == tests("news-random-0")[1]
    assert tests("news-teach-0")[0] != tests("news-teach-0")[1]


def test_answers_collected_elsewhere_are_compared_but_not_weighted(finished, world: Path):
    foreign = finished["folder"] / "foreign.jsonl"
    examples = exported(finished, "news-ranked-0")
    foreign.write_text(
        "".join(json.dumps({k: v for k, v in e.items() if k != "al"}) + "\n" for e in examples)
    )
    finished["run"]("db-in", "elsewhere", foreign)
    finished["run"]("al.compare", "elsewhere", world / "base", "--test", world / "test.jsonl",
                    "-l", "ORG", "--training", "usual", "--seeds", "0,",
                    "--output", "elsewhere")  # fmt: skip
    report = json.loads((finished["folder"] / "elsewhere" / "report.json").read_text())
    arm = report["arms"]["elsewhere"]
    assert arm["strategy"] == "unknown"
    assert "carry no" in arm["runs"]["usual"]["dev"]["weighted"]["unavailable"]
    assert arm["runs"]["usual"]["test"]["f1"] > 0
    removed = report["test"]["overlap"]["trained_on_removed"]["elsewhere"]
    assert arm["train"] + arm["dev_answers"] + removed == arm["segments"]
