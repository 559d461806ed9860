"""Errors build their own sentences, and survive the way from another process."""

from __future__ import annotations

import pickle

import pytest

from prodigy_al.errors import JobError, OptionError, ParameterError
from prodigy_al.inputs.naming import naming_options


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (0, "--block 0: give more"),
        (["ORG", "PERSON"], "--block ORG,PERSON: give more"),
        (None, "--block: give more"),
        (True, "--block: give more"),
        ("", "--block '': give more"),
        ("a\nb", "--block 'a\\nb': give more"),
    ],
)
def test_the_sentence_shows_the_option_the_value_and_the_problem(value: object, sentence: str):
    assert str(OptionError("--block", value, "give more")) == sentence


@pytest.mark.parametrize(
    "error",
    [OptionError("--by", "x", "no"), ParameterError("u", -1, "no"), JobError("no", name="j")],
)
def test_an_error_is_the_same_after_pickling(error: Exception):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize(
    ("parameter", "option"),
    [
        ("dev_share", "--dev-share"),
        ("acquisition", "--by"),
        ("block_size", "--block"),
        ("learn_every", "--rerank-every"),
    ],
)
def test_a_parameter_is_named_by_the_option_it_comes_from(parameter: str, option: str):
    with (
        pytest.raises(OptionError, match=f"^{option} 3: too much") as named,
        naming_options(learn_every="--rerank-every"),
    ):
        raise ParameterError(parameter, 3, "too much")
    assert (named.value.option, named.value.value) == (option, 3)
