"""al.diagnose through the product's own path: draw, task, answer, dataset, verdict."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.comparison.arms import read_arm
from prodigy_al.diagnosis.evidence import Calibration
from prodigy_al.diagnosis.verdict import Verdict
from prodigy_al.errors import OptionError
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.inputs.calibration import measure_calibration
from prodigy_al.inputs.diagnosis import Opened, open_diagnosis
from prodigy_al.ner.pipelines import load_pipeline
from prodigy_al.report.diagnosis import Diagnosis, build_diagnosis
from prodigy_al.report.diagnosis_terminal import LINES, WIDTH, render_diagnosis

pytest.importorskip("sklearn")

ARMS = ("random", "ranked-strict", "teach")
BUDGET = 100


def foreign(records: list[dict[str, Any]], name: str) -> None:
    """Store whole-segment answers as a recipe of somebody else would: without any record."""
    from prodigy.components.db import connect
    from prodigy.util import set_hashes

    connect().add_dataset(name)
    answers = [
        set_hashes(
            {"text": one["text"], "spans": own, "tokens": one["tokens"], "meta": one["meta"]}
        )
        | {"answer": "accept", "_view_id": "ner_manual"}
        for one in records
        if (own := [span for span in one["spans"] if span["label"] == "ORG"]) is not None
    ]
    connect().add_examples(answers, datasets=[name])


@pytest.fixture(scope="module")
def collected(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three simulated arms, and two datasets collected elsewhere: by a keyword, and at random."""
    from prodigy_al.simulate import simulate

    home = tmp_path_factory.mktemp("diagnosing")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRODIGY_HOME", str(home))
        simulate(
            str(world / "pool.jsonl"), str(world / "base"), "news", label=["ORG"],
            arms=list(ARMS), budget=BUDGET,
        )  # fmt: skip
        lines = (world / "pool.jsonl").read_text(encoding="utf8").splitlines()
        distinct = list({one["text"]: one for one in map(json.loads, lines)}.values())
        region = [one for one in distinct if "left" in one["text"] or "agreed" in one["text"]]
        foreign(region[:80], "keyword")
        foreign(random.Random(0).sample(distinct, 80), "anywhere")
        yield home


def open_all(world: Path, datasets: list[str], **options: Any) -> Opened:
    chosen = {"label": ["ORG"], "loader": None, "skip_bad": False, "group_by": None, "seed": 0}
    return open_diagnosis(
        datasets, str(world / "base"), str(world / "pool.jsonl"), **(chosen | options)
    )


@pytest.fixture(scope="module")
def diagnosis(collected: Path, world: Path) -> Diagnosis:
    opened = open_all(world, ["news-*", "keyword", "anywhere"])
    return build_diagnosis(
        opened.evidence, labels=opened.labels, model=opened.model, pool=opened.pool, seed=0
    )


@pytest.fixture(scope="module")
def verdict(diagnosis: Diagnosis) -> Callable[[str, str], Verdict]:
    found = {(one.arm, one.id): one for one in diagnosis.verdicts}
    return lambda arm, hypothesis: found[arm, hypothesis]


def test_a_selection_by_score_is_found_and_named(verdict: Callable[[str, str], Verdict]):
    found = verdict("news-ranked-strict-0", "selection")
    assert found.verdict == "supported"
    assert found.low is not None
    assert found.low > 0.9
    assert next(iter(found.details["features"])) == "score"
    assert "higher score" in found.why
    assert verdict("news-ranked-strict-0", "prevalence").verdict == "supported"


def test_a_mild_tilt_shows_in_what_it_moves_before_it_shows_in_all(
    verdict: Callable[[str, str], Verdict],
):
    """100 questions with a chance of .3 for each: one number is tested with more power than six."""
    assert verdict("news-teach-0", "prevalence").verdict == "supported"
    assert verdict("news-teach-0", "selection").verdict != "refuted"


def test_a_selection_by_keyword_is_found_in_a_dataset_without_records(
    verdict: Callable[[str, str], Verdict],
):
    found = verdict("keyword", "selection")
    assert found.verdict == "supported"
    texts = found.details["over_asked"]
    assert all("left" in text or "agreed" in text for text in texts)
    assert not any("left" in text or "agreed" in text for text in found.details["under_asked"])


