"""The provenance record `al` of a task, and its checks.

A task is the dict that Prodigy knows; everything of ours travels in its key ``al``, as JSON of the
dataclass `Record` below. The record is all that is needed to recompute the probability with which
its example was drawn, so a dataset alone suffices for every weight.

JSON writers round: `srsly.json_dumps` keeps ten decimals (1e-12 becomes 0.0). Probabilities of a
large pool would not survive that, so `u` and `total` are rounded to nine decimals *before* they are
used, and readers recompute `p` and the key from them instead of trusting the rounded copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

from prodigy_al.errors import RecordError

RECORD_VERSION = 4
NEW_FIELDS: Mapping[int, frozenset[str]] = MappingProxyType(
    {
        1: frozenset(),
        2: frozenset({"block_size", "next_u"}),
        3: frozenset({"stratum", "stratum_size"}),
        4: frozenset({"start"}),
    }
)
"""The versions that can be read, and the fields that each has and those before have not."""
VERSIONS = tuple(NEW_FIELDS)
"""The same versions; what is looked for among them need not be hashable."""
SIMULATED = "simulated"
"""Key of an answer, beside ``al``, that al.simulate gave and stamped with a time of its own.

It holds how annotator and costs were set, and as ``error`` the kind of error that was made, or
null. In datasets of earlier releases it is only true.
"""

BY = "-by-"
"""Between a strategy and the score that it ranks by, where that is not its own: ranked-by-mnlp."""

Unit = Literal["segment", "candidate"]
Design = Literal["keys", "strict"]
Fold = Literal["train", "dev"]


@dataclass(frozen=True)
class Record:
    """Where one example came from and how likely it was, as stored in ``task["al"]``.

    Capital `R` and `N` are the literature's: the items of this block, and the segments of
    the fold that were still unasked when the round began. `considered` counts the segments cut into
    the block, which exceeds `R` where some of them have no candidate to ask about; it includes
    those of blocks right before it in which no segment had one. `round` is 0 wherever the scores
    never change: passes over the blocks go on down the same keys. `position` counts on from pass
    to pass.
    """

    arm: str
    strategy: str
    unit: Unit
    design: Design
    acquisition: str
    u: float  # score, >= 0; nine decimals
    total: float | None  # sum of u over block or stratum; None where p does not depend on it
    p: float | None  # chance to be the block's first draw; None with a strict design
    key: float | None  # E / p
    next_key: float | None  # key of the item after this one; None behind the last
    next_u: float | None  # score of the item after this one; None behind the last
    stratum: str | None  # kind of segment within which scores tilt p; None: the whole block
    stratum_size: int | None  # its items in this block
    R: int
    N: int
    considered: int
    block_size: int | None  # segments cut into a block; None: the whole fold is one
    block: int
    round: int
    position: int  # 0-based place in the block's order
    r: float | None  # chance of this candidate within its segment; None for whole segments
    span_p: float | None  # marginal of the candidate asked about
    explore: float
    rate: float
    fold: Fold
    fold_salt: str
    group: str
    copies: int
    seed: int
    model: Mapping[str, Any]  # name, version, sha256
    scorer: Mapping[str, Any]  # temperature, floor, frame_sha256, blas
    source: Mapping[str, Any]  # name, sha256, segments, excluded, pool_size, stream
    segmentation: str  # tokens | sentences | whole
    shown: Mapping[str, Any]  # suggestions, score
    reused_from: str | None = None  # the dataset, or arm of a trial, that was asked instead
    trial: str | None = None  # arms of the trial it was drawn in, sorted, with commas
    start: Mapping[str, Any] | None = None  # whole segments it began from: name, sha256, answers
    version: int = RECORD_VERSION

    def to_dict(self) -> dict[str, Any]:
        """Return the record as it is stored."""
        # not asdict, which copies in depth and takes longer than all the rest of a task
        values = dict(vars(self))
        for name in MAPPINGS:
            if values[name] is not None:
                values[name] = dict(values[name])
        return values


NAMES = tuple(field.name for field in fields(Record))
MAPPINGS = tuple(field.name for field in fields(Record) if str(field.type).startswith("Mapping"))


def read_record(task: Mapping[str, Any], *, dataset: str = "") -> Record:
    """Return the `al` record of an answer, as its version has it: what that lacks is None.

    Raises `RecordError` where there is none, where it is of a version this package does not know,
    or where keys are missing or unknown.
    """
    stored = task.get("al")
    shown = f"an answer of dataset '{dataset}'" if dataset else "an answer"
    if not isinstance(stored, Mapping):
        raise RecordError(f"{shown} carries no `al` record: it was not asked by al.* recipes")
    version: Any = stored.get("version")
    if version not in VERSIONS:
        raise RecordError(
            f"{shown} has an `al` record of version {version!r}; "
            f"this release reads versions {', '.join(map(str, VERSIONS))}"
        )
    lacking, known, required = _names(int(version))
    if missing := sorted(required - stored.keys()):
        raise RecordError(f"{shown} has an `al` record without {', '.join(missing)}")
    if unknown := sorted(stored.keys() - known):
        raise RecordError(f"{shown} has an `al` record with unknown keys {', '.join(unknown)}")
    values: dict[str, Any] = {**dict.fromkeys(lacking), **stored}
    return Record(**values)


@cache
def _names(version: int) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Return the fields that a version lacks, that it may have, and that it must have."""
    later = (new for since, new in NEW_FIELDS.items() if since > version)
    lacking = frozenset[str]().union(*later)
    known = frozenset(NAMES) - lacking
    return lacking, known, known - {"reused_from", "trial"}
