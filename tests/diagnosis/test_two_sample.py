"""The classifier two-sample test: silent where nothing was chosen, clear where something was."""

from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.diagnosis.features import expand
from prodigy_al.diagnosis.two_sample import TwoSample, compare_samples, joint_p
from prodigy_al.evaluation.estimators import Unavailable

pytest.importorskip("sklearn")

SEGMENTS, ASKED, DOCUMENTS = 600, 100, 60


def draw(seed: int, tilt: float = 0.0, permutations: int = 99) -> TwoSample:
    """Ask about 100 of 600 segments, those with a larger first column more likely where tilted."""
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(SEGMENTS, 4))
    # the largest Gumbel keys are a draw without replacement by exp(tilt × column)
    keys = tilt * columns[:, 0] + rng.gumbel(size=SEGMENTS)
    asked = np.zeros(SEGMENTS, dtype=np.bool_)
    asked[np.argsort(-keys)[:ASKED]] = True
    found = compare_samples(
        columns,
        asked,
        np.arange(SEGMENTS) % DOCUMENTS,
        rng=rng,
        permutations=permutations,
    )
    assert isinstance(found, TwoSample)
    return found


@pytest.fixture(scope="module")
def at_random() -> list[TwoSample]:
    return [draw(seed) for seed in range(300)]


def test_p_is_uniform_where_segments_are_asked_at_random(at_random: list[TwoSample]):
    p = np.sort([one.p for one in at_random])
    largest = np.abs(p - (np.arange(len(p)) + 0.5) / len(p)).max()
    assert largest < 1.63 / len(p) ** 0.5  # Kolmogorov and Smirnov's, at 1 %


def test_the_interval_holds_one_half_where_segments_are_asked_at_random(
    at_random: list[TwoSample],
):
    # a classifier of the other folds does a little worse than chance, which costs two points
    assert np.mean([one.auc.low <= 0.5 <= one.auc.high for one in at_random]) >= 0.9


def test_a_tilted_draw_is_found():
    found = [draw(seed, tilt=1.0) for seed in range(10)]
    assert max(one.p for one in found) <= 0.02
    assert min(one.auc.low for one in found) > 0.55


def two_views(seed: int, tilt: float) -> list[TwoSample]:
    """Ask likelier where one hidden number is large; either view holds it with noise of its own."""
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=SEGMENTS)
    asked = np.zeros(SEGMENTS, dtype=np.bool_)
    asked[np.argsort(-tilt * hidden - rng.gumbel(size=SEGMENTS))[:ASKED]] = True
    views = [hidden[:, None] + 3 * rng.normal(size=(SEGMENTS, 1)) for _ in range(2)]
    found = [
        compare_samples(
            view, asked, np.arange(SEGMENTS), rng=np.random.default_rng(seed), permutations=39
        )
        for view in views
    ]
    return [one for one in found if isinstance(one, TwoSample)]


def test_the_joint_p_is_uniform_where_segments_are_asked_at_random():
    p = np.sort([joint_p(two_views(seed, tilt=0.0)) for seed in range(100)])
    largest = np.abs(p - (np.arange(len(p)) + 0.5) / len(p)).max()
    assert largest < 1.63 / len(p) ** 0.5


def test_two_views_together_find_more_than_twice_the_clearer_one():
    found = [two_views(seed, tilt=0.7) for seed in range(100)]
    together = np.mean([joint_p(views) < 0.05 for views in found])
    doubled = np.mean([2 * min(one.p for one in views) < 0.05 for views in found])
    assert together > doubled + 0.03


def test_a_preference_for_the_middle_is_found_through_polynomials_alone():
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(SEGMENTS, 3))
    asked = np.zeros(SEGMENTS, dtype=np.bool_)
    asked[np.argsort(np.abs(columns[:, 1]))[:ASKED]] = True
    groups = np.arange(SEGMENTS)
    straight = compare_samples(columns, asked, groups, rng=rng, permutations=99)
    bent = compare_samples(expand(columns), asked, groups, rng=rng, permutations=99)
    assert isinstance(straight, TwoSample)
    assert isinstance(bent, TwoSample)
    assert straight.auc.value < 0.6
    assert bent.auc.low > 0.8


def test_a_segment_is_judged_by_classifiers_that_did_not_see_its_document():
    """Each document has a column of its own, so whoever saw it knows which were asked."""
    documents = np.repeat(np.arange(60), 10)
    columns = np.eye(60)[documents]
    asked = documents % 3 == 0
    found = compare_samples(
        columns, asked, documents, rng=np.random.default_rng(0), permutations=99
    )
    assert isinstance(found, TwoSample)
    assert found.auc.value < 0.6


def test_the_rest_of_a_large_pool_is_sampled_and_what_must_be_judged_is():
    rng = np.random.default_rng(0)
    asked = np.zeros(9000, dtype=np.bool_)
    asked[:100] = True
    keep = np.zeros(9000, dtype=np.bool_)
    keep[-50:] = True
    found = compare_samples(
        rng.normal(size=(9000, 2)), asked, np.arange(9000), rng=rng, permutations=0, keep=keep
    )
    assert isinstance(found, TwoSample)
    judged = np.isfinite(found.propensity)
    assert judged[:100].all()
    assert judged[-50:].all()
    assert judged.sum() == 100 + 50 + 2000


def test_a_few_questions_have_no_test():
    asked = np.arange(100) < 3
    found = compare_samples(np.zeros((100, 1)), asked, np.arange(100), rng=np.random.default_rng(0))
    assert isinstance(found, Unavailable)
    assert found.reason.startswith("3 of 100 segments were asked about")
