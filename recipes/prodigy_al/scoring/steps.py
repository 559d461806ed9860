"""How sure a recogniser is at each step of its own parse.

spaCy's greedy parser takes one action per token. These are the numbers of the states that it passes
and of no other: closed before the first token of each of its entities and before each token outside
them, open with the entity's own label before every further token of one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from prodigy_al.arrays import AnyFloatArray, FloatArray, IndexArray
from prodigy_al.scoring.transitions import TransitionTable


@dataclass(frozen=True, slots=True, eq=False)
class GreedySteps:
    """The steps of the greedy parse, all (n_tokens,): of token i, those of the state before it.

    Probabilities are those of the actions allowed in that state, at the scorer's temperature and
    of all labels, asked for or not: O, B-X and U-X of all X where no entity is open, I-X and L-X
    where one of label X is.

    entropies: -Σ p log p in nats, from 0 to log(1 + 2 n_labels), which is of equal probabilities
    margins: the best probability minus the second best, in [0, 1]; 1 where one action is allowed
    log_probabilities: log p <= 0 of the best action, the one that the parser takes
    """

    entropies: FloatArray
    margins: FloatArray
    log_probabilities: FloatArray

    @property
    def log_probability(self) -> float:
        """Return the log-probability of the greedy parse, 0 for a doc without tokens.

        Least confidence is 1 - exp of it (Culotta & McCallum 2005, "Reducing labeling effort for
        structured prediction tasks", section 3).
        """
        return float(self.log_probabilities.sum())

    @property
    def columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return all that there is, in the order of the fields."""
        return self.entropies, self.margins, self.log_probabilities

    def part(self, low: int, high: int) -> GreedySteps:
        """Return the steps at the tokens `low` to `high` - 1."""
        return GreedySteps(*(column[low:high] for column in self.columns))


def certain_steps(tokens: int) -> GreedySteps:
    """Return the steps of a parser that has but one action: what a pipeline without ``ner`` does.

    >>> certain_steps(2).margins.tolist()
    [1.0, 1.0]
    """
    return GreedySteps(np.zeros(tokens), np.ones(tokens), np.zeros(tokens))


def greedy_steps(
    table: TransitionTable,
    entities: tuple[IndexArray, IndexArray, IndexArray],
    *,
    temperature: float,
) -> GreedySteps:
    """Return the steps of a batch, its tokens counted through.

    `entities` are the greedy parse: (n,) first tokens, (n,) ends and (n,) labels, by their index.
    """
    found = _judge(table.closed_scores, temperature)
    starts, ends, labels = entities
    # before the first token of an entity no entity is open
    more = ends - starts - 1
    rows = np.arange(more.sum())
    tokens = rows - np.repeat(np.cumsum(more) - more, more) + np.repeat(starts + 1, more)
    inside, last = table.open_scores(np.repeat(starts, more), tokens)
    of_label = rows, np.repeat(labels, more)
    scores = np.stack([inside[of_label], last[of_label]], axis=1)
    scores[table.must_close[tokens], 0] = -np.inf
    for column, values in zip(found, _judge(scores, temperature), strict=True):
        column[tokens] = values
    return GreedySteps(*found)


def _judge(scores: AnyFloatArray, temperature: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return entropies, margins and log-probabilities of the best action of rows of scores.

    A score of -inf is an action that is not allowed.
    """
    rows, best = np.arange(len(scores)), scores.argmax(axis=1)
    # converted by name: numpy 1 would stay in single precision
    z = (scores - scores[rows, best][:, None]).astype(np.float64) / temperature
    weights = np.exp(z)
    total = weights.sum(axis=1)
    # log p = z - log of the total, so that no logarithm of each p is needed; p log p of 0 is 0
    expected = np.einsum("ij,ij->i", weights, np.where(weights > 0, z, 0.0)) / total
    weights[rows, best] = 0.0
    second = weights.max(axis=1, initial=0.0)
    return np.log(total) - expected, (1 - second) / total, -np.log(total)
