from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodigy_al.errors import ParameterError
from prodigy_al.sampling.folds import dev_fold, fold_schedule

GROUPS = st.lists(st.text("abcdefgh", min_size=1, max_size=1), max_size=60)
SHARES = st.floats(0, 1)


@given(GROUPS, SHARES)
def test_no_group_is_in_two_folds(groups, share):
    dev = dev_fold(groups, share=share, salt="")
    inside = {group for group, is_dev in zip(groups, dev, strict=True) if is_dev}
    assert inside.isdisjoint(g for g, is_dev in zip(groups, dev, strict=True) if not is_dev)


@given(GROUPS, SHARES)
def test_dev_share_is_within_one_group_of_the_target(groups, share):
    largest = max((groups.count(group) for group in groups), default=0)
    size = dev_fold(groups, share=share, salt="").sum()
    assert abs(size - share * len(groups)) <= largest / 2 + 1e-9


@given(GROUPS, st.randoms(use_true_random=False))
def test_fold_of_a_group_does_not_depend_on_the_order_of_the_source(groups, random):
    order = random.sample(range(len(groups)), len(groups))
    shuffled = dev_fold([groups[i] for i in order], share=0.25, salt="s")
    assert shuffled.tolist() == dev_fold(groups, share=0.25, salt="s")[order].tolist()


def test_another_salt_gives_another_fold_of_the_same_size():
    groups = [f"doc-{i}" for i in range(40)]
    first, second = (dev_fold(groups, share=0.25, salt=salt) for salt in ("", "other"))
    assert first.sum() == second.sum() == 10
    assert np.any(first != second)


def test_every_segment_is_equally_likely_to_be_dev_over_salts():
    groups = [f"doc-{i}" for i in range(20)]
    folds = [dev_fold(groups, share=0.25, salt=str(salt)) for salt in range(1_000)]
    spread = np.sqrt(0.25 * 0.75 / 1_000)
    assert np.all(np.abs(np.mean(folds, axis=0) - 0.25) < 4 * spread)


def test_schedule_draws_dev_questions_with_the_share_and_without_memory():
    schedule = fold_schedule(seed=1, arm="a", share=0.25)
    drawn = np.array(list(islice(schedule, 4_000)))
    spread = np.sqrt(0.25 * 0.75 / 4_000)
    assert abs(drawn.mean() - 0.25) < 4 * spread
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 4 / np.sqrt(4_000)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_schedule_at_the_ends_never_or_always_asks_dev(share):
    schedule = fold_schedule(seed=0, arm="a", share=share)
    assert set(islice(schedule, 100)) == {bool(share)}


def test_schedule_can_be_entered_at_any_question():
    whole = list(islice(fold_schedule(seed=3, arm="a", share=0.5), 30))
    assert whole[20:] == list(islice(fold_schedule(20, seed=3, arm="a", share=0.5), 10))


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_outside_zero_and_one_is_refused(share):
    with pytest.raises(ParameterError, match=r"^share .*: out of range"):
        dev_fold(["a"], share=share, salt="")
    with pytest.raises(ParameterError, match=r"^share .*: out of range"):
        fold_schedule(seed=0, arm="a", share=share)
