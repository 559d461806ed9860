"""The held-out test set, and what of the arms must not be trained on because of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prodigy_al.comparison.arms import CONTROLS, Arm
from prodigy_al.errors import AnswerError, ParameterError
from prodigy_al.evaluation.estimators import MIN_GROUPS
from prodigy_al.records import read_record
from prodigy_al.sampling.columns import SEGMENT_GROUP
from prodigy_al.sampling.groups import document_groups, document_names
from prodigy_al.training.answers import Answers, read_answers
from prodigy_al.training.unusable import unusable_problem

if TYPE_CHECKING:
    from spacy.tokens import Doc

# Shorter texts ("Results") coincide by chance: their overlap is reported and nothing removed.
SHORT_TEXT = 8


@dataclass(frozen=True)
class TestSet:
    """Gold segments in order, each standing for itself also where a text is repeated in a source.

    `hashes` (n,) are those of the texts; `groups` (n,) their documents, else each segment its own.
    `ignored` counts segments that were left out because their answers were ignored or rejected;
    `first_unusable` is the first record of its source with an unusable span, from 1, None if none.
    `source` is what is recorded of the source of answers of al.random, empty for gold files.
    Without a test set, there is one without segments (`no_test`).
    """

    __test__ = False  # not a test for pytest

    name: str
    gold: Answers
    hashes: tuple[int, ...]
    groups: tuple[str, ...]
    ignored: int = 0
    first_unusable: int | None = None
    source: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_given(self) -> bool:
        """Whether there is a test set at all: one that was read has segments."""
        return bool(self.gold.items)

    def short(self, i: int) -> bool:
        """Whether segment i is too short for its overlap to mean anything."""
        return len(self.gold.items[i].words) < SHORT_TEXT


def read_test(
    name: str,
    records: Sequence[tuple[int, Mapping[str, Any]]],
    labels: Sequence[str],
    *,
    tokenizer: Callable[[str], Doc],
    skip_bad: bool = False,
    numbers: Sequence[int] | None = None,
    group_by: str | None = None,
) -> TestSet:
    """Read a test set from (input hash, record) pairs.

    Its groups are what `group_by`, a key of meta, names, or the groups that answers of al.random
    were drawn with, or the documents in meta where nearly all name one.

    `numbers` (n,) say where in its source each record stands, from 0, for messages. Gold spans that
    are off token borders, reversed or outside the text are left out; with `skip_bad`, any number of
    them.

    Raises `AnswerError` where it is empty or has no span of the asked labels, where more than 2 %
    of its spans are unusable, where it holds binary answers, or was drawn by a model: only a plain
    sample says how a pipeline does on new text. `ParameterError` where no record has `group_by`.
    """
    _require_plain_sample(name, records)
    # numbered, so that repeated texts are not merged, but several people's answers to one are
    places = _segments(records)
    numbered = [
        {**record, "_input_hash": place} for place, (_, record) in zip(places, records, strict=True)
    ]
    gold = read_answers(numbered, labels, dataset=name, tokenizer=tokenizer)
    first = gold.first_off_tokens
    first = None if first is None else (numbers or range(len(records)))[first]
    if not skip_bad:
        _require_usable_spans(name, gold, first)
    _require_gold(name, gold)
    kept = [item.input_hash for item in gold.items]
    groups = _groups([record for _, record in records], group_by)
    return TestSet(
        name=name,
        gold=gold,
        hashes=tuple(records[i][0] for i in kept),
        groups=tuple(groups[i] for i in kept),
        ignored=len(set(places)) - len(kept),
        first_unusable=None if first is None else first + 1,
        source=_source([record for _, record in records]),
    )


def no_test(labels: Sequence[str]) -> TestSet:
    """Return what stands for the test set where none was given: no segment of it."""
    return TestSet("", Answers("", "full", tuple(labels), items=(), counts={}), (), ())


def why_no_interval(test: TestSet) -> str | None:
    """Return why a test set will tell no interval; None where it will, or where there is none."""
    number = len(set(test.groups))
    if not test.is_given or number >= MIN_GROUPS:
        return None
    counted = "1 document" if number == 1 else f"{number} documents"
    return (
        f"the test set {test.name} has {counted} and at least {MIN_GROUPS} are needed for an "
        "interval: F1 and differences will stand there without one, and nothing can be decided; "
        "use a test set of more documents"
    )


def _segments(records: Sequence[tuple[int, Mapping[str, Any]]]) -> list[int]:
    """Return each record's segment, named by the place of its first record.

    Answers of different annotators to one text are about one segment, which has mean counts.
    """
    first: dict[tuple[int, int], int] = {}
    turns: Counter[tuple[int, str]] = Counter()
    segments = []
    for place, (key, record) in enumerate(records):
        annotator = record.get("_annotator_id")
        if annotator is None:
            segments.append(place)
            continue
        # who answered a text twice met it twice
        turn = turns[key, annotator]
        turns[key, annotator] += 1
        segments.append(first.setdefault((key, turn), place))
    return segments


def _groups(records: Sequence[Mapping[str, Any]], group_by: str | None) -> list[str]:
    """Return each record's group."""
    alone = [f"{SEGMENT_GROUP}{number}" for number in range(len(records))]
    if group_by:
        if all(name is None for name in document_names(records, group_by)):
            raise ParameterError(
                "group_by", group_by, f"no record of the test set has meta.{group_by}"
            )
        return document_groups(records, alone, key=group_by, coverage=0.0)[0]
    if all("al" in record for record in records):
        return [read_record(record).group for record in records]
    return document_groups(records, alone)[0]


