from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from prodigy_al.errors import ParameterError
from prodigy_al.sampling.trial import take_turns, trial_designs

ACTIVE = {"explore": 0.2, "acquisition": "span-entropy", "within_kinds": True}
BLOCKS = {"block_size": 50, "rate": 0.5}


def designs(*arms: str):
    return trial_designs(arms, active=ACTIVE, blocks=BLOCKS, shared={"seed": 7})


def turns(sizes: dict[str, int], seed: int = 0) -> list[tuple[str, int]]:
    def items(arm: str, size: int):
        return ((arm, i) for i in range(size))

    return list(take_turns({arm: items(arm, n) for arm, n in sizes.items()}, seed=seed))


def test_arms_never_differ_by_more_than_one_turn():
    count = Counter[str]()
    for arm, _ in turns({"a": 200, "b": 200, "c": 200}):
        count[arm] += 1
        assert max(count.values()) - min(count[name] for name in "abc") <= 1


def test_an_arms_own_order_is_kept_and_nothing_is_left_out():
    drawn = turns({"a": 30, "b": 5})
    for arm, size in (("a", 30), ("b", 5)):
        assert [i for name, i in drawn if name == arm] == list(range(size))


def test_each_order_of_a_row_is_as_likely_as_any_other():
    """1,200 rows of three arms: 200 of each of the six orders, within 4 standard deviations."""
    drawn = [arm for arm, _ in turns({"a": 1200, "b": 1200, "c": 1200})]
    rows = Counter("".join(drawn[i : i + 3]) for i in range(0, 3600, 3))
    assert len(rows) == 6
    assert all(abs(n - 200) < 4 * np.sqrt(1200 * (1 / 6) * (5 / 6)) for n in rows.values())


def test_turns_depend_on_the_seed_and_not_on_the_order_in_which_arms_are_named():
    assert turns({"a": 50, "b": 50}) == turns({"b": 50, "a": 50})
    assert turns({"a": 50, "b": 50}) != turns({"a": 50, "b": 50}, seed=1)


def test_what_one_arm_has_left_changes_no_turn_before_its_end():
    long, short = turns({"a": 50, "b": 50}), turns({"a": 50, "b": 20})
    assert long[:40] == short[:40]


def test_arms_have_the_parameters_that_their_own_recipes_give_them():
    ranked, random = designs("ranked", "random")
    assert (ranked.explore, ranked.acquisition, ranked.block_size) == (0.2, "span-entropy", None)
    assert (random.explore, random.acquisition, random.seed) == (1.0, "expected-errors", 7)
    teach, binary = designs("teach", "random-binary")
    assert (teach.block_size, teach.rate, teach.explore) == (50, 0.5, 0.2)
    assert (binary.block_size, binary.rate, binary.explore) == (None, 1.0, 1.0)
    strict, _ = designs("ranked-strict", "random")
    assert [d.strict for d in (strict, ranked, teach)] == [True, False, False]
    assert [d.within_kinds for d in (strict, ranked, teach)] == [False, True, True]
    assert not random.within_kinds


@pytest.mark.parametrize(
    ("arms", "sentence"),
    [
        (("ranked", "teach"), "arms ranked,teach: one trial asks either about whole segments"),
        (("ranked",), "arms ranked: a trial compares arms; name at least two"),
        (("ranked", "ranked"), "name at least two"),
        (("ranked", "ranked-learning"), "arms ranked-learning: a trial has no such arm"),
    ],
)
def test_arms_that_make_no_trial_are_refused(arms: tuple[str, ...], sentence: str):
    with pytest.raises(ParameterError, match=sentence):
        designs(*arms)
