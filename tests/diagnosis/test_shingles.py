"""Near-duplicates: all pairs that a comparison of all with all finds, and no other."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from prodigy_al.diagnosis.shingles import ALIKE, _shingles, cluster_texts


def test_clusters_are_those_of_a_comparison_of_all_with_all():
    rng = np.random.default_rng(0)
    words = [f"w{chr(97 + i)}" for i in range(20)]
    texts = []
    for _ in range(40):
        own = list(rng.choice(words, 20))
        texts.append(" ".join(own))
        for _ in range(2):  # copies with one or two words changed
            changed = list(own)
            for place in rng.integers(20, size=rng.integers(1, 3)):
                changed[place] = str(rng.choice(words))
            texts.append(" ".join(changed))
    sets = [_shingles(text) for text in texts]
    cluster = list(range(len(texts)))
    pairs = 0
    for a, b in combinations(range(len(texts)), 2):
        if len(sets[a] & sets[b]) >= ALIKE * len(sets[a] | sets[b]):
            pairs += 1
            cluster = [min(cluster[a], cluster[b]) if c in (cluster[a], cluster[b]) else c
                       for c in cluster]  # fmt: skip
    assert pairs > 20
    assert cluster_texts(texts).tolist() == cluster


def test_digits_case_and_punctuation_make_no_difference():
    texts = [
        "Shares of Acme fell 3 % to 12.5 on Monday.",
        "shares of ACME fell 4 % to 99.1 on monday",
    ]
    assert cluster_texts(texts).tolist() == [0, 0]


def test_short_texts_stay_alone():
    assert cluster_texts(["Results :", "Results :"]).tolist() == [0, 1]
