"""The arms' source named with --pool: through the recipes, the trainings and the report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from spacy.language import Language

from prodigy_al.comparison.plan import Plan
from prodigy_al.errors import OptionError
from prodigy_al.inputs.comparison import open_comparison
from prodigy_al.report.build import compare
from prodigy_al.report.files import to_json
from prodigy_al.report.schema import Report
from prodigy_al.report.tables import render_tables

Asked = Callable[..., Plan]
Examples = list[dict[str, Any]]


def store(dataset: str, examples: Examples) -> None:
    from prodigy.components.db import connect

    database = connect()
    database.add_dataset(dataset)
    database.add_examples(examples, datasets=[dataset])


def stored(dataset: str) -> Examples:
    from prodigy.components.db import connect

    return [dict(example) for example in connect().get_dataset_examples(dataset)]


def without_records(dataset: str) -> Examples:
    """Return a dataset's answers as another recipe would have stored them."""
    return [{key: value for key, value in e.items() if key != "al"} for e in stored(dataset)]


@pytest.fixture(scope="module")
def world(
    world: Path, make_base: Callable[..., Language], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The same text, with a larger base, which knows better of what it is unsure."""
    folder = tmp_path_factory.mktemp("larger")
    for name in ("pool.jsonl", "test.jsonl"):
        (folder / name).symlink_to(world / name)
    make_base(epochs=4).to_disk(folder / "base")
    return folder


@pytest.fixture(scope="module")
def folder(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a database of three arms, of which two lost their records in copies."""
    from prodigy_al.simulate import simulate

    folder = tmp_path_factory.mktemp("pool")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PRODIGY_HOME", str(folder / "home"))
        patch.chdir(folder)
        (folder / "home").mkdir()
        arms = ["ranked", "random", "teach"]
        simulate(str(world / "pool.jsonl"), str(world / "base"), "news", label=["ORG"], arms=arms,
                 budget=120)  # fmt: skip
        store("old", without_records("news-ranked-0"))
        store("old-binary", without_records("news-teach-0"))
        yield folder


@pytest.fixture(scope="module")
def asked(folder: Path, world: Path) -> Asked:
    """Open the comparison that options ask for: (*datasets, **options)."""

    def open_(*datasets: str, **options: Any) -> Plan:
        chosen: dict[str, Any] = {
            "label": ["ORG"],
            "loader": None,
            "skip_bad": False,
            "policies": ["usual"],
            "curves": False,
            "seeds": [0],
            "workers": 1,
            "engine": None,
            "group_by": None,
            "output": folder / "out",
            "pool": str(world / "pool.jsonl"),
        }
        test = str(world / "test.jsonl")
        return open_comparison(datasets, str(world / "base"), test, **(chosen | options))

    return open_


@pytest.fixture(scope="module")
def both(asked: Asked) -> tuple[Plan, Report, Report]:
    """A plan, its report, and the report without the pool, which was made first."""
    plan = asked("news-ranked-0")
    alone = compare(replace(plan, pool=None))
    names = {path.name for path in plan.cache.folder.iterdir()}
    assert len(names) == 2
    assert not any(name.endswith(".pool.json") for name in names)
    return plan, compare(plan), alone


def test_whole_segments_are_helped_and_the_plain_numbers_stand_beside(
    both: tuple[Plan, Report, Report],
):
    plan, helped, alone = both
    found, plain = (report.base.dev["news-ranked-0"].weighted for report in (helped, alone))
    assert (found.method, plain.method) == ("ppi", "ht")
    assert 0 < found.coefficient <= 1  # the base knows something
    assert found.f1 != plain.f1
    for name in ("f1", "low", "high", "low_pool", "high_pool"):
        assert getattr(found.plain, name) == getattr(plain, name)
    assert found.high - found.low <= plain.high - plain.low
    assert found.high_pool - found.low_pool < plain.high_pool - plain.low_pool
    assert plain.plain is plain.coefficient is None
    tuned = helped.arms["news-ranked-0"].runs["usual"].dev.weighted
    assert (tuned.method, tuned.plain.f1) == (
        "ppi",
        alone.arms["news-ranked-0"].runs["usual"].dev.weighted.f1,
    )
    assert (helped.pool, alone.pool) == (plan.pool.described, None)
    assert "news-ranked-0: weighted with what the model expects of the pool" in render_tables(
        helped
    )
    json.dumps(to_json(helped))


def test_finished_runs_with_a_pool_are_taken_from_disk_unless_a_part_is_missing(
    both: tuple[Plan, Report, Report],
):
    plan, helped, _ = both
    told: list[str] = []
    assert compare(plan, told.append) == helped
    assert told[0].startswith("2 of 2 runs were finished before")
    base, *_ = sorted(plan.cache.folder.glob("*.pool.json"), key=lambda path: path.stat().st_mtime)
    base.write_text("[")  # half-written
    told.clear()
    assert compare(plan, told.append) == helped
    assert told[0].startswith("1 of 2 runs were finished before")


def test_the_pool_is_described_and_holds_the_dev_fold_of_whole_segments(asked: Asked, world: Path):
    plan = asked("news-*")
    assert set(plan.pool.dev) == {"news-ranked-0", "news-random-0"}
    source = next(iter(plan.arms[0].records.values())).source
    assert plan.pool.described == {
        "source": str(world / "pool.jsonl"),
        "sha256": source["sha256"],
        "segments": source["segments"],
        "excluded": 0,
    }


@pytest.mark.parametrize(
    "options",
    [{"exclude": ["seen"]}, {"group_by": "site"}, {"dev_share": 0.4, "fold_salt": "other"},
     {"unsegmented": True}],
    ids=lambda options: next(iter(options)),
)  # fmt: skip
def test_the_dev_fold_that_was_drawn_from_is_made_again_from_the_records(
    asked: Asked, world: Path, folder: Path, options: dict[str, Any], request: Any
):
    from prodigy_al.random_order import random_order

    source, name = folder / "texts.jsonl", f"fresh-{request.node.callspec.id}"
    lines = (world / "pool.jsonl").read_text().splitlines()
    pairs = zip(*[iter(json.loads(line)["text"] for line in lines)] * 2, strict=False)
    texts = [{"text": " ".join(pair), "meta": {"site": i % 40}} for i, pair in enumerate(pairs)]
    source.write_text("".join(json.dumps(text) + "\n" for text in texts))
    base = str(world / "base")
    if "exclude" in options:
        seen = random_order("seen", base, str(source), label=["ORG"], seed=9)
        store("seen", [{**task, "answer": "accept"} for task in islice(seen["stream"], 20)])
    made = random_order(name, base, str(source), label=["ORG"], **options)
    answers = [
        {**task, "answer": "accept", "_view_id": "ner_manual",
         "spans": [{**task["tokens"][0], "label": "ORG"}]}
        for task in islice(made["stream"], 60)
    ]  # fmt: skip
    store(name, answers)
    plan = asked(name, pool=str(source))
    pool, records = plan.pool.dev[name], plan.arms[0].records
    dev = {key: record for key, record in records.items() if record.fold == "dev"}
    assert {record.N for record in dev.values()} == {len(pool.at)}
    assert all(pool.groups[pool.place[key]] == record.group for key, record in dev.items())
    assert all(pool.copies[pool.place[key]] == record.copies for key, record in dev.items())
    assert plan.pool.described["excluded"] == (20 if "exclude" in options else 0)


def test_another_source_is_refused_in_a_sentence(asked: Asked, world: Path):
    refused = (
        r"^--pool .*test.jsonl: its texts are not those that dataset 'news-ranked-0' was drawn "
        r"from \(.*pool.jsonl, sha256 \w{8}\): give that source as it was then"
    )
    with pytest.raises(OptionError, match=refused):
        asked("news-ranked-0", pool=str(world / "test.jsonl"))


def test_documents_that_changed_since_are_refused_in_a_sentence(
    asked: Asked, world: Path, tmp_path: Path
):
    changed = tmp_path / "changed.jsonl"
    records = [json.loads(line) for line in (world / "pool.jsonl").read_text().splitlines()]
    for i, record in enumerate(records):
        record["meta"]["doc"] = f"other-{i % 50}"
    changed.write_text("".join(json.dumps(record) + "\n" for record in records))
    with pytest.raises(OptionError, match="dev fold of dataset 'news-ranked-0' cannot be made"):
        asked("news-ranked-0", pool=str(changed))


def test_a_set_without_records_is_estimated_and_flagged(asked: Asked):
    report = compare(asked("old", "old-binary"))
    found = report.base.dev["old"].weighted
    assert (found.method, found.n_pool) == ("estimated", report.pool["segments"])
    assert "random-within-bins" in found.cautions
    kinds = {cell.kind for cell in report.matrix if cell.set == "old"}
    assert kinds == {"usual", "estimated"}
    assert "binary dev answers cannot measure F1" in report.base.dev["old-binary"].weighted.reason
    text = render_tables(report)
    assert "(estimated)" in text
    assert "selection within score bins is taken to be at random" in text


def test_texts_that_are_not_in_the_pool_are_counted_and_make_it_unavailable(asked: Asked):
    examples = without_records("news-ranked-0")
    moved = [{**example, "_input_hash": i} for i, example in enumerate(examples)]
    store("moved", [*moved[:20], *examples[20:]])
    reason = asked("moved").pool.estimated["moved"].reason
    assert reason.startswith("20 of 120 answered texts are not in the pool (limit: 5%)")
    store("nearly", [*moved[:5], *examples[5:]])
    assert asked("nearly").pool.estimated["nearly"].outside == 5
