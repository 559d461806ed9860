"""What is measured on each segment: what matters to the loss, and where it lies on a map."""

from __future__ import annotations

from collections import Counter

import numpy as np

from prodigy_al.arrays import AnyFloatArray, FloatArray
from prodigy_al.diagnosis.evidence import Pool

FEATURES = ("score", "entities", "length", "capitals", "new forms")
"""Expected wrong spans; expected entities; log tokens; share of tokens in capitals or with digits;
predicted surface forms that stand nowhere else in the pool, among all predicted ones."""
IN_WORDS = {
    "score": ("higher", "lower", "score"),
    "entities": ("more", "fewer", "expected entities"),
    "length": ("longer", "shorter", "text"),
    "capitals": ("more", "fewer", "capitals and digits"),
    "new forms": ("more", "fewer", "names that stand nowhere else"),
}
"""How people read them: what more and what less of each is called."""
DEGREE, MAP_DEGREE = 3, 4


def loss_features(pool: Pool) -> FloatArray:
    """Return (N, 5), the `FEATURES` of each segment."""
    seen = Counter(form for forms in pool.predicted for form in set(forms))
    new = [sum(seen[form] == 1 for form in forms) for forms in pool.predicted]
    marked = [_share_marked(text) for text in pool.texts]
    return np.column_stack([pool.scores, pool.expected, np.log1p(pool.tokens), marked, new]).astype(
        np.float64
    )


def expand(features: FloatArray, degree: int = DEGREE) -> FloatArray:
    """Return polynomials of the features' ranks, so that a linear classifier can bend."""
    from sklearn.preprocessing import PolynomialFeatures

    ranks = np.column_stack([_rank(column) for column in features.T])
    return np.asarray(
        PolynomialFeatures(degree, include_bias=False).fit_transform(ranks), dtype=np.float64
    )


def draw_map(embeddings: AnyFloatArray, seed: int) -> FloatArray:
    """Return (N, 2): the two principal components, as a picture would show the segments."""
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    pca = PCA(2, random_state=seed, svd_solver="randomized")
    return np.asarray(pca.fit_transform(StandardScaler().fit_transform(embeddings)), np.float64)


def _rank(column: FloatArray) -> FloatArray:
    """Return ranks from -1 to 1, equal for equal numbers."""
    values, places = np.unique(column, return_inverse=True)
    counts = np.bincount(places)
    ranks = np.cumsum(counts) - counts / 2
    return np.asarray(2 * ranks[places] / len(column) - 1 if len(values) > 1 else 0 * column)


def _share_marked(text: str) -> float:
    words = text.split()
    marked = sum(word.isupper() or any(map(str.isdigit, word)) for word in words)
    return marked / max(len(words), 1)
