"""`al.simulate` runs the recipes of this package as functions, under any controller."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from prodigy.core import Controller

from prodigy_al import simulate as module
from prodigy_al.inputs.simulation.ranks import rank_texts
from prodigy_al.manual_ranked import manual_ranked
from prodigy_al.records import SIMULATED
from prodigy_al.simulate import simulate
from prodigy_al.simulation.costs import CostModel


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


def test_each_arm_ranks_by_the_score_that_it_names(home: Path, world: Path):
    scores = {"ranked": "form-quota", "ranked-strict": "diverse-errors", "teach": "mnlp"}
    arms = {f"{arm}-by-{score}": score for arm, score in scores.items()}
    run(world, arms=[*arms, "ranked"], budget=30, by="tag-count")
    for arm, score in {**arms, "ranked": "tag-count"}.items():
        al = [one["al"] for one in stored(f"news-{arm}-0") if one["al"]["fold"] == "train"]
        assert {(r["strategy"], r["acquisition"]) for r in al} == {(arm.split("-by-")[0], score)}
    simulate(
        str(world / "pool.jsonl"), str(world / "base"), "other", label=["ORG"], arms=["ranked"],
        budget=30, by="form-quota",
    )  # fmt: skip
    named, chosen = stored("news-ranked-by-form-quota-0"), stored("other-ranked-0")
    assert [one["al"] for one in named] == [one["al"] for one in chosen]


def test_a_strict_order_by_what_is_added_is_asked_from_the_most_and_has_no_probabilities(
    home: Path, world: Path
):
    run(world, arms=["ranked-strict-by-diverse-errors"], budget=60)
    al = [one["al"] for one in stored("news-ranked-strict-by-diverse-errors-0")]
    train = [r for r in al if r["fold"] == "train"]
    assert [r["u"] for r in train] == sorted((r["u"] for r in train), reverse=True)
    assert {(r["design"], r["p"], r["key"]) for r in al} == {("strict", None, None)}


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
    assert {(one["_view_id"], bool(one[SIMULATED])) for one in answers} == {("ner", True)}
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


@pytest.mark.parametrize(("unit", "budget"), [("tokens", 500), ("seconds", 300)])
def test_arms_spend_the_same_budget_and_a_resumed_one_no_more(
    home: Path, world: Path, capsys: pytest.CaptureFixture[str], unit: str, budget: int
):
    run(world, arms=["random"], budget=budget // 2, budget_in=unit)
    run(world, arms=["random", "teach"], budget=budget, budget_in=unit)
    told = said(capsys)
    for arm in ("random", "teach"):
        answers = stored(f"news-{arm}-0")
        prices = [
            len(one["tokens"]) if unit == "tokens"
            else CostModel().seconds(one, binary=arm == "teach") for one in answers
        ]  # fmt: skip
        assert sum(prices[:-1]) < budget <= sum(prices)
        assert f"dataset news-{arm}-0: {len(answers)} answers, {sum(prices):,.0f} {unit}" in told


def test_text_that_a_model_chose_takes_longer_to_read(home: Path, world: Path):
    run(world, arms=["random", "ranked"], chosen_speed=0.5)
    for arm, per_token in (("random", 0.25), ("ranked", 0.5)):
        answers = stored(f"news-{arm}-0")
        took = answers[-1]["_timestamp"] - answers[0]["_timestamp"]
        costs = CostModel(per_token=per_token)
        assert took == pytest.approx(
            sum(costs.seconds(a, binary=False) for a in answers[1:]), abs=1
        )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"error_rate": 0.2}, "--error-rate 0.1, now it is 0.2"),
        ({"errors": "boundary"}, "--errors random, now it is boundary"),
        ({"seconds_per_token": 0.4}, "--seconds-per-token 0.25, now it is 0.4"),
        ({"chosen_speed": 0.79}, "--chosen-speed 1.0, now it is 0.79"),
    ],
)
def test_a_dataset_is_not_gone_on_with_by_another_annotator(
    home: Path, world: Path, options: dict[str, Any], sentence: str
):
    from prodigy.errors import RecipeError

    run(world, error_rate=0.1)
    with pytest.raises(RecipeError, match=f"dataset 'news-random-0' was started with {sentence}"):
        run(world, budget=30, **{"error_rate": 0.1, **options})
    assert len(stored("news-random-0")) == 20


def test_who_is_anchored_keeps_wrong_suggestions_and_is_right_where_none_are_shown(
    home: Path, world: Path
):
    arms = ["ranked-suggest", "random"]
    run(world, arms=arms, budget=60, errors="anchored", error_rate=1.0)
    told = {arm: [one[SIMULATED]["error"] for one in stored(f"news-{arm}-0")] for arm in arms}
    assert set(told["random"]) == {None}
    assert set(told["ranked-suggest"]) == {None, "anchored"}
    asked = manual_ranked(
        "other", str(world / "base"), str(world / "pool.jsonl"), label=["ORG"], suggest=True,
        fold_salt="prodigy-al-0",
    )  # fmt: skip
    shown = {one["_input_hash"]: one["spans"] for one in asked["stream"]}
    for one in stored("news-ranked-suggest-0"):
        assert one["spans"] == sorted(shown[one["_input_hash"]], key=lambda span: span["start"])


def test_errors_rise_with_the_score_of_the_base(home: Path, world: Path):
    run(world, budget=10)
    by_score = {one["al"]["u"]: one["_input_hash"] for one in stored("news-random-0")}
    ranks = rank_texts(
        str(world / "pool.jsonl"), str(world / "base"), ["ORG"], loader=None, skip_bad=False,
        unsegmented=False, gpu_id=-1,
    )  # fmt: skip
    in_order = [ranks[by_score[u]] for u in sorted(by_score)]
    assert in_order == sorted(in_order)
    assert sum(ranks.values()) / len(ranks) == pytest.approx(0.5)
    simulate(
        str(world / "pool.jsonl"), str(world / "base"), "hard", label=["ORG"], arms=["random"],
        budget=10_000, error_rate=0.5, errors_by_score=True,
    )  # fmt: skip
    wrong: list[list[bool]] = [[], []]
    for one in stored("hard-random-0"):
        wrong[ranks[one["_input_hash"]] > 0.5].append(one[SIMULATED]["error"] is not None)
    easy, hard = (sum(part) / len(part) for part in wrong)
    assert easy < 0.4 < 0.6 < hard  # .25 and .75 but for chance
