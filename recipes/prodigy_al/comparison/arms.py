"""A dataset as an arm of the comparison: what to train on, what to measure on, what it cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from prodigy_al.comparison.effort import (
    Effort,
    FirstAnswers,
    measure_effort,
    on_own_clocks,
    read_first_answers,
)
from prodigy_al.errors import AnswerError, RecordError
from prodigy_al.evaluation.documents import Sizes, document_sizes
from prodigy_al.records import Record, read_record
from prodigy_al.sampling.columns import SEGMENT_GROUP
from prodigy_al.sampling.design import by_score
from prodigy_al.sampling.folds import dev_fold
from prodigy_al.sampling.groups import DOCUMENT_KEY, document_groups
from prodigy_al.sampling.inclusion import inclusion, verify_records
from prodigy_al.sampling.keys import quantise
from prodigy_al.training.answers import Answers, read_answers

if TYPE_CHECKING:
    from spacy.tokens import Doc

RANDOM_STRATEGIES = {"full": "random", "binary": "random-binary"}
CONTROLS = frozenset(RANDOM_STRATEGIES.values())
# Datasets collected without records are split here, the same way for all of them.
FOREIGN_SALT = "prodigy-al"
FOREIGN_DEV_SHARE = 0.25


@dataclass(frozen=True)
class Arm:
    """One dataset. `records` and `groups` are by input hash; `records` is empty for a dataset that
    was collected elsewhere, which then has no probabilities. `shared` is the number of texts that
    several people answered, `reused` that of answers copied from other arms or datasets,
    `first_answers` are there for curves.

    An arm that is joined from several datasets has them as `parts`, in the order of time. Its dev
    answers and records are those of one of them (`dev_part`), so that its weights are of one draw.
    `in_both` is the number of texts that it was asked about both whole and by single spans.
    """

    dataset: str
    strategy: str
    seed: int | None
    fold_salt: str | None
    train: Answers
    dev: Answers
    records: Mapping[int, Record]
    groups: Mapping[int, str]
    hashes: frozenset[int]
    effort: Effort
    shared: int = 0
    reused: int = 0
    first_answers: tuple[FirstAnswers, ...] = ()
    parts: tuple[Arm, ...] = ()
    in_both: int = 0

    @property
    def all_parts(self) -> tuple[Arm, ...]:
        """The datasets that it is made of: its parts, or itself where it is not joined."""
        return self.parts or (self,)

    @property
    def dev_part(self) -> Arm:
        """The dataset that its dev answers are of."""
        return find_dev_part(self.all_parts) or self

    @property
    def shares_documents(self) -> bool:
        """Whether its source had too few documents for folds of whole ones (`FEWEST_GROUPS`)."""
        return bool(self.records) and all(
            record.group.startswith(SEGMENT_GROUP) for record in self.records.values()
        )

    @property
    def is_random(self) -> bool:
        """Whether this is a control that others of its form are compared with."""
        return self.strategy == RANDOM_STRATEGIES.get(self.train.form)

    @property
    def train_design(self) -> tuple[object, ...] | None:
        """What its train fold was ranked by: score, share of chance and whether within kinds.

        Of each part, where it is joined.
        """
        if self.parts:
            return tuple(part.train_design for part in self.parts)
        train = (record for record in self.records.values() if record.fold == "train")
        first = next(train, None)
        if first is None:
            return None
        return first.acquisition, quantise(first.explore), first.stratum is not None

    @cached_property
    def train_sizes(self) -> Sizes:
        """The sizes of the train fold's documents, told by the questions drawn from it.

        Questions without a probability, of later rounds or of a strict order, tell nothing.
        """
        drawn = [(key, record) for key, record in self.records.items() if record.fold == "train"]
        pi = inclusion(drawn)
        known = np.flatnonzero(~np.isnan(pi))
        weights = np.array([float(drawn[i][1].copies) for i in known]) / pi[known]
        return document_sizes([drawn[i][1].group for i in known], weights)

    @property
    def source(self) -> Mapping[str, Any]:
        """What is recorded of its source; empty where nothing is."""
        return next((record.source for record in self.records.values()), {})

    @property
    def is_stream(self) -> bool:
        """Whether its source was read as it came, and maybe not to an end."""
        return any(record.source.get("stream") for record in self.records.values())


def split_arms(
    dataset: str, examples: Sequence[Mapping[str, Any]]
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the answers of a dataset by arm, each with the time that its own arm took.

    The arms of a trial are called DATASET/ARM. Any other dataset is one arm, under its own name;
    where it has copied answers, they count as much time as its other answers.
    """
    records = [example.get("al") for example in examples]
    recorded = [record for record in records if isinstance(record, Mapping)]
    arms = [str(record.get("arm")) for record in recorded]
    trial = len(set(arms)) > 1 or any(record.get("trial") for record in recorded)
    reused = any(record.get("reused_from") for record in recorded)
    # no trial asks in both forms: that mixture, and answers without a record beside others, are
    # refused when the arm is read
    mixed = len({record.get("unit") for record in recorded}) > 1
    if len(recorded) < len(examples) or mixed or not (trial or reused):
        return {dataset: examples}
    found: dict[str, list[Mapping[str, Any]]] = {}
    for example, arm in zip(on_own_clocks(examples, arms), arms, strict=True):
        found.setdefault(f"{dataset}/{arm}" if trial else dataset, []).append(example)
    return found


