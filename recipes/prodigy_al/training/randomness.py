"""The global random states that spaCy and thinc draw from."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def random_states_kept() -> Iterator[None]:
    """Leave the random states of Python and numpy as they were, whatever is drawn inside."""
    states = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
