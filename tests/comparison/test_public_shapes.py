"""Datasets in the shapes that public exports have are read as arms and as test sets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prodigy_al.errors import AnswerError
from prodigy_al.inputs.comparison import open_comparison

Example = dict[str, Any]
Read = Callable[..., Any]


def reviewed(example: Example) -> Example:
    """As `review` stores it: the final answer outside, what the annotators said in `versions`."""
    other = {**example, "spans": [], "default": False, "sessions": ["news-bo"]}
    return {
        **example,
        "_view_id": "review",
        "view_id": example["_view_id"],
        "sessions": ["news-ann"],
        "versions": [{**example, "default": True, "sessions": ["news-ann"]}, other],
    }


def reviewed_by_versions(example: Example) -> Example:
    return {key: value for key, value in reviewed(example).items() if key != "view_id"}


def blocks(example: Example) -> Example:
    """As a recipe with several blocks stores it where its tasks carry their configuration."""
    shown = [{"view_id": "html"}, {"view_id": example["_view_id"]}, {"view_id": "text_input"}]
    return {**example, "_view_id": "blocks", "config": {"blocks": shown}, "user_input": "sure"}


def unlisted_blocks(example: Example) -> Example:
    return {**example, "_view_id": "blocks"}


def reviewed_blocks(example: Example) -> Example:
    return {**blocks(example), **{"_view_id": "review", "view_id": "blocks", "versions": []}}


def spans_manual(example: Example) -> Example:
    return {**example, "_view_id": "spans_manual"}


@pytest.fixture
def read(home: Path, world: Path) -> Read:
    """Store datasets and read them as al.compare does: (test, **arms)."""
    from prodigy.components.db import connect

    def compare(test: list[Example], **arms: list[Example]) -> Any:
        for name, answers in {"gold": test, **arms}.items():
            connect().add_dataset(name)
            connect().add_examples(answers, datasets=[name])
        return open_comparison(
            list(arms), str(world / "base"), "gold", label=["ORG"], loader=None, skip_bad=False,
            policies=["usual"], curves=False, seeds=[0], workers=1, engine=None, group_by=None,
            output=home / "out",
        )  # fmt: skip

    return compare


def hashed(examples: list[Example]) -> list[Example]:
    return [{**one, "_task_hash": one["_input_hash"]} for one in examples]


@pytest.mark.parametrize(
    "shape",
    [reviewed, reviewed_by_versions, blocks, unlisted_blocks, reviewed_blocks, spans_manual],
)
def test_whole_segments_are_read_as_arm_and_as_test(read: Read, examples: Any, shape: Any):
    plain = hashed(examples(60))
    shaped = list(map(shape, plain))
    plan = read(shaped, plain=plain, shaped=shaped)
    as_plain, as_shaped = plan.arms
    assert as_shaped.train.form == "full"
    assert as_shaped.train.items == as_plain.train.items
    assert as_shaped.dev.items == as_plain.dev.items
    answered = [*as_plain.train.items, *as_plain.dev.items]
    assert sorted((item.words, item.accepted) for item in plan.test.gold.items) == sorted(
        (item.words, item.accepted) for item in answered
    )


@pytest.mark.parametrize(
    "shape", [reviewed, reviewed_by_versions, blocks, unlisted_blocks, reviewed_blocks]
)
def test_single_spans_stay_single_spans(read: Read, examples: Any, shape: Any):
    plain = hashed(examples(60, "binary"))
    plan = read(hashed(examples(60)), plain=plain, shaped=list(map(shape, plain)))
    as_plain, as_shaped = plan.arms
    assert as_shaped.train.form == "binary"
    assert as_shaped.train.items == as_plain.train.items


def test_what_a_record_says_counts_before_the_view(arm: Any, examples: Any):
    """As a page stores it whose view is called otherwise."""
    from prodigy_al.training.answers import read_answers

    renamed = [
        {**one, "_view_id": "custom", "al": {"unit": "candidate"}} for one in examples(30, "binary")
    ]
    assert read_answers(renamed, ["ORG"], dataset="d").form == "binary"


def test_rejected_single_spans_beside_answers_with_a_view_are_never_whole_segments(
    read: Read, examples: Any
):
    single = [
        {key: value for key, value in one.items() if key != "_view_id"}
        for one in hashed(examples(60, "binary"))
    ]
    viewed = hashed(examples(80))[60:]
    with pytest.raises(AnswerError, match=r"dataset mixed mixes \d+ manual and \d+ binary"):
        read(hashed(examples(60)), mixed=[*single, *viewed])


@pytest.mark.parametrize("name", ["arm", "gold"])
def test_overlapping_spans_are_refused_in_one_sentence(read: Read, examples: Any, name: str):
    answers = list(map(spans_manual, hashed(examples(60))))
    place = next(i for i, one in enumerate(answers) if one["spans"])
    span = answers[place]["spans"][0]
    first = answers[place]["tokens"][0]
    wide = {"start": first["start"], "end": span["end"], "label": "ORG"}
    inner = {"start": answers[place]["tokens"][span["token_end"]]["start"], "end": span["end"]}
    twisted = {**answers[place], "spans": [wide, {**inner, "label": "ORG"}]}
    overlapping = [*answers[:place], twisted, *answers[place + 1 :]]
    says = f"answer {place + 1} of dataset {name} has overlapping spans"
    with pytest.raises(AnswerError, match=says) as caught:
        read(
            overlapping if name == "gold" else answers,
            arm=overlapping if name == "arm" else answers,
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inner", ["classification", "choice"])
def test_reviews_and_blocks_of_other_views_are_refused(read: Read, examples: Any, inner: str):
    plain = hashed(examples(60))
    other = [reviewed({**one, "_view_id": inner}) for one in plain]
    with pytest.raises(AnswerError, match=f'in the view "{inner}"'):
        read(plain, reviews=other)
    other = [blocks({**one, "_view_id": inner}) for one in plain]
    with pytest.raises(AnswerError, match='in the view "blocks"'):
        read(plain, blocks=other)
