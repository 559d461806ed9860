"""`al.simulate --protocol` from the command line's options to protocol.json, on generated news."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from prodigy.components.db import connect
from prodigy.errors import RecipeError
from team_runs import everything, keep

from prodigy_al.comparison import runs
from prodigy_al.inputs.simulation.oracle import TRUE_ERRORS
from prodigy_al.inputs.simulation.runs import Simulation
from prodigy_al.simulate import simulate
from prodigy_al.training.policies import POLICIES

OPTIONS = {"label": ["ORG"], "budget": 48, "seeds": "2", "workers": 1, "training": ["robust"]}


def evaluate(world: Path, **options: Any) -> dict[str, Any]:
    """Run a protocol and return what it wrote."""
    chosen = {"protocol": True, "test": str(world / "test.jsonl"), **OPTIONS, **options}
    simulate(str(world / "pool.jsonl"), str(world / "base"), "news", **chosen)
    found: dict[str, Any] = json.loads(Path("al-protocol/protocol.json").read_bytes())
    return found


def train_little(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let each training be of one epoch; return the list of those that are carried out."""
    short = {name: replace(policy, epochs=1, binary_epochs=1) for name, policy in POLICIES.items()}
    monkeypatch.setattr(runs, "POLICIES", short)
    done: list[str] = []
    execute = runs.execute

    def counted(run: Any) -> Any:
        result = execute(run)
        done.append(str(run))
        return result

    monkeypatch.setattr(runs, "execute", counted)
    return done


@dataclass(frozen=True)
class Done:
    """What a whole protocol found, stored, trained and said."""

    found: dict[str, Any]
    again: dict[str, Any]
    stored: Mapping[str, list[dict[str, Any]]]
    trained: list[str]
    trained_again: list[str]
    said: str


@pytest.fixture(scope="module")
def done(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Done]:
    """Every part but settings and successor, of one arm that ranks and one of single spans."""
    folder = tmp_path_factory.mktemp("protocol")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as out:
        patch.setenv("PRODIGY_HOME", str(folder))
        patch.chdir(folder)
        trained = train_little(patch)
        options = {"arms": ["ranked", "teach"], "starts": ["1/2"]}
        found = evaluate(world, **options)
        first = list(trained)
        again = evaluate(world, **options)
        names = connect().datasets
        stored = {name: list(connect().get_dataset_examples(name)) for name in names}
        yield Done(found, again, stored, first, trained[len(first) :], out.getvalue())


def test_it_says_beforehand_how_much_there_is_to_do_and_then_how_long_the_rest_takes(done: Done):
    said = " ".join(done.said.split())
    assert (
        "2 redraws; budgets: 6 simulations and at most 10 trainings; bounds: 4 simulations and at "
        "most 6 trainings; settings: 0 simulations and at most 0 trainings; starts: 4 simulations "
        "and at most 2 trainings"
    ) in said
    assert "of all done after" in said
    assert "min left" in said
    assert "a claim about a strategy takes 5 redraws, and there are 2" in said
    assert done.found["made"] == {"simulations": 14, "trainings": 18}
    assert len(done.stored) == 14


def test_nothing_is_trained_twice(done: Done):
    # one is of the base; less where equal seconds are equal answers
    assert len(done.trained) <= 18 + 1
    assert done.trained_again == []
    assert done.again == done.found


def test_arms_get_as_many_answers_as_random_and_as_many_seconds(done: Done):
    arms = done.found["arms"]
    random = arms["random"]["answers"]
    assert random["answers"] == 48
    for arm in ("ranked", "teach", "oracle"):
        assert arms[arm]["answers"]["answers"] == 48
        seconds = arms[arm]["seconds"]["seconds"]
        assert 0.9 * random["seconds"] < seconds <= random["seconds"] + 1e-6
    # whoever reads more in an answer gets fewer of them
    per_answer = arms["ranked"]["answers"]["seconds"] / 48
    fewer = arms["ranked"]["seconds"]["answers"] < 48
    assert fewer == (per_answer > random["seconds"] / 48)


def test_redraws_have_seeds_and_dev_folds_of_their_own(done: Done):
    for arm in ("random", "ranked", "oracle", "pool"):
        for seed in (0, 1):
            al = [one["al"] for one in done.stored[f"news-{arm}-{seed}"]]
            assert {(one["seed"], one["fold_salt"]) for one in al} == {(seed, f"prodigy-al-{seed}")}


def test_dev_answers_are_paid_for_and_not_trained_on(done: Done):
    train = [
        sum(one["al"]["fold"] == "train" for one in done.stored[f"news-random-{seed}"])
        for seed in (0, 1)
    ]
    assert done.found["arms"]["random"]["answers"]["trained"] <= sum(train) / 2 < 48


def test_the_oracle_ranks_the_train_fold_by_gold_and_draws_the_dev_fold_as_ever(done: Done):
    al = [one["al"] for one in done.stored["news-oracle-0"]]
    train = [one for one in al if one["fold"] == "train"]
    assert {(one["acquisition"], one["explore"]) for one in train} == {(TRUE_ERRORS, 0.1)}
    for one in train:  # a whole number of errors per root token
        stored = next(x for x in done.stored["news-oracle-0"] if x["al"] is one)
        wrong = one["u"] * len(stored["tokens"]) ** 0.5
        assert wrong == pytest.approx(round(wrong), abs=1e-6)
    assert max(one["u"] for one in train) > 0
    dev = [one for one in al if one["fold"] == "dev"]
    assert {(one["acquisition"], one["explore"]) for one in dev} == {("expected-errors", 0.3)}