def read_arm(
    dataset: str,
    examples: Sequence[Mapping[str, Any]],
    labels: Sequence[str],
    *,
    tokenizer: Callable[[str], Doc],
    curves: bool = False,
    group_by: str | None = None,
    is_part: bool = False,
) -> Arm:
    """Read one dataset, check its records and split it by its fold; for `curves`, read it in parts.

    `group_by` is the key of meta that names the documents of answers without records. A fold may be
    empty where the dataset `is_part` of an arm that is joined.

    Raises `AnswerError` where answers cannot be used together or a fold is empty, `RecordError`
    where only some answers carry a record, or one does not recompute.
    """
    answers = read_answers(examples, labels, dataset=dataset, tokenizer=tokenizer)
    records = _records(dataset, examples)
    if records:
        first = next(iter(records.values()))
        strategy, seed, salt = _name_strategy(records.values()), first.seed, first.fold_salt
        groups = {key: record.group for key, record in records.items()}
        is_dev = {key: record.fold == "dev" for key, record in records.items()}
    else:
        strategy, seed, salt = "unknown", None, None
        groups = _groups(examples, group_by or DOCUMENT_KEY)
        # by the names alone, so that the folds of earlier comparisons stay
        names = [group.removeprefix(f"{group_by or DOCUMENT_KEY}=") for group in groups.values()]
        chosen = dev_fold(names, share=FOREIGN_DEV_SHARE, salt=FOREIGN_SALT)
        is_dev = dict(zip(groups, map(bool, chosen), strict=True))
    train = answers.where(lambda key: not is_dev[key])
    first_answers = read_first_answers(examples, train, tokenizer=tokenizer) if curves else ()
    arm = Arm(
        dataset=dataset,
        strategy=strategy,
        seed=seed,
        fold_salt=salt,
        train=train,
        dev=answers.where(lambda key: is_dev[key]),
        records=records,
        groups=groups,
        hashes=frozenset(groups),
        effort=measure_effort(answers, examples),
        shared=count_shared(examples),
        reused=sum(record.reused_from is not None for record in records.values()),
        first_answers=tuple(first_answers),
    )
    if not is_part:
        _require_folds(arm)
    return arm


def find_dev_part(parts: Sequence[Arm]) -> Arm | None:
    """Return the part whose dev answers an arm is measured on; None where none has any.

    That is the first one of whole segments, which alone tell F1, and else the first one.
    """
    with_dev = [part for part in parts if len(part.dev)]
    whole = [part for part in with_dev if part.dev.form == "full"]
    return next(iter(whole or with_dev), None)


def _require_folds(arm: Arm) -> None:
    """Raise `AnswerError` where there is nothing to train on, or nothing to measure on."""
    for fold, part in (("train", arm.train), ("dev", arm.dev)):
        joined = f", or give WHOLE+{arm.dataset}, with whole segments of the same source first"
        if not len(part):
            raise AnswerError(
                f"dataset '{arm.dataset}' has no usable answer in its {fold} fold: annotate more"
                + (joined if fold == "dev" and arm.records and part.form == "binary" else ""),
                dataset=arm.dataset,
            )


def _records(dataset: str, examples: Sequence[Mapping[str, Any]]) -> dict[int, Record]:
    """Return the records by input hash; several people's answers to one task share one."""
    recorded = [example for example in examples if "al" in example]
    if not recorded:
        return {}
    if len(recorded) < len(examples):
        raise RecordError(
            f"dataset '{dataset}': {len(examples) - len(recorded)} of {len(examples)} answers "
            "carry no `al` record; keep answers from other recipes in a dataset of their own",
            dataset=dataset,
        )
    distinct = _distinct(recorded, dataset)
    try:
        verify_records(distinct)
    except RecordError as error:
        raise RecordError(
            f"dataset '{dataset}': {error}; its answers are not as they were stored, export "
            "them again or leave the dataset out",
            dataset=dataset,
        ) from error
    return dict(distinct)


def _name_strategy(records: Collection[Record]) -> str:
    """Return the strategy of a dataset, by the score of its train fold where it has an answer."""
    train = (record for record in records if record.fold == "train")
    first = next(train, None)
    if first is None:
        return next(iter(records)).strategy
    return by_score(first.strategy, first.acquisition)


def _distinct(recorded: Sequence[Mapping[str, Any]], dataset: str) -> list[tuple[int, Record]]:
    pairs: list[tuple[int, Record]] = []
    seen: dict[int, Record] = {}
    for example in recorded:
        key, record = example["_input_hash"], read_record(example, dataset=dataset)
        if seen.setdefault(key, record) is record:
            pairs.append((key, record))
        # a copied answer, and one given on a page that was open meanwhile, are of one draw
        elif _as_drawn(seen[key]) != _as_drawn(record):
            raise RecordError(
                f"dataset '{dataset}': input {key} carries two different `al` records",
                dataset=dataset,
            )
    return pairs


def _as_drawn(record: Record) -> Record:
    return replace(record, reused_from=None, shown={})


def _groups(examples: Sequence[Mapping[str, Any]], key: str) -> dict[int, str]:
    """Return each text's group: its document where nearly all name one, else the text itself."""
    by_text = {example["_input_hash"]: example for example in examples}
    groups, _ = document_groups(list(by_text.values()), alone=list(map(str, by_text)), key=key)
    return dict(zip(by_text, groups, strict=True))


def count_shared(examples: Iterable[Mapping[str, Any]]) -> int:
    """Return the number of texts with answers of several annotators.

    >>> by = [(1, "ann"), (1, "bob"), (2, "ann"), (2, "ann"), (3, None)]
    >>> count_shared({"_input_hash": text, "_annotator_id": who} for text, who in by)
    1
    """
    answered = {(example["_input_hash"], example.get("_annotator_id")) for example in examples}
    return sum(people > 1 for people in Counter(text for text, _ in answered).values())
