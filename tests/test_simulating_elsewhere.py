"""`al.simulate` in several processes and on a cluster: the same datasets, record by record."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from local_cluster import start_cluster
from prodigy.components.db import connect
from prodigy.errors import RecipeError

from prodigy_al.inputs import remarks
from prodigy_al.inputs.simulation import jobs
from prodigy_al.inputs.simulation.remote import read_settings
from prodigy_al.simulate import simulate
from prodigy_al.simulation.arms import ARMS as ARMS_BY_NAME
from prodigy_al.simulation.session import FIRST_SECOND

ARMS = ["teach", "ranked", "random", "mixed"]
DATASETS = {f"news-{arm}-{seed}" for arm in [*ARMS, "mixed-start"] for seed in (0, 1)}
BUDGET = 30


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """The --engine of a cluster of two worker processes."""
    with start_cluster() as running:
        yield running.scheduler_address.replace("tcp://", "dask://")


@pytest.fixture
def at_home(
    tmp_path: Path, world: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, Any]]:
    """Simulate in a home of its own, and return what its database holds: (name, **options).

    The gold has a path that no other process knows, and batches a size of their own.
    """

    def run(name: str, **options: Any) -> dict[str, Any]:
        home = tmp_path / name
        home.mkdir(exist_ok=True)
        shutil.copy(world / "pool.jsonl", home)
        (home / "prodigy.json").write_text('{"batch_size": 7}', encoding="utf8")
        monkeypatch.setenv("PRODIGY_HOME", str(home))
        monkeypatch.setenv("PRODIGY_AL_CACHE", str(tmp_path / "cache"))
        monkeypatch.chdir(home)
        monkeypatch.setattr(remarks, "_said", set())  # as in a new process
        chosen = {"label": ["ORG"], "arms": ARMS, "seeds": "2", "budget": BUDGET, **options}
        own = {"error_rate": 0.2, "start_share": 0.6}
        simulate("pool.jsonl", str(world / "base"), "news", **own, **chosen)
        return everything()

    return run


def everything() -> dict[str, Any]:
    """All records of the database, by dataset and by session."""
    database = connect()
    names = [*database.datasets, *database.sessions]
    return {name: list(database.get_dataset_examples(name)) for name in names}


def test_datasets_are_the_same_in_this_process_in_several_and_on_a_cluster(
    at_home: Callable[..., Any], cluster: str, capsys: pytest.CaptureFixture[str]
):
    here = at_home("here")
    said_here = set(capsys.readouterr().out.splitlines())
    assert at_home("processes", workers=2) == here
    said, bars = capsys.readouterr()
    assert (set(said.splitlines()), bars) == (said_here, "")
    assert at_home("cluster", engine=cluster) == here
    said, bars = capsys.readouterr()
    assert (set(said.splitlines()), bars) == (said_here, "")
    assert {name for name in here if "annotator" not in name} == DATASETS
    assert {f"{name}-annotator-1" for name in DATASETS} == here.keys() - DATASETS
    # and something was at stake
    assert {one["al"]["source"]["name"] for one in here["news-teach-0"]} == {"pool.jsonl"}
    assert len({json.dumps(one["spans"]) for one in here["news-random-1"]}) > 5


def test_times_follow_from_the_answers_and_a_second_run_begins_when_the_first_ended(
    at_home: Callable[..., Any],
):
    here = at_home("here", arms=["mixed"], seeds="1")
    start, run = (
        [one["_timestamp"] for one in here[f"news-mixed-{which}0"]] for which in ("start-", "")
    )
    assert FIRST_SECOND < start[0] < start[-1] < run[0] < run[-1]


def test_a_model_learns_in_a_worker_as_it_does_here(
    at_home: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(ARMS_BY_NAME["ranked-learning"].options, "rerank_every", 20)
    here = at_home("here", arms=["ranked-learning"], budget=40)
    assert at_home("processes", arms=["ranked-learning"], budget=40, workers=2) == here
    models = {one["al"]["model"].get("answers") for one in here["news-ranked-learning-0"]}
    assert models >= {None, 20}


@pytest.mark.parametrize("place", ["processes", "cluster"])
def test_what_is_begun_goes_on_elsewhere_and_what_is_whole_is_not_answered_again(
    at_home: Callable[..., Any], cluster: str, place: str, monkeypatch: pytest.MonkeyPatch
):
    calm = at_home("calm", arms=["teach", "random"])
    at_home(place, arms=["teach", "random"], seeds="0,")
    at_home(place, arms=["teach"], seeds="1,", budget=9)
    asked: list[str] = []

    def noting(function: Any, given: Any, **options: Any) -> Any:
        asked.extend(job.name for job in given)
        return run_jobs(function, given, **options)

    run_jobs = jobs.run_jobs
    monkeypatch.setattr(jobs, "run_jobs", noting)
    where = {"workers": 2} if place == "processes" else {"engine": cluster}
    assert at_home(place, arms=["teach", "random"], **where) == calm
    assert asked == ["news-teach-1", "news-random-1"]


def test_several_annotators_give_the_same_records_anywhere_also_where_they_go_on(
    at_home: Callable[..., Any], cluster: str
):
    people = {"annotators": 3, "overlap": 0.3, "arms": ["teach", "mixed"]}
    here = at_home("here", **people)
    names = [f"news-{arm}-{seed}" for arm in ("teach", "mixed", "mixed-start") for seed in (0, 1)]
    assert here.keys() == {
        *names, *(f"{name}-annotator-{number}" for name in names for number in (1, 2, 3))
    }  # fmt: skip
    assert at_home("processes", **people, workers=2) == here
    at_home("cluster", **{**people, "arms": ["teach"]}, budget=12)
    assert at_home("cluster", **people, engine=cluster) == here


def test_a_dataset_of_gold_is_carried_to_a_cluster(
    at_home: Callable[..., Any], world: Path, cluster: str, home: Path
):
    from prodigy.util import set_hashes

    lines = (world / "pool.jsonl").read_text("utf8").splitlines()
    connect().add_dataset("gold")
    connect().add_examples([set_hashes(json.loads(line)) for line in lines], datasets=["gold"])
    for name, engine in (("here", None), ("there", cluster)):
        simulate(
            "dataset:gold", str(world / "base"), name, label=["ORG"], arms=["random"], budget=9,
            engine=engine,
        )  # fmt: skip
    here, there = (connect().get_dataset_examples(f"{name}-random-0") for name in ("here", "there"))
    assert [one["al"] for one in here] == [one["al"] for one in there]
    assert len(here) == 9


def test_a_run_that_cannot_begin_is_one_sentence_with_its_name(at_home: Callable[..., Any]):
    sentence = r"^the job news-random-[01] .*failed: dataset 'news-random-[01]' was started with "
    at_home("processes", arms=["random"], budget=9)
    with pytest.raises(RecipeError, match=sentence) as caught:
        at_home("processes", arms=["random"], dev_share=0.5, workers=2)
    assert "\n" not in str(caught.value)


def test_workers_are_refused_where_the_database_is_in_memory(
    at_home: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    memory = '{"db_settings": {"sqlite": {"name": ":memory:"}}}'
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", memory)
    with pytest.raises(RecipeError, match=r"^--workers: the database is in the memory"):
        at_home("memory", workers=2)
    assert connect().datasets == []


def test_another_base_on_the_workers_is_refused(
    at_home: Callable[..., Any], cluster: str, monkeypatch: pytest.MonkeyPatch
):
    from prodigy_al.inputs.simulation import remote

    monkeypatch.setattr(remote, "pipeline_sha256", lambda nlp: "0" * 64)
    with pytest.raises(RecipeError, match=r"^the job news-random-0 .* is another there than here"):
        at_home("cluster", engine=cluster, arms=["random"], seeds="1")
    assert connect().datasets == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"workers": -1}, "--workers -1: give a number of processes"),
        ({"workers": 2, "engine": "dask://127.0.0.1:1"}, "--workers 2: it counts processes of"),
        ({"engine": "banana"}, "--engine banana: give a Dask scheduler as dask://HOST:PORT"),
        ({"engine": "dask://127.0.0.1:1"}, "--engine tcp://127.0.0.1:1: found no Dask scheduler"),
    ],
)
def test_machines_that_cannot_be_are_refused_before_anything_is_read(
    home: Path, options: dict[str, Any], sentence: str
):
    with pytest.raises(RecipeError, match=f"^{sentence}"):
        simulate("no-gold.jsonl", "no-model", "news", **options)


def test_settings_are_those_of_the_files_and_of_the_environment_the_later_ones_winning(
    home: Path, monkeypatch: pytest.MonkeyPatch
):
    (home / "prodigy.json").write_text('{"batch_size": 5, "lang": "de"}', encoding="utf8")
    Path("prodigy.json").write_text('{"batch_size": 6, "theme": "plain"}', encoding="utf8")
    assert read_settings() == {"batch_size": 6, "lang": "de", "theme": "plain"}
    monkeypatch.setenv("PRODIGY_CONFIG_OVERRIDES", '{"theme": "dark"}')
    assert read_settings() == {"batch_size": 6, "lang": "de", "theme": "dark"}
    monkeypatch.setenv("PRODIGY_CONFIG", str(home / "prodigy.json"))
    assert read_settings() == {"batch_size": 5, "lang": "de", "theme": "dark"}