def test_the_ceiling_is_the_train_fold_of_the_whole_pool(done: Done):
    whole = done.stored["news-pool-0"]
    segments = done.found["pool"]["segments"]
    assert len({one["_input_hash"] for one in whole}) == len(whole) == segments
    trained = done.found["arms"]["pool"]["answers"]["trained"]
    assert 0.5 * segments < trained < 0.9 * segments


def test_arms_after_whole_segments_get_their_share_first(done: Done):
    assert list(done.found["starts"]) == ["mixed-1of2"]
    start, rest = done.stored["news-mixed-1of2-start-0"], done.stored["news-mixed-1of2-0"]
    assert len(start) == 24
    assert {one["_view_id"] for one in start} == {"ner_manual"}
    assert {one["_view_id"] for one in rest} == {"ner"}
    seconds = done.found["starts"]["mixed-1of2"]["compared"]["seconds"]
    assert seconds <= done.found["arms"]["random"]["answers"]["seconds"] + 1e-6


def test_names_are_looked_up_at_every_budget(done: Done):
    assert {arm: list(by) for arm, by in done.found["lookup"].items()} == {
        "random": ["answers"],
        "ranked": ["answers", "seconds"],
        "teach": ["answers", "seconds"],
    }
    assert 0 < done.found["lookup"]["random"]["answers"]["f1"]["mean"] < 1


def test_a_protocol_that_was_stopped_goes_on_and_finds_the_same(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch, done: Done
):
    """Stopped in the second redraw, with its first redraw trained."""
    trained = train_little(monkeypatch)
    options: dict[str, Any] = {"arms": ["ranked"], "only": ["budgets"]}
    answer = Simulation.answer

    def stop(simulation: Simulation, run: Any) -> Any:
        if run.dataset == "news-ranked-1":
            raise KeyboardInterrupt
        return answer(simulation, run)

    monkeypatch.setattr(Simulation, "answer", stop)
    with pytest.raises(SystemExit):
        evaluate(world, **options)
    assert not Path("al-protocol/protocol.json").exists()
    first = list(trained)
    assert first
    monkeypatch.setattr(Simulation, "answer", answer)
    resumed = evaluate(world, **options)
    assert not set(first) & set(trained[len(first) :])
    for arm in ("random", "ranked"):
        for equal, compared in resumed["arms"][arm].items():
            assert compared["f1"] == done.found["arms"][arm][equal]["f1"]


def test_several_annotators_are_evaluated_and_go_on_as_one_does(
    home: Path, world: Path, monkeypatch: pytest.MonkeyPatch
):
    trained = train_little(monkeypatch)
    people = {"annotators": 3, "overlap": 0.3, "error_rate": "0,0,.5"}
    found = evaluate(world, arms=["ranked"], only=["bounds"], **people)
    assert found["simulated"]["error_rate"] == [0.0, 0.0, 0.5]
    whole, first = everything(), list(trained)
    assert {name for name in whole if "annotator" not in name} >= {
        f"news-{arm}-{seed}" for arm in ("random", "ranked", "pool", "oracle") for seed in (0, 1)
    }
    texts = {json.loads(line)["text"] for line in (world / "pool.jsonl").read_text().splitlines()}
    assert {one["text"] for one in whole["news-pool-0"]} == texts
    assert len(whole["news-pool-0"]) > 1.2 * len(texts)  # with second answers
    for name in ("news-random-0", "news-ranked-1", "news-oracle-1"):
        keep(name, whole[name][:31])
    again = evaluate(world, arms=["ranked"], only=["bounds"], **people)
    assert everything() == whole
    assert trained == first
    assert [again[part] for part in ("arms", "claims")] == [
        found[part] for part in ("arms", "claims")
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            {"protocol": False, "training": None},
            "--test .*: only a protocol has use for it; add --protocol",
        ),
        (
            {"protocol": False, "test": None, "training": None, "wanted": 0.01},
            "--plan 0.01: only a protocol",
        ),
        (
            {"protocol": False, "test": None, "training": None, "only": ["bounds"]},
            "--parts bounds: only a protocol",
        ),
        ({"test": None}, "--test: a protocol measures on a held-out test set"),
        ({"seeds": "1"}, "--seeds 0: one redraw does not tell how much another would differ"),
        ({"arms": ["random"]}, "--arms random: a protocol holds other arms against random"),
        ({"arms": ["ner-teach"]}, "--arms ner-teach: nothing is recorded of how it draws"),
        ({"starts": ["3/2"]}, "--starts 3/2: give shares between 0 and 1"),
        ({"only": ["ceiling"]}, "--parts ceiling: there is no such part; there are budgets"),
        ({"only": ["successor"]}, "--parts successor: name the pipeline with --successor"),
        ({"training": ["gentle"]}, "--training gentle: there is no such policy"),
        ({"wanted": 2.0}, "--plan 2.0: give a difference of F1 between 0 and 1"),
    ],
)
def test_what_a_protocol_cannot_do_is_refused_before_anything_is_simulated(
    home: Path, world: Path, options: dict[str, Any], sentence: str
):
    with pytest.raises(RecipeError, match=f"^{sentence}"):
        evaluate(world, **{"arms": ["ranked"], **options})
    assert not [name for name in connect().datasets if name.startswith("news")]
