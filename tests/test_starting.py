"""`al.teach --start`: binary questions that begin from whole segments of the same source."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prodigy.components.db import connect
from prodigy.errors import RecipeError

from prodigy_al.records import read_record
from prodigy_al.sampling.history import ANSWERS
from prodigy_al.sampling.inclusion import inclusion, verify_records
from prodigy_al.simulate import simulate

Example = dict[str, Any]
SALT = "prodigy-al-0"


def stored(dataset: str) -> list[Example]:
    return list(connect().get_dataset_examples(dataset))


def store(dataset: str, examples: list[Example]) -> None:
    """Make a dataset of these answers, in place of what is there."""
    if dataset in connect():
        connect().drop_dataset(dataset)
    connect().add_dataset(dataset)
    connect().add_examples(examples, datasets=[dataset])


def run(world: Path, budget: int, **options: Any) -> None:
    chosen = {"label": ["ORG"], "arms": ["mixed"], "budget": budget, **options}
    simulate(str(world / "pool.jsonl"), str(world / "base"), "news", **chosen)


@pytest.fixture
def start(home: Path, world: Path) -> list[Example]:
    """Sixty random whole segments, in dataset news-random-0."""
    run(world, 60, arms=["random"])
    return stored("news-random-0")


@pytest.fixture
def teach(controller: Callable[..., Any], world: Path) -> Callable[..., Any]:
    def open_teach(dataset: str = "x", **options: Any) -> Any:
        chosen = {"label": ["ORG"], "fold_salt": SALT, "start": "news-random-0", **options}
        return controller("al.teach", dataset, str(world / "base"), str(world / "pool.jsonl"),
                          **chosen)  # fmt: skip

    return open_teach


def questions(session: Any, batches: int = 1) -> list[Example]:
    tasks = []
    for _ in range(batches):
        batch = session.get_questions()
        session.receive_answers([{**task, "answer": "accept"} for task in batch])
        tasks += batch
    return tasks


def test_two_datasets_are_written_and_no_text_is_asked_about_twice(
    home: Path, world: Path, capsys: pytest.CaptureFixture[str]
):
    run(world, 250, arms=["mixed", "mixed-ranked"], start_share=0.25)
    for arm, strategy in (("mixed", "random"), ("mixed-ranked", "ranked")):
        whole, binary = stored(f"news-{arm}-start-0"), stored(f"news-{arm}-0")
        assert (len(whole), len(binary)) == (63, 187)
        assert {one["al"]["strategy"] for one in whole} == {strategy}
        assert {(one["al"]["strategy"], one["al"]["fold"]) for one in binary} == {
            ("teach-started", "train")
        }
        assert {one["_view_id"] for one in whole} == {"ner_manual"}
        assert {one["_view_id"] for one in binary} == {"ner"}
        assert not {one["_input_hash"] for one in whole} & {one["_input_hash"] for one in binary}
        records = [(one["_input_hash"], read_record(one)) for one in binary]
        pi = inclusion(records)
        assert verify_records(records) == 187
        assert ((pi > 0) & (pi <= 1)).all()
        known = sum(one["al"]["fold"] == "train" for one in whole)
        assert {record.start["name"] for _, record in records} == {f"news-{arm}-start-0"}
        assert {record.start["answers"] for _, record in records} == {known}
        assert {record.model[ANSWERS] for _, record in records} == {known}
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        "al.compare 'news-mixed-start-0+news-mixed-0,news-mixed-ranked-start-0+news-mixed-ranked-0'"
    ) in shown


def test_a_budget_too_small_for_both_folds_of_the_start_is_what_is_named(home: Path, world: Path):
    """Not `--start`, which nobody gave; and it goes on where the budget is raised."""
    with pytest.raises(
        RecipeError, match=r"^--budget 3: .*begins with .*have none in the (dev|train) fold"
    ):
        run(world, 3)
    assert stored("news-mixed-start-0")
    run(world, 40)
    assert stored("news-mixed-0")


def test_the_random_start_of_a_mixed_arm_is_how_its_control_begins(home: Path, world: Path):
    run(world, 60, arms=["random", "mixed"])
    control, whole = stored("news-random-0"), stored("news-mixed-start-0")
    assert len(whole) == 20
    assert [one["al"] for one in whole] == [one["al"] for one in control[:20]]


def test_a_run_that_stopped_after_a_refit_goes_on_as_if_it_had_not(
    start: list[Example], teach: Callable[..., Any]
):
    few_open = {"block": 20, "rate": 1.0}  # blocks that are left to rank anew
    undisturbed = questions(teach("x", **few_open), 16)
    store("y", stored("x")[:130])
    resumed = questions(teach("y", **few_open), 3)
    assert [one["al"] for one in resumed] == [one["al"] for one in undisturbed[130:]]
    assert [one["_task_hash"] for one in resumed] == [
        one["_task_hash"] for one in undisturbed[130:]
    ]
    known = sum(one["al"]["fold"] == "train" for one in start)
    assert {one["al"]["model"][ANSWERS] for one in undisturbed} == {known, known + 100}


def test_a_start_that_stopped_is_finished_first(home: Path, world: Path):
    run(world, 60)
    whole, binary = stored("news-mixed-start-0"), stored("news-mixed-0")
    store("news-mixed-start-0", whole[:10])
    connect().drop_dataset("news-mixed-0")
    run(world, 60)
    assert [one["al"] for one in stored("news-mixed-start-0")] == [one["al"] for one in whole]
    assert [one["al"] for one in stored("news-mixed-0")] == [one["al"] for one in binary]


def test_another_budget_is_refused_before_the_start_grows(home: Path, world: Path):
    from prodigy.errors import RecipeError

    run(world, 60)
    with pytest.raises(RecipeError, match="news-mixed-0 was begun after 20 whole segments, and"):
        run(world, 90)
    assert len(stored("news-mixed-start-0")) == 20


def test_dev_answers_change_no_question(start: list[Example], teach: Callable[..., Any]):
    """Planted dev labels: everything of the dev fold is said to be an ORG, then nothing."""
    asked = []
    for text in (True, False):
        planted = [
            one
            if one["al"]["fold"] == "train"
            else {**one, "spans": [{**t, "label": "ORG"} for t in one["tokens"]] if text else []}
            for one in start
        ]
        store("news-random-0", planted)
        asked.append(questions(teach(f"x-{text}"), 2))
    assert [one["al"] for one in asked[0]] == [one["al"] for one in asked[1]]
    assert {one["al"]["fold"] for one in asked[0]} == {"train"}


def test_a_score_of_the_parse_stays_the_starting_models_and_candidates_are_reranked(
    start: list[Example], teach: Callable[..., Any], controller: Callable[..., Any], world: Path
):
    """The same segments as without --start, asked about by what their candidates are now worth."""
    options = {"label": ["ORG"], "fold_salt": SALT, "by": "mnlp", "strict": True}
    plain = controller("al.teach", "y", str(world / "base"), str(world / "pool.jsonl"), **options)
    alone = {one["_input_hash"]: one["al"] for one in questions(plain, 20)}
    begun = {one["_input_hash"]: one["al"] for one in questions(teach("x", **options), 20)}
    both = sorted(alone.keys() & begun.keys())
    assert len(both) > 20
    # other texts in a batch change the last digits
    assert [begun[one]["u"] for one in both] == pytest.approx([alone[one]["u"] for one in both])
    moved = [abs(alone[one]["span_p"] - begun[one]["span_p"]) > 0.01 for one in both]
    assert sum(moved) > len(both) / 2


def test_train_answers_change_questions(start: list[Example], teach: Callable[..., Any]):
    """The twin of the rule about dev answers."""
    first = questions(teach("x"))
    store("news-random-0", [{**one, "spans": []} for one in start])
    then = questions(teach("y"))
    assert [one["al"]["u"] for one in first] != [one["al"]["u"] for one in then]


def changed(start: list[Example], how: str) -> list[Example]:
    def about(fold: str) -> Example:
        return next(one for one in start if one["al"]["fold"] == fold and one["spans"])

    if how == "another train answer":
        return [one for one in start if one is not about("train")]
    fold = how.split()[0]
    return [{**one, "spans": []} if one is about(fold) else one for one in start]


@pytest.mark.parametrize("how", ["another train answer", "train spans", "dev spans"])
def test_a_start_whose_train_answers_changed_since_is_refused(
    start: list[Example], teach: Callable[..., Any], how: str
):
    from prodigy.errors import RecipeError

    store("news-random-0", changed(start, how))
    questions(teach())
    store("news-random-0", start)
    if how == "dev spans":  # no question follows from them
        assert questions(teach())
        return
    with pytest.raises(RecipeError, match="started when --start news-random-0 held other answers"):
        teach()


def test_going_on_with_or_without_another_start_is_refused(
    start: list[Example], teach: Callable[..., Any]
):
    from prodigy.errors import RecipeError

    questions(teach())
    store("copy", start)
    with pytest.raises(RecipeError, match="with --start news-random-0, now it is copy"):
        teach(start="copy")
    with pytest.raises(RecipeError, match=r"with al\.teach --start, now it is al\.teach: "):
        teach(start=None)


def test_an_ignored_text_of_the_start_is_not_asked_about_either(
    start: list[Example], teach: Callable[..., Any]
):
    ignored = [{**one, "answer": "ignore"} if i % 2 else one for i, one in enumerate(start)]
    store("news-random-0", ignored)
    session = teach()
    asked = set()
    while batch := questions(session):
        asked |= {one["_input_hash"] for one in batch}
    assert len(asked) > 200
    assert not asked & {one["_input_hash"] for one in start}


def test_a_start_that_leaves_nothing_is_refused(home: Path, world: Path, teach: Callable[..., Any]):
    from prodigy.errors import RecipeError

    run(world, 1000, arms=["random"])
    with pytest.raises(RecipeError, match="nothing is left to ask: --start news-random-0 holds"):
        teach()


def test_a_start_from_a_part_of_the_source_leaves_the_rest_of_that_part(
    controller: Callable[..., Any], world: Path, teach: Callable[..., Any]
):
    session = controller("al.random", "part", str(world / "base"), str(world / "pool.jsonl"),
                         label=["ORG"], fold_salt=SALT, pool_size=100)  # fmt: skip
    questions(session, 3)
    (first, *_) = questions(teach(start="part"))
    assert first["al"]["source"]["pool_size"] == 100
    train = sum(one["al"]["fold"] == "train" for one in stored("part"))
    whole = next(one["al"]["N"] for one in stored("part") if one["al"]["fold"] == "train")
    assert first["al"]["N"] == whole - train
