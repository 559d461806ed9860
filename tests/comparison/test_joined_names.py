"""Which datasets `a+b` joins: names and patterns, in the order of time."""

from __future__ import annotations

import pytest

from prodigy_al.errors import OptionError
from prodigy_al.inputs.arms import name_arms

THERE = ["start-0", "start-1", "teach-0", "teach-1", "teach-2", "a", "b", "a+b", "start-teach-0"]


@pytest.mark.parametrize(
    ("patterns", "arms"),
    [
        (["b+a"], ["b a"]),
        (["a", "b+a", "a"], ["a", "b a"]),
        ([" b + a "], ["b a"]),
        (["start-?+teach-[01]"], ["start-0 teach-0", "start-1 teach-1"]),
        (["b+teach-*"], ["b teach-0", "b teach-1", "b teach-2"]),
        # what the first part took is not asked of the second
        (["start-teach-*+start-0"], ["start-teach-0 start-0"]),
        (["start-teach-*+*-teach-*", "a"], None),
        # a dataset of this very name
        (["a+b"], ["a+b"]),
        (["a+*"], ["a+b"]),
    ],
)
def test_patterns_join_what_their_wildcards_stand_for(patterns: list[str], arms: list[str] | None):
    if arms is None:
        with pytest.raises(OptionError, match="start-teach-0 cannot be joined with itself"):
            name_arms(patterns, THERE)
    else:
        assert [" ".join(names) for names in name_arms(patterns, THERE)] == arms


@pytest.mark.parametrize(
    ("patterns", "said"),
    [
        (["start-*+teach-*"], "start-teach-0 has no counterpart named teach-*: what * stands for"),
        (["start-?+teach-?"], "teach-2 has no counterpart named start-?"),
        (["b+gone"], "DATASETS gone: there is no such dataset"),
        (["a+a"], "DATASETS a+a: a cannot be joined with itself"),
        (["teach-?+teach-0"], "teach-0 cannot be joined with itself"),
        (["b+"], "DATASETS b+: there is no name on one side of +; give DATASET+DATASET"),
        (["b+a+start-0", "start-0+b+a"], "DATASETS start-0+b+a: b+a+start-0 joins the same"),
        (["b+teach-0", "b+teach-*"], "DATASETS b+teach-0: b+teach-0 joins the same datasets"),
    ],
)
def test_what_cannot_be_joined_is_said_in_one_sentence(patterns: list[str], said: str):
    with pytest.raises(OptionError) as refused:
        name_arms(patterns, THERE)
    assert said in str(refused.value)
