"""Answers that are there already, copied into a dataset instead of being asked for again.

A question that an arm draws may have been answered: in another dataset (``--reuse``), or in another
arm of the same trial. Its answer is then stored once more, with the `al` record of this arm's own
draw. A copy counts as served, so it must not be stored before its turn: the first key that was not
served tells every probability of its block. It is stored once a question that its arm drew later is
answered, or as soon as nothing drawn earlier is waiting. A question that is open on somebody's page
is copied when the answer arrives, and holds up nothing.

A copy carries no time of its own; `comparison.effort` says what it counts.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prodigy.components.db import connect

from prodigy_al.errors import OptionError
from prodigy_al.inputs.datasets import require_datasets
from prodigy_al.training.answers import read_answers

if TYPE_CHECKING:
    from spacy.tokens import Doc

Task = Mapping[str, Any]


@dataclass(frozen=True)
class KnownAnswer:
    """An answer, and the dataset, or arm of a trial, that it was given in."""

    origin: str
    example: Task


Known = dict[int, dict[str, KnownAnswer]]
"""Answers by the hash of their question, then by annotator."""


def read_reused(
    names: Sequence[str] | None,
    *,
    dataset: str,
    labels: Sequence[str],
    tokenizer: Callable[[str], Doc],
) -> Known:
    """Return what the named datasets know of whole segments; of several, the first named counts.

    Ignored segments are asked again. Raises `OptionError` for a dataset that does not exist, that
    is `dataset` itself, or that holds answers about single spans or fewer labels, and `AnswerError`
    where its answers are not usable.
    """
    known: Known = {}
    require_datasets("--reuse", names or ())
    for name in names or ():
        if name == dataset:
            raise OptionError("--reuse", name, "it is the dataset to save to; name another one")
        examples = list(connect().get_dataset_examples(name))
        if read_answers(examples, labels, dataset=name, tokenizer=tokenizer).form != "full":
            raise OptionError(
                "--reuse", name, "its answers are about single spans; name one of whole segments"
            )
        found: Known = defaultdict(dict)
        for example in sorted(examples, key=lambda one: one.get("_timestamp") or 0):
            _require_labels(name, example, labels)
            if example.get("answer") != "ignore":
                found[example["_input_hash"]][_annotator(example)] = KnownAnswer(name, example)
        known = {**found, **known}
    return known


def _require_labels(name: str, example: Task, labels: Sequence[str]) -> None:
    """Raise `OptionError` where the record of an answer says that a label was not asked for."""
    asked = (example.get("al") or {}).get("scorer", {}).get("labels", labels)
    if missing := sorted(set(labels) - set(asked)):
        raise OptionError(
            "--reuse",
            name,
            f"its answers are about {', '.join(asked)}, not about {', '.join(missing)}; "
            "name one that was asked about every label of --label",
        )


@dataclass(frozen=True)
class _Drawn:
    task: Task
    shown: bool


class AnswerCopies:
    """Keeps questions with a known answer from being asked, and stores copies in their turn.

    `stored` is what the dataset holds at the start, `reused` what other datasets know, and `by`
    names the hash that makes two questions the same. Pass every task of every arm through `ask`, in
    the order of drawing, and every batch of answers to `update`; both may be called from threads of
    their own. After a restart the same draws lead to the same copies, none of them twice.
    """

    def __init__(
        self, dataset: str, stored: Iterable[Task], reused: Known, *, by: str = "_input_hash"
    ) -> None:
        self._dataset, self._by = dataset, by
        self._database = connect()
        self._lock = threading.RLock()
        self._stored: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self._known: Known = {}
        self._asked_here: set[tuple[str, int]] = set()
        for example in stored:
            self._note(example)
            if example["al"]["reused_from"] is None:
                self._asked_here.add((example["al"]["arm"], example[by]))
        for key, answers in reused.items():
            self._known.setdefault(key, answers)
        self._known_at_start = frozenset(self._known)
        self._arm_asking: dict[int, str] = {}
        self._waiting: defaultdict[str, deque[_Drawn]] = defaultdict(deque)
        self._passed: defaultdict[str, dict[int, Task]] = defaultdict(dict)

    def ask(self, tasks: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Yield the tasks that have to be asked, and see to the others."""
        for task in tasks:
            with self._lock:
                shown = self._draw(task)
            if shown:
                yield task

    def update(self, answers: Iterable[Task]) -> None:
        """Take note of answers, and store the copies whose turn has come."""
        with self._lock:
            keys = [self._note(answer) for answer in answers]
            # `list`: a task of a new arm may be drawn meanwhile
            for arm in list(self._waiting):
                passed = self._passed[arm]
                self._copy(arm, [passed[key] for key in keys if key in passed])
                self._advance(arm)

    def _note(self, answer: Task) -> int:
        """Remember an answer of this dataset; return the hash of its question."""
        record, key, annotator = answer["al"], answer[self._by], _annotator(answer)
        self._stored[record["arm"], key].add(annotator)
        origin = record["reused_from"] or f"{self._dataset}/{record['arm']}"
        self._known.setdefault(key, {}).setdefault(annotator, KnownAnswer(origin, answer))
        return int(key)

    def _draw(self, task: Task) -> bool:
        """Return whether a task is asked here: no answer is known, and no other arm asks it."""
        arm, key = task["al"]["arm"], task[self._by]
        shown = (arm, key) in self._asked_here or (
            key not in self._known_at_start and self._arm_asking.setdefault(key, arm) == arm
        )
        waiting = self._waiting[arm]
        waiting.append(_Drawn(task, shown))
        # Behind a question that waits, nothing can change until an answer arrives.
        if len(waiting) == 1 or (arm, key) in self._stored:
            self._advance(arm)
        return shown

    def _advance(self, arm: str) -> None:
        """Store the copies up to the last answered question of an arm, and those right behind."""
        waiting = self._waiting[arm]
        answered = [i for i, one in enumerate(waiting) if (arm, one.task[self._by]) in self._stored]
        end = answered[-1] + 1 if answered else 0
        while (
            end < len(waiting)
            and not waiting[end].shown
            and waiting[end].task[self._by] in self._known
        ):
            end += 1
        behind = [one.task for one in (waiting[i] for i in range(end)) if not one.shown]
        self._copy(arm, behind)
        self._passed[arm].update((task[self._by], task) for task in behind)
        for _ in range(end):
            waiting.popleft()

    def _copy(self, arm: str, tasks: Iterable[Task]) -> None:
        """Store the known answers to an arm's tasks, all of them or none, each once."""
        copies = [
            _copy_answer(task, known)
            for task in tasks
            for annotator, known in self._known.get(task[self._by], {}).items()
            if annotator not in self._stored.get((arm, task[self._by]), ())
        ]
        if not copies:
            return
        if self._dataset not in self._database:  # the host may make it only later
            self._database.add_dataset(self._dataset)
        self._database.add_examples(copies, datasets=[self._dataset])
        for copy in copies:
            self._stored[arm, copy[self._by]].add(_annotator(copy))


def _copy_answer(task: Task, known: KnownAnswer) -> dict[str, Any]:
    """Return an answer as that to another draw of the same question."""
    answer = {key: value for key, value in known.example.items() if key != "_timestamp"}
    # what people saw when they answered, not what this arm would have shown them
    shown = (answer.get("al") or task["al"])["shown"]
    return {
        **answer,
        "answer": answer.get("answer", "accept"),
        "meta": task["meta"],
        "_input_hash": task["_input_hash"],
        "_task_hash": task["_task_hash"],
        "al": {**task["al"], "shown": shown, "reused_from": known.origin},
    }


def _annotator(example: Task) -> str:
    return str(example.get("_annotator_id") or "")
