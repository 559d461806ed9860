"""The losses of partly annotated text against slopes by finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from prodigy_al.training.robust.losses import (
    LARGEST_REJECT_FACTOR,
    NO_START,
    UNKNOWN,
    closing_loss,
    imitation_loss,
    reject_loss,
    start_loss,
)

STEP = 1e-5


def slope(function, at):
    """The gradient by central differences."""
    found = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        up, down = at.copy(), at.copy()
        up[place] += STEP
        down[place] -= STEP
        found[place] = (function(up) - function(down)) / (2 * STEP)
    return found


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_the_gradient_of_starts_is_the_slope_of_their_loss_at_the_asked_actions(rng):
    scores, starts = rng.normal(size=(6, 5)), np.array([1, 3])
    allowed = np.ones((6, 5), dtype=bool)
    allowed[2, 4] = allowed[5, 2] = False
    target = np.array([1, 3, NO_START, NO_START, 1, NO_START])
    _, gradient = start_loss(scores, allowed, starts, target)
    expected = slope(lambda z: start_loss(z, allowed, starts, target)[0], scores)
    np.testing.assert_allclose(gradient[:, starts], expected[:, starts], atol=1e-7)
    assert not gradient[:, [0, 2, 4]].any()


def test_nothing_is_learnt_where_nothing_is_known(rng):
    loss, gradient = start_loss(
        rng.normal(size=(3, 4)), np.ones((3, 4), bool), np.array([1]), np.full(3, UNKNOWN)
    )
    assert loss == 0
    assert not gradient.any()


def test_the_gradient_of_imitation_is_the_slope_of_its_loss(rng):
    scores, model = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    allowed = np.array([[True, True, True], [True, False, True]] * 2)
    _, gradient = imitation_loss(scores, model, allowed)
    expected = slope(lambda z: imitation_loss(z, model, allowed)[0], scores)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)


def test_the_gradient_of_closing_is_the_slope_of_its_loss(rng):
    lead, target = rng.normal(size=5), np.array([0, 1, 0.3, 0.8, 1])
    _, gradient = closing_loss(lead, target)
    expected = slope(lambda x: closing_loss(x, target)[0], lead)
    np.testing.assert_allclose(gradient, expected, atol=1e-7)


def test_the_gradients_of_rejecting_are_the_slopes_of_its_loss():
    start_log_p = np.log([0.5, 0.3, 0.2])
    lead, of = np.array([0.4, -0.2, 0.1]), np.array([0, 0, 2])
    closes = np.array([False, True, False])
    _, by_start, by_lead = reject_loss(start_log_p, lead, of, closes)
    np.testing.assert_allclose(
        by_start, slope(lambda x: reject_loss(x, lead, of, closes)[0], start_log_p), atol=1e-7
    )
    np.testing.assert_allclose(
        by_lead, slope(lambda x: reject_loss(start_log_p, x, of, closes)[0], lead), atol=1e-7
    )


@pytest.mark.parametrize("p", [0.9, 0.99, 1.0])
def test_an_absurd_rejected_span_pulls_no_harder_than_the_cap(p):
    loss, by_start, _ = reject_loss(
        np.log([p]), np.zeros(0), np.zeros(0, dtype=int), np.zeros(0, dtype=bool)
    )
    assert np.isfinite(loss)
    assert by_start.tolist() == [LARGEST_REJECT_FACTOR]
