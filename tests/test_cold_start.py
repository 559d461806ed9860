"""`al.simulate` where the pipeline knows none of the labels: an empty one, and a new label."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from prodigy.components.db import connect
from prodigy.errors import RecipeError

from prodigy_al.compare import compare
from prodigy_al.simulate import simulate
from prodigy_al.simulation.arms import ARMS

SINGLE = [name for name, arm in ARMS.items() if arm.binary]
WHOLE = [name for name, arm in ARMS.items() if not arm.binary]
EMPTY, NEW = "blank:xx", "base"  # which knows ORG, PERSON and PLACE, and no FIRM


@pytest.fixture
def firms(world: Path, home: Path) -> Path:
    """The pool, whose organisations are called FIRM."""
    text = (world / "pool.jsonl").read_text("utf8").replace('"ORG"', '"FIRM"')
    path = home / "firms.jsonl"
    path.write_text(text, encoding="utf8")
    return path


def run(firms: Path, world: Path, model: str, **options: Any) -> None:
    base = str(world / model) if model == NEW else model
    simulate(str(firms), base, "firms", label=["FIRM"], **{"budget": 30, **options})


def train_records(arm: str) -> list[dict[str, Any]]:
    stored = connect().get_dataset_examples(f"firms-{arm}-0")
    return [one["al"] for one in stored if one["al"]["fold"] == "train"]


@pytest.mark.parametrize("model", [EMPTY, NEW])
@pytest.mark.parametrize("arm", SINGLE)
def test_single_spans_are_refused_before_anything_is_asked_and_another_arm_is_named(
    firms: Path, world: Path, model: str, arm: str
):
    sentence = (
        rf"^--arms {arm}: .*{model} knows no label FIRM, so it proposes no span to accept or "
        r"reject; take an arm of whole segments: random, or ranked-learning"
    )
    with pytest.raises(RecipeError, match=sentence) as caught:
        run(firms, world, model, arms=["random", arm])
    assert "\n" not in str(caught.value)
    assert connect().datasets == []


def test_arms_that_rank_ask_in_random_order_and_say_so_once(
    firms: Path, world: Path, capsys: pytest.CaptureFixture[str]
):
    run(firms, world, EMPTY, arms=WHOLE)
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("knows no label FIRM") == 1
    assert (
        "in random order throughout: ranked, ranked-suggest, ranked-strict; until 100 answers of "
        "the train fold are learned from: ranked-learning" in said
    )
    place = {
        json.loads(line)["text"]: number
        for number, line in enumerate(firms.read_text("utf8").splitlines())
    }
    for arm in WHOLE:
        assert {record["u"] for record in train_records(arm)} == {0.0}
        asked = [place[one["text"]] for one in connect().get_dataset_examples(f"firms-{arm}-0")]
        assert asked != sorted(asked)


@pytest.mark.parametrize("model", [EMPTY, NEW])
def test_an_arm_that_learns_ranks_by_what_it_has_learned(
    firms: Path, world: Path, model: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(ARMS["ranked-learning"].options, "rerank_every", 20)
    run(firms, world, model, arms=["ranked-learning"], budget=50)
    records = train_records("ranked-learning")
    by = [record["model"].get("answers") for record in records]
    assert by[:20] == [None] * 20
    assert {*by} == {None, 20}
    assert {record["u"] for record in records if record["model"].get("answers") is None} == {0.0}
    assert max(record["u"] for record in records) > 0


def test_a_comparison_with_an_empty_base_trains_and_counts_from_nothing(
    firms: Path, world: Path, home: Path
):
    run(firms, world, EMPTY, arms=["random"], budget=120)
    test = home / "test.jsonl"
    gold = (world / "test.jsonl").read_text("utf8").replace('"ORG"', '"FIRM"')
    test.write_text(gold, encoding="utf8")
    output = home / "out"
    compare(
        ["firms-random-0"], EMPTY, test=str(test), label=["FIRM"], training=["usual"], seeds="1",
        workers=1, equal="answers", output=output,
    )  # fmt: skip
    report = json.loads((output / "report.json").read_text("utf8"))
    assert report["base"]["test"]["f1"] == 0
    trained = report["arms"]["firms-random-0"]["runs"]["usual"]
    assert trained["test"]["f1"] == trained["vs_base"]["difference"] > 0.5
    (verdict,) = [line for line in report["answer"].splitlines() if "firms-random-0" in line]
    assert "helps" in verdict
    assert not {"nan", "harms", "do not ship"} & set(verdict.split())
