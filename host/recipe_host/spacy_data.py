"""The command `data-to-spacy`: answers about whole segments as spaCy's training data."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recipe_host.arguments import load_language
from recipe_host.constants import BINARY_ATTR, EVAL_PREFIX, INPUT_HASH_ATTR, VIEW_ID_ATTR
from recipe_host.errors import RecipeError
from recipe_host.files import write_whole
from recipe_host.messages import msg
from recipe_host.registry import Arg, recipe
from recipe_host.types import TaskType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

__all__ = ["data_to_spacy"]

WHOLE = frozenset({"ner_manual", "spans_manual"})  # views that ask about all spans of a segment
SPLIT_SEED = 0
NOT_USED = {"reject": "rejected texts", "ignore": "ignored texts"}
Span = tuple[int, int, str]


@recipe(
    "data-to-spacy",
    output=Arg(help="Folder for train.spacy and dev.spacy"),
    ner=Arg(
        "--ner", "-n", help="Datasets of whole segments, comma-separated; eval:NAME is for dev"
    ),
    eval_split=Arg(
        "--eval-split", "-es", help="Share of the texts for dev, where no eval: is given"
    ),
    base_model=Arg("--base-model", "-m", help="Pipeline whose tokenizer is used"),
    lang=Arg("--lang", "-l", help="Language of the tokenizer, where there is no --base-model"),
)
def data_to_spacy(
    output: Path,
    ner: list[str] | None = None,
    eval_split: float = 0.2,
    base_model: str | None = None,
    lang: str = "en",
) -> None:
    """Write datasets of whole segments as train.spacy and dev.spacy, for `spacy train`.

    Accepted answers count, and tokens without a span are no entity. The latest answer about a text
    counts in each dataset; spans of several datasets about one text are joined.
    """
    if not ner:
        raise RecipeError("nothing to write: name datasets with --ner, as in --ner news,eval:gold")
    if not 0 < eval_split < 1:
        raise RecipeError(f"--eval-split {eval_split}: give a share between 0 and 1, such as 0.2")
    left_out: Counter[str] = Counter()
    train = _gather([name for name in ner if not name.startswith(EVAL_PREFIX)], left_out)
    held = [name.removeprefix(EVAL_PREFIX) for name in ner if name.startswith(EVAL_PREFIX)]
    dev = _gather(held, left_out) if held else _split(train, eval_split)
    for shared in train.keys() & dev.keys():
        left_out["texts of train that are in dev too"] += 1
        del train[shared]
    nlp = load_language(base_model or f"blank:{lang}")
    for name, segments in (("train", train), ("dev", dev)):
        if not segments:
            raise RecipeError(f"no accepted answer is left for {name}.spacy; nothing was written")
        _check_length(segments.values(), nlp)
    for name, segments in (("train", train), ("dev", dev)):
        _write(output / f"{name}.spacy", [_doc(one, nlp, left_out) for one in segments.values()])
    if left_out:
        msg.text("left out: " + ", ".join(f"{n} {what}" for what, n in left_out.items()))


@dataclass
class _Segment:
    """A text and its spans as (start, end, label), in characters."""

    text: str
    spans: list[Span] = field(default_factory=list)


def _gather(names: Iterable[str], left_out: Counter[str]) -> dict[int, _Segment]:
    """Return the accepted segments of all datasets by input hash; count what is left out."""
    from recipe_host.connections import connect

    db = connect()
    segments: dict[int, _Segment] = {}
    for name in dict.fromkeys(names):
        examples = db.examples_of(name)
        _refuse_binary(name, examples)
        for key, example in {one[INPUT_HASH_ATTR]: one for one in examples}.items():
            answer = example.get("answer", "accept")
            if answer in NOT_USED:
                left_out[NOT_USED[answer]] += 1
            elif not isinstance(example.get("text"), str):
                left_out["records without a text"] += 1
            else:
                segment = segments.setdefault(key, _Segment(example["text"]))
                _join(segment.spans, _spans(example), left_out)
    return segments


def _refuse_binary(name: str, examples: list[TaskType]) -> None:
    """Raise `RecipeError` for a dataset with answers about single spans: the rest is unknown."""
    views = Counter(_view(example) for example in examples if not _is_whole(example))
    if views:
        said = ", ".join(f"{n} with view '{view}'" for view, n in views.items())
        raise RecipeError(
            f"dataset '{name}' holds answers that are not about all spans of a text ({said}): "
            "leave it out of --ner"
        )
    # Who made it did not say how it was asked. A whole segment is seldom rejected for its one span.
    doubtful = sum(
        _view(example) is None and example.get("answer") == "reject" and len(_spans(example)) == 1
        for example in examples
    )
    if doubtful:
        raise RecipeError(
            f"dataset '{name}' does not say how it was asked (no '{VIEW_ID_ATTR}'), and {doubtful} "
            "rejected answers have one span each, as answers about single spans do: leave it out "
            "of --ner, or import it with the view it was asked in"
        )


def _view(example: Mapping[str, Any]) -> str | None:
    view = example.get(VIEW_ID_ATTR)
    if view == "review":  # it shows another one, and keeps its name
        view = example.get("view_id")
    return None if view == "blocks" else view


def _is_whole(example: Mapping[str, Any]) -> bool:
    return _view(example) in {None, *WHOLE} and example.get(BINARY_ATTR) is not True


def _spans(example: Mapping[str, Any]) -> list[Span]:
    spans = example.get("spans") or ()
    try:
        return [(one["start"], one["end"], one["label"]) for one in spans]
    except (KeyError, TypeError) as error:
        raise RecipeError(
            f"a span lacks start, end or label, or spans are no list: {spans}; correct the record"
        ) from error


def _join(spans: list[Span], others: Iterable[Span], left_out: Counter[str]) -> None:
    for start, end, label in others:
        if (start, end, label) in spans:
            continue
        if any(start < other[1] and other[0] < end for other in spans):
            left_out["spans that overlap another one"] += 1
        else:
            spans.append((start, end, label))


def _split(segments: dict[int, _Segment], share: float) -> dict[int, _Segment]:
    """Take a random share of the segments out; the same one each time."""
    keys = sorted(segments)
    random.Random(SPLIT_SEED).shuffle(keys)
    count = min(max(round(share * len(keys)), 1), len(keys))
    return {key: segments.pop(key) for key in keys[:count]}


def _check_length(segments: Iterable[_Segment], nlp: Language) -> None:
    longest = max(len(segment.text) for segment in segments)
    if longest > nlp.max_length:
        raise RecipeError(
            f"a text has {longest} characters, and spaCy reads {nlp.max_length}: cut it into parts"
        )


def _doc(segment: _Segment, nlp: Language, left_out: Counter[str]) -> Doc:
    doc = nlp.make_doc(segment.text)
    found = [doc.char_span(*span) for span in segment.spans]
    spans = [span for span in found if span is not None]
    if len(spans) < len(found):
        left_out["spans that do not begin and end with a token"] += len(found) - len(spans)
    doc.set_ents(spans, default="outside")
    return doc


def _write(path: Path, docs: list[Doc]) -> None:
    from spacy.tokens import DocBin

    write_whole(path, [DocBin(docs=docs).to_bytes()])
    labels = Counter(span.label_ for doc in docs for span in doc.ents)
    said = ", ".join(f"{count} {label}" for label, count in labels.most_common()) or "no spans"
    msg.good(f"{path}: {len(docs)} texts", said)