@pytest.mark.parametrize("arm", ["news-random-0", "anywhere"])
def test_random_questions_are_not_said_to_be_selected(
    verdict: Callable[[str, str], Verdict], arm: str
):
    for hypothesis in ("selection", "prevalence", "coverage", "design", "redundancy"):
        assert verdict(arm, hypothesis).verdict != "supported", hypothesis


def test_binary_answers_have_a_partial_dev_set_and_whole_segments_have_none(
    verdict: Callable[[str, str], Verdict],
):
    assert verdict("news-teach-0", "partial-dev").verdict == "supported"
    assert verdict("news-random-0", "partial-dev").verdict == "refuted"


def test_what_needs_probabilities_says_why_there_are_none(
    diagnosis: Diagnosis, verdict: Callable[[str, str], Verdict]
):
    assert verdict("news-ranked-strict-0", "design").why == "a strict order has no probabilities"
    assert verdict("keyword", "design").why.startswith("its answers carry no record")
    recorded = diagnosis.datasets["news-random-0"].probabilities
    estimated = diagnosis.datasets["anywhere"].probabilities
    assert recorded.origin == "recorded"  # type: ignore[union-attr]
    assert estimated.origin == "estimated"  # type: ignore[union-attr]


def test_recorded_folds_share_no_document(verdict: Callable[[str, str], Verdict]):
    assert verdict("news-random-0", "leak").details["documents"] == 0


def test_few_errors_on_random_segments_do_not_tell_the_direction_of_harm(
    verdict: Callable[[str, str], Verdict],
):
    found = verdict("news-ranked-strict-0", "harm-direction")
    assert found.verdict == "not identifiable"
    assert "at least 10 of each are needed" in found.why
    assert verdict("news-random-0", "harm-direction").why.startswith("its questions are random")


def test_no_verdict_stands_without_number_interval_and_n(diagnosis: Diagnosis):
    for one in diagnosis.verdicts:
        assert one.why
        if one.verdict != "not identifiable":
            assert one.number is not None, one
            assert one.low is not None, one
            assert one.high is not None, one
            assert one.low <= one.number <= one.high, one
            assert one.n > 0, one


def test_the_terminal_shows_one_screen_and_every_supported_verdict(diagnosis: Diagnosis):
    shown = render_diagnosis(diagnosis)
    lines = shown.splitlines()
    assert len(lines) <= LINES
    assert max(map(len, lines)) <= WIDTH
    for one in diagnosis.verdicts:
        if one.verdict == "supported":
            assert one.id in shown
    assert "Next: " in shown


def test_full_shows_all_verdicts_and_what_they_rest_on(diagnosis: Diagnosis):
    shown = render_diagnosis(diagnosis, full=True)
    for one in diagnosis.verdicts:
        assert f"  {one.id}: {one.verdict}" in shown
    assert "probabilities estimated, from the score alone" in shown
    assert max(map(len, shown.splitlines())) <= WIDTH


def test_whole_segments_tell_how_far_probabilities_can_be_trusted(diagnosis: Diagnosis):
    found = diagnosis.datasets["news-random-0"].calibration
    assert isinstance(found, Calibration)
    assert found.fitted_to + found.dev_answers == BUDGET
    assert 0.5 <= found.fitted_temperature < 2.0 == found.temperature  # generated news is easy
    assert found.shipped.n >= found.dev_answers // 2
    assert 0 < found.fitted.ece < 1
    assert "span probabilities at temperature 2: calibration error" in " ".join(
        render_diagnosis(diagnosis, full=True).split()
    )


def test_single_spans_do_not_tell_how_far_probabilities_can_be_trusted(diagnosis: Diagnosis):
    found = diagnosis.datasets["news-teach-0"].calibration
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("answers about single spans")