def _source(records: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the one source that all records name; empty where there is none."""
    named = [read_record(record).source if "al" in record else {} for record in records]
    return named[0] if all(source == named[0] for source in named) else {}


def _require_plain_sample(name: str, records: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    if not records:
        raise AnswerError(f"--test {name} holds no text; give a set with gold spans", dataset=name)
    for _, record in records:
        if "al" in record and read_record(record).strategy not in CONTROLS:
            raise AnswerError(
                f"--test {name}: its answers were drawn by '{read_record(record).strategy}', which "
                "is no plain sample; use answers of al.random or a gold file",
                dataset=name,
            )


def _require_usable_spans(name: str, gold: Answers, first: int | None) -> None:
    usable = sum(len(item.accepted) for item in gold.items)
    problem = unusable_problem(gold.off_tokens, usable + gold.off_tokens, first)
    # single spans are refused for being single
    if problem and gold.form == "full":
        raise AnswerError(f"--test {name}: {problem}", dataset=name)


def _require_gold(name: str, gold: Answers) -> None:
    if gold.form == "binary":
        raise AnswerError(
            f"--test {name} holds binary answers, from which misses cannot be counted; "
            "use whole segments",
            dataset=name,
        )
    if not any(item.accepted for item in gold.items):
        raise AnswerError(
            f"--test {name} has no gold span of {', '.join(gold.labels)}; give a set that was "
            "annotated for it, or another --label",
            dataset=name,
        )


@dataclass(frozen=True)
class Overlap:
    """Test segments whose text was also asked about: all, the short ones among them, and the
    training answers taken out of each dataset.
    """

    segments: int
    short: int
    removed: Mapping[str, int]


def remove_overlap(arms: Sequence[Arm], test: TestSet) -> tuple[list[Answers], Overlap]:
    """Return each arm's training answers without texts of the test set, which is never cut."""
    long_texts = {key for i, key in enumerate(test.hashes) if not test.short(i)}
    cleaned = [arm.train.where(lambda key: key not in long_texts) for arm in arms]
    for arm, train in zip(arms, cleaned, strict=True):
        longer = any(len(item.words) >= SHORT_TEXT for item in train.items)
        if len(train) < len(arm.train) and not longer:
            raise AnswerError(
                f"every training answer of dataset '{arm.dataset}' about a text of {SHORT_TEXT} or "
                f"more tokens stands in the test set {test.name} too: use another test set",
                dataset=arm.dataset,
            )
    asked = frozenset[int]().union(*(arm.hashes for arm in arms))
    shared = [i for i, key in enumerate(test.hashes) if key in asked]
    removed = {
        arm.dataset: len(arm.train) - len(train) for arm, train in zip(arms, cleaned, strict=True)
    }
    return cleaned, Overlap(len(shared), sum(test.short(i) for i in shared), removed)
