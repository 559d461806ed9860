"""Stored answers -> what is known about each distinct text.

Two forms of answer exist and mean different things, so a dataset holds one of them (joining.py puts
datasets of both together):

- *full* (view ``ner_manual``, accepted): the spans are the whole truth for the asked labels;
- *binary* (view ``ner`` with exactly one span): a statement about that one span and nothing else.

forms.py tells them apart, statements.py reads one answer, and here they are put together.

Ignored answers, and rejected full ones ("a bad example"), say nothing and are only counted.
Where answers about one text contradict each other the latest wins: the largest ``_timestamp``,
then the later place in the dataset; an answer without a timestamp counts as oldest. That is what is
trained on. What each of several annotators says is kept beside it, to measure by their mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from prodigy_al.errors import AnswerError
from prodigy_al.training.forms import Form, FormOfAll, unstated_form
from prodigy_al.training.statements import VERDICTS, Statement, StatementReader
from prodigy_al.training.truths import TokenSpan, Truth, latest_full, merged_binary

if TYPE_CHECKING:
    from spacy.tokens import Doc


@dataclass(frozen=True)
class Answer:
    """What is known about one distinct text. `accepted` and `rejected` share no span.

    `by_annotator` is what each person says where several (`_annotator_id`) answered, else empty.
    """

    input_hash: int
    words: tuple[str, ...]
    spaces: tuple[bool, ...]
    accepted: tuple[TokenSpan, ...]
    rejected: tuple[TokenSpan, ...] = ()
    by_annotator: tuple[Truth, ...] = ()

    @property
    def truths(self) -> tuple[Truth, ...]:
        """Return what each annotator says, at least one."""
        return self.by_annotator or (Truth(self.accepted, self.rejected),)


@dataclass(frozen=True)
class Answers:
    """A dataset's answers, one item per distinct text, in the order of its first usable answer.

    The figures below describe the dataset as it was read, also after `take` and `where`:
    `counts` answers per verdict (accept, reject, ignore), `contradictions` answers overruled by a
    later one, `repeats` answers that say once more what is known of their text or span,
    `off_tokens` spans that do not fall on token borders (dropped; the first in the answer at place
    `first_off_tokens`), `unasked` spans with a label that was not asked for (dropped).
    `about_other_labels` holds the input hashes of texts that were answered only about such labels:
    they are no items, yet they are not missing answers. Where the form is ``mixed``, `single` holds
    those of the texts that are known by answers about single spans.
    """

    dataset: str
    form: FormOfAll
    labels: tuple[str, ...]
    items: tuple[Answer, ...]
    counts: Mapping[str, int]
    contradictions: int = 0
    repeats: int = 0
    off_tokens: int = 0
    first_off_tokens: int | None = None
    unasked: int = 0
    about_other_labels: frozenset[int] = frozenset()
    single: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """Return the number of distinct texts."""
        return len(self.items)

    def form_of(self, item: Answer) -> Form:
        """Return what the answers about one of the items are about."""
        if self.form == "mixed":
            return "binary" if item.input_hash in self.single else "full"
        return self.form

    def take(self, indices: Iterable[int]) -> Answers:
        """Return the items at these places, in this order (an integer array will do)."""
        return replace(self, items=tuple(self.items[int(i)] for i in indices))

    def where(self, keep: Callable[[int], bool]) -> Answers:
        """Return the items whose input hash `keep` approves of, such as those of one fold."""
        return replace(
            self,
            items=tuple(x for x in self.items if keep(x.input_hash)),
            about_other_labels=frozenset(filter(keep, self.about_other_labels)),
        )


def read_answers(
    examples: Iterable[Mapping[str, Any]],
    labels: Sequence[str],
    *,
    dataset: str,
    tokenizer: Callable[[str], Doc] | None = None,
    form: Form | None = None,
) -> Answers:
    """Read the answers of one dataset about the asked `labels`.

    `tokenizer` (a pipeline's ``make_doc``) is asked for the tokens of records that store none.
    `form` is that of answers with neither a view nor an `al` record, found out where left out.

    Raises `AnswerError` where nothing is usable, where full and binary answers are mixed or cannot
    be told apart, and where a record has an unknown view or verdict, overlapping spans in a full
    answer, or lacks its `_input_hash`, text or usable spans.
    """
    examples = list(examples)
    unstated = form or unstated_form(examples, dataset=dataset)
    reader = StatementReader(dataset, tuple(labels), tokenizer, unstated)
    statements = [
        one for i, example in enumerate(examples) if (one := reader.statement(i, example))
    ]
    if not statements:
        raise AnswerError(
            f"dataset {dataset} has no answer that says anything about {', '.join(labels)}: "
            "annotate some, or name another dataset",
            dataset=dataset,
        )
    found = _only_form(statements, dataset)
    by_input: dict[int, list[Statement]] = {}
    for one in statements:
        by_input.setdefault(one.input_hash, []).append(one)
    # a stable sort: among equal times the later place in the dataset stays the later one
    oldest_first = [sorted(group, key=lambda one: one.time) for group in by_input.values()]
    resolved = [_resolve(group, found) for group in oldest_first]
    contradictions = sum(overruled for _, overruled in resolved)
    # how many answers it takes to say what is known: one per text, or one per span
    spans = sum(len(answer.accepted) + len(answer.rejected) for answer, _ in resolved)
    needed = len(resolved) if found == "full" else spans
    return Answers(
        dataset=dataset,
        form=found,
        labels=reader.labels,
        items=tuple(answer for answer, _ in resolved),
        counts={verdict: reader.counts[verdict] for verdict in VERDICTS},
        contradictions=contradictions,
        repeats=len(statements) - needed - contradictions,
        off_tokens=reader.off_tokens,
        first_off_tokens=reader.first_off_tokens,
        unasked=reader.unasked,
        about_other_labels=frozenset(reader.about_other_labels - by_input.keys()),
    )


def _only_form(statements: Sequence[Statement], dataset: str) -> Form:
    """Return the form that all statements have. Raises `AnswerError` where two are mixed."""
    forms = Counter(one.form for one in statements)
    if len(forms) > 1:
        raise AnswerError(
            f"dataset {dataset} mixes {forms['full']} manual and {forms['binary']} binary answers, "
            "which mean different things: keep them in two datasets",
            dataset=dataset,
        )
    (form,) = forms
    return form


def _resolve(oldest_first: Sequence[Statement], form: Form) -> tuple[Answer, int]:
    """Return all that is known of one text and the number of overruled statements."""
    resolve = latest_full if form == "full" else merged_binary
    by_annotator: dict[object, list[Truth]] = {}
    for one in oldest_first:
        by_annotator.setdefault(one.annotator, []).append(one.truth)
    truth, overruled = resolve([one.truth for one in oldest_first])
    several = [resolve(own)[0] for own in by_annotator.values()] if len(by_annotator) > 1 else []
    latest = oldest_first[-1]
    return Answer(
        input_hash=latest.input_hash,
        words=latest.words,
        spaces=latest.spaces,
        accepted=truth.accepted,
        rejected=truth.rejected,
        by_annotator=tuple(several),
    ), overruled
