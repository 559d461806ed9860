"""The built-in recipes for entities: by hand, with a model's suggestions, with a model that learns.

They follow what is publicly said about Prodigy's recipes of these names, and share no code with
them. Each is a function that a script may call: with a pipeline in place of its name, and any
iterable of tasks in place of a file.
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipe_host.arguments import load_language
from recipe_host.batches import combine_models
from recipe_host.errors import RecipeError
from recipe_host.registry import Arg, recipe
from recipe_host.sorters import prefer_uncertain
from recipe_host.stream import get_stream
from recipe_host.strings import get_labels, split_string
from recipe_host.tokens import split_sentences
from recipe_host.types import ControllerComponentsDict, SourceType

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = ["teach"]

DATASET = Arg(help="Dataset to save to")
MODEL = Arg(help="Pipeline: an installed package, a path, or blank:en", converter=str)
SOURCE = Arg(
    help="Texts: a file (.jsonl, .json, .csv, .txt), - for stdin, or dataset:NAME", converter=str
)
LOADER = Arg("--loader", "-lo", help="Format, where the file's name does not tell")
LABEL = Arg(
    "--label",
    "-l",
    help="Labels, comma-separated, or a file of one per line; the pipeline's if not given",
    converter=get_labels,
)
PATTERNS = Arg(
    "--patterns", "-pt", help="JSONL of patterns: a label and what spaCy matches", converter=str
)
EXCLUDE = Arg(
    "--exclude", "-e", help="Datasets whose questions are not asked again", converter=split_string
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
    from recipe_host.matcher import PatternMatcher
    from recipe_host.recognizer import EntityRecognizer

    stream = get_stream(source, loader, dedup=True, input_key="text")
    nlp = _pipeline(spacy_model)
    labels = get_labels(label)
    predict: Callable[..., Any]
    update: Callable[..., Any]
    if patterns is None:
        predict = model = EntityRecognizer(nlp, labels or None)
        update = model.update
        _require_known(labels, model.known)
    else:
        matcher = PatternMatcher(nlp, filter_labels=labels or None).from_disk(patterns)
        known = nlp.pipe_labels.get("ner", [])
        model = EntityRecognizer(nlp, labels or [*known, *matcher.labels])
        predict, update = combine_models(model, matcher)
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


def _pipeline(spacy_model: str | Language) -> Language:
    return load_language(spacy_model) if isinstance(spacy_model, str | Path) else spacy_model


def _require_known(labels: list[str], known: frozenset[str]) -> None:
    """Raise `RecipeError` for a label that the model will never suggest."""
    for label in labels:
        if label not in known:
            near = get_close_matches(label, known, 1) or get_close_matches(label.upper(), known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it knows: {', '.join(sorted(known))}"
            raise RecipeError(
                f"the pipeline knows no label '{label}', so nothing would be asked; {hint}",
                "give --label one that it knows, or --patterns that match the new one",
            )
