"""Near-duplicate texts, found one after the other: MinHash for candidates, then the real share.

Broder, "On the resemblance and containment of documents" (1997): the resemblance of two texts is
the Jaccard share of their shingles, and equals the chance that both have the same minimum under a
random order of all shingles. Candidates agree in all minima of at least one band (Leskovec,
Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4); their share is then counted, so that
nothing is left out by chance.
"""

from __future__ import annotations

import numpy as np
from murmurhash import mrmr
from numpy.typing import NDArray

__all__ = ["NearDuplicates", "rows_of_bands"]

SHINGLE = 5  # characters: words would leave out languages that are written without spaces
MINIMA = 64
MISSED = 1e-3
PRIME = np.uint64(2**31 - 1)  # above every hash, and products of two stay below 2**64
HASHES = 2**31 - 1

Hashes = NDArray[np.uint32]


class NearDuplicates:
    """The texts seen so far. A text is close to another from resemblance `threshold` on.

    A pair at the threshold (of 0.11 or more) is found with probability 0.999, a closer one more
    surely. A text of 200 characters takes about 4 KiB.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._rows = rows_of_bands(threshold)
        orders = np.random.default_rng(0)  # any orders do, as long as they stay the same
        self._factors = orders.integers(1, int(PRIME), (MINIMA, 1), dtype=np.uint64)
        self._offsets = orders.integers(0, int(PRIME), (MINIMA, 1), dtype=np.uint64)
        self._seen: list[Hashes] = []
        self._bands: dict[int, tuple[int, ...]] = {}

    def add(self, text: str) -> bool:
        """Keep the text and return True, or return False where one that was kept is close to it."""
        hashes = shingle_hashes(text)
        bands = self._bands_of(hashes)
        candidates = {one for band in bands for one in self._bands.get(band, ())}
        if any(resemblance(hashes, self._seen[one]) >= self.threshold for one in candidates):
            return False
        for band in bands:
            self._bands[band] = (*self._bands.get(band, ()), len(self._seen))
        self._seen.append(hashes)
        return True

    def _bands_of(self, hashes: Hashes) -> list[int]:
        minima = ((self._factors * hashes + self._offsets) % PRIME).min(axis=1)
        starts = range(0, MINIMA - self._rows + 1, self._rows)
        # Two bands with one hash cost a comparison, no more.
        return [hash((start, minima[start : start + self._rows].tobytes())) for start in starts]


def rows_of_bands(threshold: float) -> int:
    """Return the most minima a band may hold so that a pair at the threshold is hardly missed.

    The longer the bands, the fewer texts must be compared.

    >>> rows_of_bands(0.8), rows_of_bands(0.5)
    (4, 2)
    """
    fit = [
        rows for rows in range(1, MINIMA + 1) if (1 - threshold**rows) ** (MINIMA // rows) <= MISSED
    ]
    return max(fit, default=1)


def shingle_hashes(text: str) -> Hashes:
    """Return the sorted hashes of the text's shingles, shape (n,), each once, n at least 1.

    Case and the amount of white space make no difference.
    """
    plain = " ".join(text.casefold().split())
    shingles = {plain[i : i + SHINGLE] for i in range(max(1, len(plain) - SHINGLE + 1))}
    hashes = [mrmr.hash(shingle, 0) % HASHES for shingle in shingles]
    return np.unique(np.array(hashes, dtype=np.uint32))


def resemblance(one: Hashes, other: Hashes) -> float:
    """Return the shared part of two sorted sets, 0 to 1.

    >>> a, b = shingle_hashes("It rained all day."), shingle_hashes("It rained  ALL day!")
    >>> round(resemblance(a, b), 2)
    0.87
    """
    shared = np.intersect1d(one, other, assume_unique=True).size
    return float(shared / (one.size + other.size - shared))
