"""Suggestions from patterns, which are spaCy's: texts, or lists of token descriptions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from recipe_host.batches import batches_of
from recipe_host.constants import TASK_HASH_KEYS
from recipe_host.errors import SourceError
from recipe_host.loaders import read_jsonl
from recipe_host.questions import asking_about, doc_of, span_of
from recipe_host.types import ScoredStreamType, TaskType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["PatternMatcher"]

BATCH = 32
# What token patterns may ask for that a tokenizer alone does not set.
PREDICTED = frozenset(
    {"pos", "tag", "morph", "dep", "lemma", "ent_type", "ent_iob", "ent_id", "ent_kb_id"}
)


class Match(NamedTuple):
    """Tokens `start` to `end` (exclusive) of a doc that pattern `key` describes."""

    start: int
    end: int
    label: str
    key: Any


class PatternMatcher:
    """Asks about what patterns match, and scores each pattern by the answers about its matches.

    A pattern is ``{"label": ..., "pattern": ..., "id": ...}``: a text, whose tokens are matched as
    they are written, or a list of token descriptions of spaCy's Matcher. Without an `id` its
    number, from 0, stands for it. Its score is the share of accepted answers, after
    `prior_correct` accepted and `prior_incorrect` rejected ones.

    label_span, label_task: whether the span, the task, gets the pattern's label
    filter_labels: use only patterns of these labels
    combine_matches: one task per text with all matches that do not overlap, longest first, beside
    the spans that it has; otherwise one task per match, with that span only
    all_examples: yield texts without a match as well, as they are
    task_hash_keys: keys that tell two questions about one text apart
    """

    def __init__(
        self,
        nlp: Language,
        prior_correct: float = 2.0,
        prior_incorrect: float = 2.0,
        label_span: bool = True,
        label_task: bool = False,
        filter_labels: Collection[str] | None = None,
        combine_matches: bool = False,
        all_examples: bool = False,
        task_hash_keys: Sequence[str] | None = None,
    ) -> None:
        from spacy.matcher import Matcher, PhraseMatcher

        self.nlp = nlp
        self.matcher = Matcher(nlp.vocab)
        self.phrase_matcher = PhraseMatcher(nlp.vocab)
        self.matchers = (self.matcher, self.phrase_matcher)
        self.label_span, self.label_task = label_span, label_task
        self.filter_labels = filter_labels
        self.combine_matches, self.all_examples = combine_matches, all_examples
        self._task_keys = tuple(task_hash_keys or TASK_HASH_KEYS)
        self._priors = (prior_correct, prior_incorrect)
        self._patterns: dict[int, tuple[str, Any]] = {}  # spaCy's hash: label and key
        self._counts: defaultdict[Any, list[int]] = defaultdict(lambda: [0, 0])
        self._asked_for: set[str] = set()  # what token patterns ask for

    @property
    def labels(self) -> list[str]:
        """The labels of the patterns, in the order in which they first came."""
        return list(dict.fromkeys(label for label, _ in self._patterns.values()))

    def from_disk(self, path: str | Path) -> PatternMatcher:
        """Add the patterns of a JSONL file; return the matcher itself.

        Raises `SourceError` for a file that cannot be read and a line that is no pattern.
        """
        self.add_patterns(read_jsonl(path), where=f" of '{path}'")
        return self

    def add_patterns(self, patterns: Iterable[Mapping[str, Any]], *, where: str = "") -> None:
        """Add patterns. Raises `SourceError`, which names the first one that is none."""
        for number, record in enumerate(patterns, 1):
            label, pattern = record.get("label"), record.get("pattern")
            if not isinstance(label, str) or not isinstance(pattern, str | list) or not pattern:
                raise SourceError(
                    f"pattern {number}{where} is {dict(record)!r}; it needs a 'label', and a "
                    "'pattern' that is a text or a list such as [{'lower': 'acme'}]"
                )
            if self.filter_labels is None or label in self.filter_labels:
                name = f"pattern {len(self._patterns)}"
                try:
                    self._add(name, pattern)
                except ValueError as error:  # spaCy's, on several lines
                    said = " ".join(str(error).split())
                    raise SourceError(f"pattern {number}{where} is not usable: {said}") from error
                key = record.get("id", len(self._patterns))
                self._patterns[self.nlp.vocab.strings[name]] = (label, key)

    def __call__(self, stream: Iterable[TaskType]) -> ScoredStreamType:
        """Yield (score, task); 0 for a text without a match."""
        for batch in batches_of(stream, BATCH):
            for task, doc in zip(batch, self._docs(batch), strict=True):
                matches = self._matches(doc)
                if not matches:
                    if self.all_examples:
                        yield 0.0, task
                elif self.combine_matches:
                    yield self._together(task, doc, matches)
                else:
                    yield from (self._question(task, doc, [match]) for match in matches)

    def update(self, answers: Iterable[TaskType]) -> float:
        """Count accepted and rejected matches for their patterns; return 0, the loss."""
        for answer in answers:
            for span in answer.get("spans") or ():
                decision = span.get("answer", answer.get("answer"))
                if "pattern" in span and decision in ("accept", "reject"):
                    self._counts[span["pattern"]][decision == "reject"] += 1
        return 0.0

    def _add(self, name: str, pattern: str | list[dict[str, Any]]) -> None:
        if isinstance(pattern, str):
            self.phrase_matcher.add(name, [self.nlp.make_doc(pattern)])
            return
        self.matcher.add(name, [pattern])
        self._asked_for.update(key.lower() for token in pattern for key in token)

    def _docs(self, tasks: list[TaskType]) -> list[Doc]:
        docs = [doc_of(self.nlp, task) for task in tasks]
        if not self._asked_for & PREDICTED:
            return docs
        # entities only where patterns ask for them: another model may be learning them meanwhile
        unused = set() if any(key.startswith("ent_") for key in self._asked_for) else {"ner"}
        return list(self.nlp.pipe(docs, disable=sorted(unused & set(self.nlp.pipe_names))))

    def _matches(self, doc: Doc) -> list[Match]:
        """Return the matches in the order of the text, each span and label once."""
        found: dict[tuple[int, int, str], Match] = {}
        for matcher in self.matchers:
            for name, start, end in matcher(doc) if len(matcher) else ():  # spaCy warns of none
                label, key = self._patterns[name]
                found.setdefault((start, end, label), Match(start, end, label, key))
        return sorted(found.values(), key=lambda match: match[:3])

    def _score(self, key: Any) -> float:
        accepted, rejected = self._counts[key]
        correct, incorrect = self._priors
        return (accepted + correct) / (accepted + correct + rejected + incorrect)

    def _together(self, task: TaskType, doc: Doc, matches: list[Match]) -> tuple[float, TaskType]:
        """Ask about the matches that overlap neither each other nor the task's own spans."""
        own = task.get("spans") or []
        taken = {place for span in own for place in range(span["start"], span["end"])}
        kept = []
        for match in sorted(matches, key=lambda match: (match.start - match.end, match.start)):
            covered = doc[match.start : match.end]
            places = range(covered.start_char, covered.end_char)
            if taken.isdisjoint(places):
                taken.update(places)
                kept.append(match)
        return self._question(task, doc, sorted(kept), own) if kept else (0.0, task)

    def _question(
        self, task: TaskType, doc: Doc, matches: list[Match], own: Sequence[dict[str, Any]] = ()
    ) -> tuple[float, TaskType]:
        spans = [
            span_of(
                doc,
                match.start,
                match.end,
                match.label if self.label_span else "",
                score=self._score(match.key),
                pattern=match.key,
            )
            for match in matches
        ]
        score = max(span["score"] for span in spans)
        keys = ", ".join(dict.fromkeys(str(match.key) for match in matches))
        asked = asking_about(
            task,
            doc,
            sorted((*own, *spans), key=lambda span: int(span["start"])),
            task_keys=self._task_keys,
            meta={"score": score, "pattern": keys},
            **({"label": matches[0].label} if self.label_task else {}),
        )
        return score, asked
