"""What hypotheses may read: a dataset, the pool it was asked of, and the other datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from prodigy_al.arrays import AnyFloatArray, BoolArray, FloatArray, IndexArray, IntArray
from prodigy_al.evaluation.estimators import Unavailable
from prodigy_al.evaluation.reliability import Reliability
from prodigy_al.sampling.kinds import FEWEST_SEGMENTS, Kinds, measure_texts
from prodigy_al.training.answers import Answer
from prodigy_al.training.truths import TokenSpan

Forms = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Pool:
    """All N segments that could be asked, and what the base makes of them.

    `groups` are documents' names, each segment its own where none are known; `scores` >= 0 expected
    wrong spans; `expected` >= 0 numbers of entities of the asked labels; `predicted` and
    `candidates` the surface forms of the spans that the base predicts, and holds possible, in lower
    case. `embeddings` (N, width) are None where the base has no token vectors; `embedded_by` says
    which they are.
    """

    texts: tuple[str, ...]
    groups: tuple[str, ...]
    scores: FloatArray
    expected: FloatArray
    tokens: IntArray
    predicted: tuple[Forms, ...]
    candidates: tuple[Forms, ...]
    embeddings: AnyFloatArray | None
    embedded_by: str = ""

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self.texts)

    @property
    def codes(self) -> IntArray:
        """Return (N,) numbers of the documents."""
        return np.unique(np.asarray(self.groups), return_inverse=True)[1].astype(np.int64)

    def kinds(self) -> tuple[Kinds, list[str]] | None:
        """Return the kinds of segments and each one's; None where there are too few segments."""
        if len(self) < FEWEST_SEGMENTS:
            return None
        kinds = measure_texts(self.texts)
        return kinds, [kinds.name_text(text) for text in self.texts]

    def take(self, places: Sequence[int] | IndexArray) -> Pool:
        """Return the segments at these places, in this order."""
        at = np.asarray(places, dtype=np.intp)
        return Pool(
            texts=tuple(self.texts[i] for i in at),
            groups=tuple(self.groups[i] for i in at),
            scores=self.scores[at],
            expected=self.expected[at],
            tokens=self.tokens[at],
            predicted=tuple(self.predicted[i] for i in at),
            candidates=tuple(self.candidates[i] for i in at),
            embeddings=None if self.embeddings is None else self.embeddings[at],
            embedded_by=self.embedded_by,
        )


@dataclass(frozen=True, eq=False)
class Clock:
    """When answers with a time stamp were given, all (m,), in the order of time.

    `times` in seconds, `people` who answered, `tokens` and `spans` what was read and marked.
    """

    times: FloatArray
    people: tuple[str, ...]
    tokens: IntArray
    spans: IntArray
    simulated: bool = False


@dataclass(frozen=True, eq=False)
class Reply:
    """What one text was answered and what the base predicts there, of any label.

    `at` is its place in the pool, None where it is not there; `shown` whether the base's spans were
    on the page, None where nothing tells.
    """

    answer: Answer
    predicted: tuple[TokenSpan, ...]
    is_dev: bool
    group: str
    at: int | None = None
    shown: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Do the base's span probabilities come true? Of all candidates in the dev answers.

    `shipped` at the temperature that questions are asked with, `fitted` at the one fitted to
    `fitted_to` whole segments of the train fold.
    """

    temperature: float
    fitted_temperature: float
    fitted_to: int
    dev_answers: int
    shipped: Reliability
    fitted: Reliability


NOT_MEASURED = Unavailable("it was not measured")


@dataclass(frozen=True, eq=False)
class Evidence:
    """One dataset. `at` (n,) are the places in the pool of the texts that it asked about.

    `pi` (n,) in (0, 1] are the recorded probabilities of those segments, NaN where there are none,
    and `no_pi` says why. Probabilities of segments with a candidate to ask about tell of those
    alone (`of_candidates`). `outside` asked texts are not in the pool. `random` is a dataset of
    random whole segments, `others` are all other datasets of this pool.
    """

    arm: str
    form: str
    strategy: str
    labels: tuple[str, ...]
    pool: Pool
    at: IndexArray
    pi: FloatArray
    no_pi: str
    replies: tuple[Reply, ...]
    clock: Clock | None
    of_candidates: bool = False
    same_model: bool = True
    recorded: bool = True
    outside: int = 0
    seed: int = 0
    random: Evidence | None = None
    others: tuple[Evidence, ...] = field(default=())
    calibration: Calibration | Unavailable = NOT_MEASURED

    @property
    def asked(self) -> BoolArray:
        """Return (N,) whether each segment of the pool was asked about."""
        asked = np.zeros(len(self.pool), dtype=np.bool_)
        asked[self.at] = True
        return asked