def test_dev_answers_are_measured_on_and_never_fitted_to(collected: Path, world: Path):
    from prodigy_al.inputs.datasets import stored_examples

    nlp = load_pipeline(str(world / "base"))
    arm = read_arm(
        "news-random-0", stored_examples("news-random-0"), labels=["ORG"],
        tokenizer=nlp.make_doc, group_by=None,
    )  # fmt: skip
    planted = replace(
        arm, dev=replace(arm.dev, items=tuple(replace(one, accepted=()) for one in arm.dev.items))
    )
    before, after = (measure_calibration(one, nlp, {}) for one in (arm, planted))
    assert isinstance(before, Calibration)
    assert isinstance(after, Calibration)
    assert after.fitted_temperature == before.fitted_temperature
    assert after.shipped.brier != before.shipped.brier


@pytest.fixture(scope="module")
def command(collected: Path, warm: Any) -> Callable[..., subprocess.CompletedProcess[str]]:
    return partial(warm, "prodigy", "al.diagnose", home=collected)


def test_the_recipe_writes_diagnosis_json(
    command: Callable[..., subprocess.CompletedProcess[str]], collected: Path, world: Path
):
    done = command(
        "news-teach-0", world / "base", "--pool", world / "pool.jsonl", "-l", "ORG", "-o", "told"
    )
    assert done.returncode == 0, done.stderr
    assert "partial-dev" in done.stdout
    written = json.loads((collected / "told" / "diagnosis.json").read_text(encoding="utf8"))
    assert written["version"] == 1
    assert written["pool"]["segments"] > BUDGET
    assert "single spans" in written["datasets"]["news-teach-0"]["calibration"]["unavailable"]
    assert {one["arm"] for one in written["verdicts"]} == {"news-teach-0"}
    assert {"id", "verdict", "number", "low", "high", "n", "p", "why", "next"} <= set(
        written["verdicts"][0]
    )


def test_a_pool_that_the_records_do_not_name_is_refused(
    command: Callable[..., subprocess.CompletedProcess[str]], world: Path
):
    done = command("news-teach-0", world / "base", "--pool", world / "test.jsonl", "-l", "ORG")
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert "its texts are not those that dataset 'news-teach-0' was drawn from" in said
    assert "leave the option out" not in said  # there is nothing to do without it
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("pool", "sentence"),
    [
        (None, "--pool: give the source that the datasets were asked of"),
        ("test.jsonl", "none of the 80 texts of dataset 'keyword' is in it"),
    ],
)
def test_a_pool_that_is_missing_or_another_one_is_refused(
    collected: Path, world: Path, pool: str | None, sentence: str
):
    from prodigy.errors import RecipeError

    from prodigy_al.diagnose import diagnose

    source = None if pool is None else str(world / pool)
    with pytest.raises(RecipeError, match=sentence):
        diagnose(["keyword"], str(world / "base"), source, label=["ORG"])


def test_a_pool_that_holds_few_of_the_answers_is_another_one(
    collected: Path, world: Path, tmp_path: Path
):
    from prodigy.components.db import connect

    source = tmp_path / "other.jsonl"
    few = [{"text": one["text"]} for one in connect().get_dataset_examples("keyword")[:30]]
    other = (world / "test.jsonl").read_text(encoding="utf8")
    source.write_text(other + "".join(f"{json.dumps(one)}\n" for one in few), encoding="utf8")
    refused = "only 30 of the 80 texts of dataset 'keyword' are in it"
    with pytest.raises(OptionError, match=refused):
        open_diagnosis(
            ["keyword"], str(world / "base"), str(source),
            label=["ORG"], loader=None, skip_bad=False, group_by=None, seed=0,
        )  # fmt: skip


def test_without_scikit_learn_all_else_is_judged(
    collected: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    from prodigy_al.diagnosis import harm, selection

    for module in (harm, selection):
        monkeypatch.setattr(module, "available", lambda: False)
    opened = open_all(world, ["news-teach-0"])
    found = build_diagnosis(
        opened.evidence, labels=opened.labels, model=opened.model, pool=opened.pool, seed=0
    )
    by_id = {one.id: one for one in found.verdicts}
    assert by_id["selection"].verdict == "not identifiable"
    assert by_id["selection"].next == "pip install 'prodigy-al[report]'"
    assert by_id["partial-dev"].verdict == "supported"
