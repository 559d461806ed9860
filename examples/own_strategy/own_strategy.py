"""A strategy of one's own: rank segments by how many spans are about as likely as not."""

import numpy as np
from numpy.typing import NDArray


def doubtful(marginals: NDArray[np.float64], tokens: int) -> float:
    """Return the number of spans with a probability within 0.2 of 1/2, per token."""
    return float((abs(marginals - 0.5) < 0.2).sum()) / max(tokens, 1)
