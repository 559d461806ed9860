"""Going on with a dataset: what has changed is named in words, and what to do about it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import spacy

Start = Callable[..., Any]
Record = dict[str, Any]


def answer(controller: Any, n: int) -> list[Record]:
    tasks: list[Record] = controller.get_questions()[:n]
    controller.receive_answers([{**task, "answer": "accept"} for task in tasks])
    return tasks


@pytest.fixture
def source(world: Path, tmp_path: Path) -> Path:
    """A copy of the pool that a test may change."""
    return Path(shutil.copy(world / "pool.jsonl", tmp_path / "news.jsonl"))


@pytest.fixture
def refused(controller: Start, world: Path, source: Path) -> Callable[..., str]:
    """Go on with dataset `x`, begun by al.manual-ranked, and return the refusal."""
    base = str(world / "base")
    answer(controller("al.manual-ranked", "x", base, str(source), label=["ORG"]), 5)

    def again(recipe: str = "al.manual-ranked", *, model: str = base, **options: Any) -> str:
        from prodigy.errors import RecipeError

        with pytest.raises(RecipeError, match=r"^dataset 'x' was started ") as refusal:
            controller(recipe, "x", model, str(source), **{"label": ["ORG"], **options})
        said = str(refusal.value)
        assert not re.search("[0-9a-f]{32}", said), "a hash tells a person nothing"
        return said.removeprefix("dataset 'x' was started ")

    return again


def change(source: Path, edit: Callable[[list[Record]], list[Record]]) -> None:
    records = [json.loads(line) for line in source.read_text(encoding="utf8").splitlines()]
    lines = (json.dumps(record) + "\n" for record in edit(records))
    source.write_text("".join(lines), encoding="utf8")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"seed": 1}, "with --seed 0, now it is 1: go on with"),
        ({"explore": 0.5}, "with --explore 0.1, now it is 0.5: "),
        ({"fold_salt": "other"}, "with --fold-salt prodigy-al, now it is other: "),
        ({"by": "span-entropy"}, "with --by errors-per-root-token, now it is span-entropy: "),
        ({"label": ["ORG", "PERSON"]}, "with --label ORG, now it is ORG,PERSON: "),
        ({"label": None}, "with --label ORG, now it is ORG,PERSON,PLACE: "),
        ({"strict": True}, "with al.manual-ranked, now it is al.manual-ranked --strict: "),
        ({"rerank_every": 50}, "now it is al.manual-ranked --rerank-every: "),
        ({"unsegmented": True}, "now it is whole texts (--unsegmented): "),
        ({"pool_size": 100}, "with --pool-size all, now it is 100: "),
        ({"dev_share": 0.5}, "segments in its train fold, now it is "),
        ({"group_by": "page"}, "with folds of meta.doc, now it is meta.page (--group-by): "),
    ],
)
def test_a_changed_option_is_named(
    refused: Callable[..., str], source: Path, options: dict[str, Any], sentence: str
):
    if "group_by" in options:
        change(
            source,
            lambda records: [
                {**one, "meta": {**one["meta"], "page": i // 7}} for i, one in enumerate(records)
            ],
        )
    assert sentence in refused(**options)


def test_another_recipe_is_named(refused: Callable[..., str]):
    assert refused("al.random").startswith("with al.manual-ranked, now it is al.random: ")


def test_another_model_is_named_and_a_changed_one_is_said_to_be(
    refused: Callable[..., str], world: Path, tmp_path: Path
):
    nlp = spacy.load(world / "base")
    nlp.get_pipe("ner").model.get_ref("lower").set_param(
        "b", nlp.get_pipe("ner").model.get_ref("lower").get_param("b") + 1
    )
    nlp.to_disk(tmp_path / "other")
    said = refused(model=str(tmp_path / "other"))
    assert said.startswith(f"with model {world / 'base'} ")
    assert f"now it is {tmp_path / 'other'} " in said


def test_a_model_that_changed_under_its_name_is_said_to(
    controller: Start, world: Path, source: Path, tmp_path: Path
):
    from prodigy.errors import RecipeError

    base = shutil.copytree(world / "base", tmp_path / "mine")
    answer(controller("al.random", "y", str(base), str(source), label=["ORG"]), 5)
    nlp = spacy.load(base)
    nlp.tokenizer.add_special_case("Oslo", [{"ORTH": "Os"}, {"ORTH": "lo"}])
    nlp.to_disk(base)
    with pytest.raises(RecipeError, match="its weights, vectors or tokenizer have changed since"):
        controller("al.random", "y", str(base), str(source), label=["ORG"])


def test_a_source_that_grew_says_how_to_ask_about_what_is_new(
    refused: Callable[..., str], source: Path
):
    change(source, lambda records: [*records, {**records[0], "text": "Elkor Group is new ."}])
    said = refused()
    assert re.search(r"had (\d+) segments, now it has (\d+): ", said)
    assert "give a new dataset name and --exclude x" in said


def test_a_source_with_other_texts_is_said_to_hold_them(refused: Callable[..., str], source: Path):
    change(source, lambda records: records[: len(records) // 2])
    assert "held other texts (" in refused()


def test_excluded_datasets_that_changed_or_grew_are_named(
    controller: Start, world: Path, source: Path
):
    from prodigy.errors import RecipeError

    arguments = (str(world / "base"), str(source))
    other = controller("al.random", "other", *arguments, label=["ORG"])
    answer(other, 10)
    begun = {"label": ["ORG"], "exclude": ["other"]}
    answer(controller("al.random", "y", *arguments, **begun), 5)
    with pytest.raises(RecipeError, match="with --exclude other, now it is none: "):
        controller("al.random", "y", *arguments, label=["ORG"])
    answer(other, 10)
    with pytest.raises(RecipeError, match="left out 10 texts, now it is 20, as the excluded"):
        controller("al.random", "y", *arguments, **begun)
