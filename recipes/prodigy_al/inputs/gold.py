"""Gold that is cut into segments, and the spans of it that no answer can mark."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prodigy_al.simulation.annotator import read_gold
from prodigy_al.training.unusable import unusable_problem

if TYPE_CHECKING:
    from prodigy_al.simulation.annotator import GoldSpans

Record = dict[str, Any]


def read_cut_gold(
    records: Iterable[tuple[int, Record]],
    labels: Sequence[str],
    *,
    cut: Callable[[Iterator[tuple[int, Record]]], Iterable[tuple[int, int, Record]]],
    tokenizer: Callable[[str], Iterable[Any]],
) -> tuple[GoldSpans, str | None]:
    """Return the asked labels' gold spans by segment, and what is wrong where many are unusable.

    `cut` turns (number, record) into (number, input hash, segment). A span outside its text is in
    none of the segments; it is counted with those that a segment holds off its token borders.
    """
    before: dict[int, int] = {}
    after: Counter[int] = Counter()
    numbers: list[int] = []

    def count(record: Mapping[str, Any]) -> int:
        return sum(span["label"] in labels for span in record.get("spans") or [])

    def whole() -> Iterator[tuple[int, Record]]:
        for number, record in records:
            before[number] = count(record)
            yield number, record

    def parts() -> Iterator[tuple[int, Record]]:
        for number, input_hash, segment in cut(whole()):
            after[number] += count(segment)
            numbers.append(number)
            yield input_hash, segment

    gold = read_gold(parts(), labels, tokenizer)
    lost = {number: n - after[number] for number, n in before.items() if n > after[number]}
    found = [] if gold.first_off_tokens is None else [numbers[gold.first_off_tokens]]
    first = min([*found, *lost], default=None)
    outside = sum(lost.values())
    total = sum(map(len, gold.spans.values())) + outside
    gold = replace(gold, off_tokens=gold.off_tokens + outside, first_off_tokens=first)
    return gold, unusable_problem(gold.off_tokens, total, first)
