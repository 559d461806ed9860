"""The built-in recipes for entities: by hand, with a model's suggestions, with a model that learns.

They follow what is publicly said about Prodigy's recipes of these names, and share no code with
them. Each is a function that a script may call: with a pipeline in place of its name, and any
iterable of tasks in place of a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipe_host.arguments import load_language
from recipe_host.batches import combine_models
from recipe_host.errors import RecipeError
from recipe_host.recipe_options import DATASET, EXCLUDE, LOADER
from recipe_host.registry import Arg, recipe
from recipe_host.sorters import prefer_uncertain
from recipe_host.stream import get_stream
from recipe_host.strings import get_labels
from recipe_host.tokens import TOKEN_KEYS, add_tokens, split_sentences
from recipe_host.types import ControllerComponentsDict, SourceType, TaskType

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["correct", "manual", "spans_manual", "teach"]

MODEL = Arg(help="Pipeline: an installed package, a path, or blank:en", converter=str)
SOURCE = Arg(
    help="Texts: a file (.jsonl, .json, .csv, .txt), - for stdin, or dataset:NAME", converter=str
)
LABEL = Arg(
    "--label",
    "-l",
    help="Labels, comma-separated, or a file of one per line; the pipeline's if not given",
    converter=get_labels,
)
PATTERNS = Arg(
    "--patterns", "-pt", help="JSONL of patterns: a label and what spaCy matches", converter=str
)
UNSEGMENTED = Arg("--unsegmented", "-U", help="Ask about whole texts, not sentences")


@recipe(
    "ner.teach",
    dataset=DATASET,
    spacy_model=MODEL,
    source=SOURCE,
    loader=LOADER,
    label=LABEL,
    patterns=PATTERNS,
    exclude=EXCLUDE,
    unsegmented=UNSEGMENTED,
)
def teach(
    dataset: str | bool,
    spacy_model: str | Language,
    source: SourceType,
    loader: str | None = None,
    label: list[str] | None = None,
    patterns: str | Path | None = None,
    exclude: list[str] | None = None,
    unsegmented: bool = False,
) -> ControllerComponentsDict:
    """Ask about one uncertain entity at a time while the model learns (not Prodigy's own recipe).

    A re-implementation of Prodigy's ner.teach after public descriptions; Prodigy's own code is not
    in it, and how Prodigy scores and learns on spaCy 3 is not published. Sentences are read by beam
    search (16 parses). A span's score is the sum of the normalised scores of the parses that hold
    it, and each span is a question of its own; those near one half are asked, by a moving average.
    Each batch of answers updates the model in memory; nothing of it is written. With patterns,
    their matches are asked in turns with the model's spans.
    """
    stream = get_stream(source, loader, dedup=True, input_key="text")
    nlp = _pipeline(spacy_model)
    predict, update = _learning_models(nlp, get_labels(label), patterns)
    if not unsegmented:
        stream.apply(split_sentences, nlp, stream)
    stream.apply(predict)
    stream.apply(prefer_uncertain)
    return {
        "dataset": dataset,
        "view_id": "ner",
        "stream": stream,
        "update": update,
        "exclude": exclude,
        "config": {"lang": nlp.lang, "auto_count_stream": False},
    }


@recipe(
    "ner.manual",
    dataset=DATASET,
    spacy_model=MODEL,
    source=SOURCE,
    loader=LOADER,
    label=LABEL,
    patterns=PATTERNS,
    exclude=EXCLUDE,
    highlight_chars=Arg("--highlight-chars", "-C", help="Mark characters, not whole tokens"),
)
def manual(
    dataset: str | bool,
    spacy_model: str | Language,
    source: SourceType,
    loader: str | None = None,
    label: list[str] | None = None,
    patterns: str | Path | None = None,
    exclude: list[str] | None = None,
    highlight_chars: bool = False,
) -> ControllerComponentsDict:
    """Mark entities by hand; all texts in their order.

    Only the pipeline's tokenizer is used. Spans that the source has are shown, and with patterns
    also their matches beside these; texts without a match are asked too. Marked by characters,
    answers are stored without tokens.
    """
    from recipe_host.matcher import PatternMatcher

    stream = get_stream(source, loader, dedup=True, input_key="text")
    nlp = _pipeline(spacy_model)
    labels = get_labels(label)
    if patterns is not None:
        matcher = PatternMatcher(
            nlp, filter_labels=labels or None, combine_matches=True, all_examples=True
        ).from_disk(patterns)
        labels = labels or matcher.labels
        stream.apply(lambda tasks: (task for _, task in matcher(tasks)))
    if highlight_chars:
        stream.apply(_without_tokens)
    stream.apply(add_tokens, nlp=nlp, stream=stream, use_chars=highlight_chars)
    return {
        "dataset": dataset,
        "view_id": "ner_manual",
        "stream": stream,
        "exclude": exclude,
        "before_db": (lambda answers: list(_without_tokens(answers))) if highlight_chars else None,
        "config": {
            "lang": nlp.lang,
            "labels": labels or _labels_of(nlp, "ner"),
            "ner_manual_highlight_chars": highlight_chars,
        },
    }


def spans_manual(*args: Any, **kwargs: Any) -> ControllerComponentsDict:
    """Return what `manual` does, for the view ``spans_manual``, which this host's page lacks.

    For scripts that change the view; thus no command.
    """
    return {**manual(*args, **kwargs), "view_id": "spans_manual"}


@recipe(
    "ner.correct",
    dataset=DATASET,
    spacy_model=MODEL,
    source=SOURCE,
    loader=LOADER,
    label=LABEL,
    update=Arg("--update", "-UP", help="Let the model learn from accepted answers"),
    exclude=EXCLUDE,
    unsegmented=UNSEGMENTED,
    component=Arg("--component", "-c", help="Name of the component that recognises entities"),
)
def correct(
    dataset: str | bool,
    spacy_model: str | Language,
    source: SourceType,
    loader: str | None = None,
    label: list[str] | None = None,
    update: bool = False,
    exclude: list[str] | None = None,
    unsegmented: bool = False,
    component: str = "ner",
) -> ControllerComponentsDict:
    """Correct the entities that a model finds, each text once.

    With --update each batch of accepted answers changes the model in memory. Tokens outside the
    marked entities then count as outside where all labels of the model are annotated, else as
    unknown.
    """
    from recipe_host.correcting import Corrector

    stream = get_stream(source, loader, dedup=True, input_key="text")
    nlp = _pipeline(spacy_model)
    labels = get_labels(label) or _labels_of(nlp, component)
    corrector = Corrector(nlp, labels, component, learns=update)
    if not unsegmented:
        stream.apply(split_sentences, nlp=nlp, stream=stream)
    stream.apply(corrector)
    return {
        "dataset": dataset,
        "view_id": "ner_manual",
        "stream": stream,
        "update": corrector.update if update else None,
        "exclude": exclude,
        "config": {
            "lang": nlp.lang,
            "labels": labels,
            "exclude_by": "input",
            "auto_count_stream": not update,
        },
    }


def _labels_of(nlp: Language, component: str) -> list[str]:
    """Return the labels of a component. Raises `RecipeError` where the pipeline has none."""
    if not (labels := nlp.pipe_labels.get(component)):
        raise RecipeError(
            f"there is no label to annotate: the pipeline has no component '{component}' that "
            "knows any; name them with --label"
        )
    return labels


def _without_tokens(tasks: Iterable[TaskType]) -> Iterator[TaskType]:
    for task in tasks:
        bare = {key: value for key, value in task.items() if key != "tokens"}
        if task.get("spans"):
            bare["spans"] = [
                {key: value for key, value in span.items() if key not in TOKEN_KEYS}
                for span in task["spans"]
            ]
        yield bare


def _pipeline(spacy_model: str | Language) -> Language:
    return load_language(spacy_model) if isinstance(spacy_model, str | Path) else spacy_model


def _learning_models(
    nlp: Language, labels: list[str], patterns: str | Path | None
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Return what scores tasks and what learns: the recogniser's, combined with patterns if any."""
    from recipe_host.matcher import PatternMatcher
    from recipe_host.recognizer import EntityRecognizer

    if patterns is None:
        model = EntityRecognizer(nlp, labels or None)
        _require_known(labels, model.known)
        return model, model.update
    matcher = PatternMatcher(nlp, filter_labels=labels or None).from_disk(patterns)
    known = nlp.pipe_labels.get("ner", [])
    return combine_models(EntityRecognizer(nlp, labels or [*known, *matcher.labels]), matcher)


def _require_known(labels: list[str], known: Collection[str]) -> None:
    """Raise `RecipeError` for a label that the model will never suggest."""
    for label in labels:
        if label not in known:
            near = get_close_matches(label, known, 1) or get_close_matches(label.upper(), known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it knows: {', '.join(sorted(known))}"
            raise RecipeError(
                f"the pipeline knows no label '{label}', so nothing would be asked; {hint}",
                "give --label one that it knows, or --patterns that match the new one",
            )
