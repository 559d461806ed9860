"""Which documents arms and test set have in common, also where texts name none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from prodigy_al.comparison.arms import Arm
from prodigy_al.comparison.testset import SHORT_TEXT, TestSet
from prodigy_al.sampling.frame import RECORD_GROUP
from prodigy_al.training.answers import Answers

Documents: TypeAlias = frozenset[tuple[str, ...]]
"""What documents are known by: one may be known by several things."""

STREAM = "-"  # as the name of a source: any one


@dataclass(frozen=True)
class SharedDocuments:
    """Test segments that are from documents which an arm has training answers about."""

    segments: int
    documents: int


def documents_of(arm: Arm, answers: Answers) -> Documents:
    """Return the documents of some answers of an arm, and their texts but for short ones.

    Of two datasets that hold one text, only one may name its document.
    """
    found = (_known_by(arm.groups[item.input_hash], arm.source) for item in answers.items)
    texts = [
        ("text", str(item.input_hash)) for item in answers.items if len(item.words) >= SHORT_TEXT
    ]
    return frozenset[tuple[str, ...]]().union(texts, *found)


def documents_of_test(test: TestSet) -> list[Documents]:
    """Return what each test segment's document is known by."""
    return [_known_by(group, test.source) for group in test.groups]


def shared_documents(arm: Arm, train: Answers, test: TestSet) -> SharedDocuments:
    """Count the test segments from documents of `train`, the training answers that an arm keeps.

    Short texts of the arm stay in training though they stand in the test set; alone they tie no
    document to it.
    """
    trained = documents_of(arm, train)
    found = [
        test.groups[i]
        for i, document in enumerate(documents_of_test(test))
        if document & trained and not (test.short(i) and test.hashes[i] in arm.hashes)
    ]
    return SharedDocuments(len(found), len(set(found)))


def _known_by(group: str, source: Mapping[str, Any]) -> Documents:
    """Return what a group is known by: its name, or its number in a source.

    A source is known by its texts and by its name: what `--exclude` leaves has other texts.
    """
    if not group.startswith(RECORD_GROUP):
        return frozenset({(group,)})
    kinds = [kind for kind in ("name", "sha256") if source.get(kind) not in (None, STREAM)]
    return frozenset((group, kind, str(source[kind])) for kind in kinds)
