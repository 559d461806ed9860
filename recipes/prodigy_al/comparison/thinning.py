"""Training answers without their selection, and as few of others to compare them with.

What was drawn with the probabilities π is thinned: an answer is kept with the probability
min(π)/π, so that each segment of the pool had the same chance to be asked *and* kept, min(π)
(rejection sampling; von Neumann 1951, "Various techniques used in connection with random digits").
What is left is a sample as random answers are one, and nobody has to believe in a loss: weights of
1/π in the loss would keep all answers, yet they change with the loss what a training step is (its
gradients are clipped, its batches unevenly heavy), and neither *usual* nor spaCy's own training has
any. Their price is also paid here, openly: few answers are left. So they are compared with as many
answers of the arm, and of its control, each cut at random to that number.
"""

from __future__ import annotations

import numpy as np

from prodigy_al.comparison.arms import Arm
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.sampling.keys import hashed_uniform
from prodigy_al.training.answers import Answers

FEWEST = 20
"""Answers that have to be left: with fewer, training says nothing."""


def undo_selection(arm: Arm, train: Answers, seed: int = 0) -> Answers | Unavailable:
    """Return those of an arm's training answers `train` that are left without its selection.

    Which ones depends on the recorded probabilities, the arm's seed, `seed` and the texts alone.
    """
    if arm.parts or train.form != "full":
        return Unavailable(
            "selection is undone among whole segments of one draw, which these are not"
        )
    drawn = [(key, record) for key, record in arm.records.items() if record.fold == "train"]
    if not drawn:
        return Unavailable("the answers carry no sampling probabilities")
    known = dict(zip([key for key, _ in drawn], inclusion(drawn).tolist(), strict=True))
    pi = np.array([known.get(item.input_hash, np.nan) for item in train.items])
    if np.isnan(pi).any():
        return Unavailable(
            f"{np.isnan(pi).sum()} of {pi.size} training answers were drawn without a known "
            "probability (a strict order, or a model that learned meanwhile)"
        )
    chances = [
        hashed_uniform("undo-selection", arm.seed or 0, seed, item.input_hash)
        for item in train.items
    ]
    left = np.flatnonzero(np.array(chances) < pi.min() / pi)
    if left.size < FEWEST:
        return Unavailable(
            f"{left.size} of {pi.size} training answers are left without the selection; at least "
            f"{FEWEST} are needed"
        )
    return train.take(left)


def cut(train: Answers, size: int, seed: int = 0) -> Answers:
    """Return as many of the answers, chosen at random, the same for each `seed`, nested by size."""
    chances = [hashed_uniform("cut", seed, item.input_hash) for item in train.items]
    return train.take(sorted(np.argsort(chances)[:size].tolist()))
