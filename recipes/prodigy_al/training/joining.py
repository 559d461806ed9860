"""Answers of several datasets put together; what is known of a whole segment goes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from prodigy_al.training.answers import Answer, Answers
from prodigy_al.training.forms import Form, FormOfAll
from prodigy_al.training.statements import VERDICTS
from prodigy_al.training.truths import Truth, merged_binary


class Joined(NamedTuple):
    """Answers of several datasets; `in_both` texts are known both whole and by single spans."""

    answers: Answers
    in_both: int


class _Resolved(NamedTuple):
    """What is known of one text; the numbers of answers overruled by later ones, and repeated."""

    answer: Answer
    overruled: int = 0
    repeats: int = 0


def join_answers(parts: Sequence[Answers], dataset: str) -> Joined:
    """Return the answers of datasets, in the order of time, as those of one called `dataset`.

    Texts come in the order in which they are first met. Of a text in several datasets, an answer
    about the whole segment counts and those about single spans are left out; of several about the
    whole segment the last one; answers about single spans are put together.
    """
    whole, single = _by_text(parts, "full"), _by_text(parts, "binary")
    met = dict.fromkeys(item.input_hash for part in parts for item in part.items)
    resolved = [_latest(whole[key]) if key in whole else _merged(single[key]) for key in met]
    alone = frozenset(single.keys() - whole.keys())
    form: FormOfAll = "full" if not alone else "mixed" if whole else "binary"
    joined = Answers(
        dataset=dataset,
        form=form,
        labels=parts[0].labels,
        items=tuple(one.answer for one in resolved),
        counts={verdict: sum(part.counts[verdict] for part in parts) for verdict in VERDICTS},
        contradictions=sum(one.overruled for one in resolved)
        + sum(part.contradictions for part in parts),
        repeats=sum(one.repeats for one in resolved) + sum(part.repeats for part in parts),
        off_tokens=sum(part.off_tokens for part in parts),
        unasked=sum(part.unasked for part in parts),
        about_other_labels=frozenset[int]().union(*(part.about_other_labels for part in parts))
        - met.keys(),
        single=alone if form == "mixed" else frozenset(),
    )
    return Joined(joined, len(whole.keys() & single.keys()))


def _by_text(parts: Sequence[Answers], form: Form) -> dict[int, list[Answer]]:
    """Return what the datasets know of each text by answers of one form, oldest first."""
    found: dict[int, list[Answer]] = {}
    for part in parts:
        for item in part.items:
            if part.form_of(item) == form:
                found.setdefault(item.input_hash, []).append(item)
    return found


def _latest(oldest_first: Sequence[Answer]) -> _Resolved:
    *earlier, last = oldest_first
    overruled = sum(one.accepted != last.accepted for one in earlier)
    return _Resolved(last, overruled, len(earlier) - overruled)


def _merged(oldest_first: Sequence[Answer]) -> _Resolved:
    *earlier, last = oldest_first
    if not earlier:
        return _Resolved(last)
    # spans are places among tokens: of a text that was cut into others, they cannot be compared
    said = [truth for one in oldest_first if one.words == last.words for truth in _spans(one)]
    lost = sum(len(_spans(one)) for one in earlier if one.words != last.words)
    truth, overruled = merged_binary(said)
    kept = replace(last, accepted=truth.accepted, rejected=truth.rejected, by_annotator=())
    repeats = len(said) - len(truth.accepted) - len(truth.rejected) - overruled
    return _Resolved(kept, overruled + lost, repeats)


def _spans(answer: Answer) -> list[Truth]:
    """Return what is known of a text as answers about one span each."""
    accepted = [Truth((span,)) for span in answer.accepted]
    return accepted + [Truth((), (span,)) for span in answer.rejected]
