"""Estimates from answers that were drawn actively, over thousands of generated pools.

Every draw makes a new pool of documents from one world, so that both targets are known: the
metric of just that pool, and the metric of all text the world would ever make. Segments with a
higher score hold more spans and more errors, and documents differ in how hard they are; so answers
that were drawn by score look worse than the text is.
"""

from functools import cache

import numpy as np
import pytest

from prodigy_al.evaluation.counts import METRICS, Counts, scores
from prodigy_al.evaluation.estimators import weighted_scores
from prodigy_al.sampling.keys import inclusion_probabilities, sampling_keys, threshold
from prodigy_al.sampling.proposal import selection_probabilities

DRAWS = 2_000
EXPLORE = 0.3
SCORES = np.array([0.02, 0.1, 0.3, 0.8, 1.6])
SHARES = np.array([0.35, 0.25, 0.2, 0.12, 0.08])  # of segments with each score
EASE = np.array([-0.12, 0.0, 0.12])  # of documents, equally many of each


def rates(u, ease):
    """Return gold spans, the chance that one is found, and spurious spans of a segment."""
    return 0.3 + 1.2 * u, 0.85 - 0.25 * u + ease, 0.1 + 0.3 * u - 0.2 * ease


def metrics_of_all_text():
    u, ease = np.meshgrid(SCORES, EASE)
    gold, found, spurious = rates(u, ease)
    tp = gold * found
    whole = Counts(*(x.ravel() for x in (tp, tp + spurious, gold)))
    return scores(whole, np.tile(SHARES, EASE.size))


