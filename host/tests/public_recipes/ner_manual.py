"""Entities by hand: the older form of arguments, loader class, tokens added to the stream."""

from typing import List, Optional

import prodigy
import spacy
from prodigy.components.loaders import JSONL
from prodigy.components.preprocess import add_tokens
from prodigy.util import split_string


@prodigy.recipe(
    "names.manual",
    dataset=("The dataset to use", "positional", None, str),
    spacy_model=("The base model, or blank:en", "positional", None, str),
    source=("The source data as a JSONL file", "positional", None, str),
    label=("One or more comma-separated labels", "option", "l", split_string),
    exclude=("Names of datasets to exclude", "option", "e", split_string),
    highlight_chars=("Highlight characters, not tokens", "flag", "HC", bool),
)
def names_manual(
    dataset: str,
    spacy_model: str,
    source: str,
    label: Optional[List[str]] = None,
    exclude: Optional[List[str]] = None,
    highlight_chars: bool = False,
):
    """Mark names by hand."""
    name = spacy_model
    nlp = spacy.blank(name[6:]) if name.startswith("blank:") else spacy.load(name)
    stream = JSONL(source)
    stream = add_tokens(nlp, stream, use_chars=highlight_chars)
    return {
        "view_id": "ner_manual",
        "dataset": dataset,
        "stream": stream,
        "exclude": exclude,
        "before_db": None,
        "config": {"lang": nlp.lang, "labels": label, "ner_manual_highlight_chars": False},
    }
