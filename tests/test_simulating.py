"""`al.simulate` runs the recipes of this package as functions, under any controller."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from prodigy.core import Controller

from prodigy_al import simulate as module
from prodigy_al.records import SIMULATED
from prodigy_al.simulate import simulate


def stored(dataset: str) -> list[dict[str, Any]]:
    from prodigy.components.db import connect

    return list(connect().get_dataset_examples(dataset))


def gold_of(world: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (world / "pool.jsonl").read_text("utf8").splitlines()]


def said(capsys: pytest.CaptureFixture[str]) -> str:
    shown = capsys.readouterr()
    return " ".join((shown.out + shown.err).split())


def run(world: Path, **options: Any) -> None:
    chosen = {"label": ["ORG"], "arms": ["random"], "budget": 20, **options}
    simulate(str(world / "pool.jsonl"), str(world / "base"), "news", **chosen)


def test_a_recipe_that_returns_a_controller_is_used_as_it_is(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    made = []

    def random_order(*args: Any, **options: Any) -> Controller:
        made.append(Controller.from_components("al.random", given(*args, **options)))
        return made[-1]

    given = module.RECIPES["al.random"]
    monkeypatch.setattr(module, "RECIPES", {"al.random": random_order})
    run(world)
    assert made[0].total_annotated == len(stored("news-random-0")) == 20
    assert {answer["_view_id"] for answer in stored("news-random-0")} == {"ner_manual"}


OTHER_DESIGN = {"by": "squared-errors", "explore": 0.2, "within_kinds": True}
OWN_DESIGN = {"ranked": ("errors-per-root-token", 0.1), "teach": ("expected-errors", 0.3)}


@pytest.mark.parametrize("arm", OWN_DESIGN)
def test_a_design_is_that_of_the_train_fold_and_changes_nothing_in_the_dev_fold(
    home: Path, world: Path, arm: str
):
    run(world, arms=[arm], budget=60)
    simulate(
        str(world / "pool.jsonl"), str(world / "base"), "other", label=["ORG"], arms=[arm],
        budget=60, **OTHER_DESIGN,
    )  # fmt: skip
    usual, other = ([one["al"] for one in stored(f"{name}-{arm}-0")] for name in ("news", "other"))
    dev, other_dev = ([r for r in al if r["fold"] == "dev"] for al in (usual, other))
    assert other_dev == dev != []
    train = [r for r in other if r["fold"] == "train"]
    assert {(r["acquisition"], r["explore"]) for r in train} == {("squared-errors", 0.2)}
    assert len({r["stratum"] for r in train}) > 1
    own = [r for r in usual if r["fold"] == "train"]
    assert [r["u"] for r in train] != [r["u"] for r in own]
    assert {(r["acquisition"], r["explore"]) for r in own} == {OWN_DESIGN[arm]}
    assert {(r["acquisition"], r["explore"]) for r in dev} == {("expected-errors", 0.3)}
    assert {r["stratum"] for r in usual} == {None}


def test_a_design_leaves_controls_as_they_are_and_strict_arms_without_kinds(
    home: Path, world: Path
):
    run(world, arms=["random", "ranked-strict"], **OTHER_DESIGN)
    for arm, acquisition in (("random", "expected-errors"), ("ranked-strict", OTHER_DESIGN["by"])):
        al = [one["al"] for one in stored(f"news-{arm}-0")]
        assert {(r["acquisition"], r["stratum"]) for r in al} == {(acquisition, None)}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"by": "errors"}, "--by errors: there is no such score; there are expected-errors"),
        ({"explore": 1.0, "within_kinds": True}, "--within-kinds: a strict order has no"),
    ],
)
def test_a_design_that_does_not_exist_is_refused(
    home: Path, world: Path, options: dict[str, Any], sentence: str
):
    from prodigy.errors import RecipeError

    with pytest.raises(RecipeError, match=f"^{sentence}"):
        run(world, **options)


def test_a_dataset_without_times_is_gone_on_with(home: Path, world: Path):
    from prodigy.components.db import connect

    run(world)
    begun = [{k: v for k, v in one.items() if k != "_timestamp"} for one in stored("news-random-0")]
    connect().drop_dataset("news-random-0")
    connect().add_dataset("news-random-0")
    connect().add_examples(begun, datasets=["news-random-0"])
    run(world, budget=30)
    assert len(stored("news-random-0")) == 30


def test_ner_teach_is_driven_in_batches_and_learns_from_each(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    from prodigy.recipes import ner

    learned = []

    def teach(dataset: str, nlp: Any, source: Any, **options: Any) -> dict[str, Any]:
        assert options == {"label": ["ORG"], "unsegmented": True}
        assert not any("spans" in task for task in source), "the recipe must not see gold"
        components = built_in(dataset, nlp, source, **options)
        update = components["update"]
        learning = {"update": lambda answers: learned.append(len(answers)) or update(answers)}
        return {**components, **learning}

    built_in = ner.teach
    monkeypatch.setattr(ner, "teach", teach)
    run(world, arms=["ner-teach"], budget=24)
    answers = stored("news-ner-teach-0")
    assert learned == [10, 10, 4]
    assert {(one["_view_id"], one[SIMULATED]) for one in answers} == {("ner", True)}
    assert not any("al" in one for one in answers)
    gold = {one["text"]: one["spans"] for one in gold_of(world)}
    for one in answers:
        (span,) = one["spans"]
        right = any(all(span[key] == other[key] for key in ("start", "end", "label"))
                    for other in gold[one["text"]])  # fmt: skip
        assert one["answer"] == ("accept" if right else "reject")


def test_sentences_of_longer_texts_are_answered_by_their_own_gold(home: Path, world: Path):
    """Offsets of the gold are those of the whole text."""
    texts = gold_of(world)
    pairs = []
    for one, two in zip(texts[:120:2], texts[1:120:2], strict=True):
        shift = len(one["text"])
        moved = [{**s, "start": s["start"] + shift, "end": s["end"] + shift} for s in two["spans"]]
        spans = [{k: s[k] for k in ("start", "end", "label")} for s in [*one["spans"], *moved]]
        pairs.append({"text": one["text"] + two["text"], "spans": spans, "meta": one["meta"]})
    source = home / "long.jsonl"
    source.write_text("".join(json.dumps(pair) + "\n" for pair in pairs), encoding="utf8")
    simulate(
        str(source), str(world / "base"), "long", label=["ORG"], arms=["ner-teach"], budget=40,
        skip_bad=True,  # the tokenizer joins some last words to the full stop
    )  # fmt: skip
    answers = stored("long-ner-teach-0")
    assert len(answers) == 40
    marked = {
        (pair["text"][s["start"] : s["end"]], s["label"]) for pair in pairs for s in pair["spans"]
    }
    accepted = [one for one in answers if one["answer"] == "accept"]
    assert accepted
    for one in accepted:
        (span,) = one["spans"]
        assert (one["text"][span["start"] : span["end"]], span["label"]) in marked
    assert all(one["meta"]["doc"] for one in answers)


def test_ner_teach_is_ordinary_data_to_a_comparison(home: Path, world: Path):
    from prodigy_al.inputs.comparison import open_comparison

    run(world, arms=["ner-teach"], budget=60)
    (arm,) = open_comparison(
        ["news-*"], str(world / "base"), str(world / "test.jsonl"), label=["ORG"], loader=None,
        skip_bad=False, policies=["usual"], curves=False, seeds=[0], workers=1, engine=None,
        group_by=None, output=home / "out",
    ).arms  # fmt: skip
    assert (arm.strategy, arm.train.form, dict(arm.records)) == ("unknown", "binary", {})


def test_ner_teach_says_that_a_resumed_model_starts_anew_and_where_questions_ran_out(
    home: Path, world: Path, capsys: pytest.CaptureFixture[str]
):
    run(world, arms=["ner-teach"], budget=20)
    assert "goes on with" not in said(capsys)
    run(world, arms=["ner-teach"], budget=100_000)
    told = said(capsys)
    assert "ner.teach keeps what its model learns in memory only" in told
    assert "answers, then nothing was left to ask (--budget 100000)" in told


def test_where_there_is_no_ner_teach_one_sentence_says_so_before_anything_is_asked(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    from prodigy.components.db import connect
    from prodigy.errors import RecipeError

    monkeypatch.setitem(sys.modules, "prodigy.recipes.ner", None)
    with pytest.raises(RecipeError, match=r"^--arms ner-teach: .* leave it out") as caught:
        run(world, arms=["random", "ner-teach"])
    assert "\n" not in str(caught.value)
    assert connect().datasets == []