def generate_pool(rng, documents, length):
    """Return scores, documents and counts of the segments of `documents` documents."""
    lengths = rng.integers(length // 2, length * 3 // 2 + 1, documents)
    groups = np.repeat(np.arange(documents), lengths)
    u = rng.choice(SCORES, groups.size, p=SHARES)
    gold_rate, found, spurious = rates(u, rng.choice(EASE, documents)[groups])
    gold = rng.poisson(gold_rate)
    tp = rng.binomial(gold, found)
    return u, groups, Counts(*np.array([tp, tp + rng.poisson(spurious), gold], dtype=float))


def ask(u, size, rng):
    """Serve `size` segments of a block in the order of their keys: (which, their π)."""
    p = selection_probabilities(u, EXPLORE)
    keys = sampling_keys(p, rng.exponential(size=u.size))
    order = np.argsort(keys)
    tau = threshold([keys[order[size]] if size < u.size else None])
    return order[:size], inclusion_probabilities(p[order[:size]], tau)


def one_block(u, counts, rng):
    asked, pi = ask(u, 250, rng)
    return asked, {"pi": pi}


def blocks(u, counts, rng):
    """Ask a fifth of each block of 100 until there are 250 answers: not all blocks are opened."""
    asked, pi, opened = [], [], 0
    for block in np.array_split(rng.permutation(u.size), u.size // 100):
        if sum(map(len, asked)) >= 250:
            break
        served, chances = ask(u[block], len(block) // 5, rng)
        asked.append(block[served])
        pi.append(chances)
        opened += len(block)
    served = np.concatenate(asked)
    return served, {"pi": np.concatenate(pi) * opened / u.size}


def passes(u, counts, rng):
    """Ask a tenth of each block of 100, again, and a third time until there are 250 answers."""
    asked, pi = [], []
    cut = np.array_split(rng.permutation(u.size), max(1, u.size // 100))
    for number, block in enumerate(cut):
        share = len(block) // 10
        third = sum(2 * (len(one) // 10) for one in cut) + (number + 1) * share <= 250
        served, chances = ask(u[block], (3 if third else 2) * share, rng)
        asked.append(block[served])
        pi.append(chances)
    return np.concatenate(asked), {"pi": np.concatenate(pi)}


DESIGNS = {
    "one block": (one_block, 60, 16),
    "one block, 15 documents": (one_block, 15, 64),
    "blocks, some unopened": (blocks, 120, 16),
    "passes": (passes, 60, 16),
}


@cache
def simulated(design):
    """Return arrays (DRAWS, 3 metrics): estimates, targets and intervals under a design."""
    draw, documents, length = DESIGNS[design]
    rng, truth, rows = np.random.default_rng(0), metrics_of_all_text(), []
    for _ in range(DRAWS):
        u, groups, counts = generate_pool(rng, documents, length)
        asked, options = draw(u, counts, rng)
        answers = counts.take(asked)
        weighted = weighted_scores(answers, groups=groups[asked], **options)
        equal = weighted_scores(
            answers, groups=groups[asked], pi=np.full(len(asked), len(asked) / u.size)
        )
        targets = scores(counts), truth
        rows.append([row(m, targets, weighted, equal) for m in METRICS])
    names = ("value", "unweighted", "pool", "text", "pool_in", "text_in", "swapped", "equal_in")
    return dict(zip(names, np.moveaxis(np.array(rows), 2, 0), strict=True))


def row(metric, targets, weighted, equal):
    of_pool, of_text = (getattr(target, metric) for target in targets)
    measure, unweighted = getattr(weighted, metric), getattr(equal, metric)
    return [
        measure.value,
        unweighted.value,
        of_pool,
        of_text,
        holds(measure.pool, of_pool),
        holds(measure.new_text, of_text),
        holds(measure.pool, of_text),
        holds(unweighted.new_text, of_text),
    ]


def holds(interval, target):
    return interval.low <= target <= interval.high


def off_by(errors):
    """Return the mean error in its standard errors, per metric."""
    return np.abs(errors.mean(axis=0)) / (errors.std(axis=0) / np.sqrt(len(errors)))


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("target", ["pool", "text"])
def test_weighted_metrics_are_right_on_average(design, target):
    draws = simulated(design)
    assert np.all(off_by(draws["value"] - draws[target]) < 3)


@pytest.mark.parametrize("design", DESIGNS)
def test_unweighted_metrics_are_wrong_on_average(design):
    draws = simulated(design)
    assert np.all(off_by(draws["unweighted"] - draws["pool"]) > 3)


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("interval", ["pool_in", "text_in"])
def test_each_interval_covers_its_own_target_as_often_as_it_says(design, interval):
    covered = simulated(design)[interval].mean(axis=0)
    assert np.all((covered >= 0.93) & (covered <= 0.97))


@pytest.mark.parametrize("design", DESIGNS)
def test_the_interval_for_the_pool_is_too_narrow_for_new_text(design):
    assert simulated(design)["swapped"].mean(axis=0)[METRICS.index("f1")] < 0.93


@pytest.mark.parametrize("design", DESIGNS)
def test_intervals_without_weights_miss_their_target(design):
    assert np.all(simulated(design)["equal_in"].mean(axis=0) < 0.93)


def spread_of_uniform(counts, size):
    """Return the standard deviation of F1 from `size` uniform answers of a pool, linearised."""
    matched, spans = counts.parts("f1")
    residual = matched - matched.sum() / spans.sum() * spans
    pool = len(counts)
    variance = (1 / size - 1 / pool) * pool**2 * residual.var(ddof=1) / spans.sum() ** 2
    return np.sqrt(variance)


def test_answers_are_worth_as_many_uniform_ones_as_tell_as_much():
    """The ratio of the variances at equal numbers, times that number, overstates it in a pool."""
    rng = np.random.default_rng(3)
    u, _, counts = generate_pool(rng, 60, 16)
    draws = [ask(u, 400, rng) for _ in range(1_000)]
    found = [weighted_scores(counts.take(asked), pi=pi) for asked, pi in draws]
    spread = np.std([one.f1.value for one in found])
    worth = np.mean([one.worth for one in found])
    assert spread_of_uniform(counts, worth) == pytest.approx(spread, rel=0.05)
    overstated = 400 * (spread_of_uniform(counts, 400) / spread) ** 2
    assert spread_of_uniform(counts, overstated) < 0.93 * spread
