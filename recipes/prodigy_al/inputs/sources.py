"""A source on the command line -> checked records: texts to ask about, gold to answer from."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn

from prodigy.util import set_hashes
from tqdm import tqdm

from prodigy_al.errors import OptionError, SourceError
from prodigy_al.inputs.remarks import warn_once
from prodigy_al.sampling.columns import HASH_KEYS

if TYPE_CHECKING:
    from spacy.language import Language

    from prodigy_al.ner.sentences import SentenceRules
    from prodigy_al.simulation.annotator import GoldSpans

JSONL = {".jsonl", "jsonl"}  # suffix and name of the loader
SPAN_KEYS = {"start", "end", "label"}
LONGEST_TEXT = 1_000_000  # characters; the `max_length` that spaCy's pipelines come with
HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def open_source(
    source: Any, *, loader: str | None, skip_bad: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Open a source and return its records, numbered from 0, to be read once.

    Raises at once what Prodigy raises for a source that cannot be opened, and while it is read
    `SourceError` for a record without text or with a span that lacks start, end or label. With
    `skip_bad` such records, and lines of JSONL that are not JSON, are left out and counted.
    """
    from prodigy.components.stream import get_stream

    bad: list[str] = []
    records = _good_lines(source, bad) if skip_bad and _is_jsonl(source, loader) else source
    stream = get_stream(records, loader=loader, rehash=True, dedup=False)
    # nobody waits for the end of standard input
    shown = stream if str(source) == "-" else _with_bar(stream, f"reading {source}")
    return _usable(shown, source, bad, skip_bad=skip_bad)


def _with_bar(records: Iterable[dict[str, Any]], label: str) -> Iterator[dict[str, Any]]:
    """Show a bar from the first record on: only on a terminal, where it takes over a second."""
    yield from tqdm(iter(records), desc=label, unit=" records", disable=None, delay=1)


def _usable(
    records: Iterable[dict[str, Any]], source: Any, bad: list[str], *, skip_bad: bool
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the usable records, then warn of the others; `bad` collects what is wrong with them."""
    for number, record in enumerate(records):
        problem = _problem(record)
        if not problem:
            yield number, record
        elif skip_bad:
            bad.append(f"record {number + 1} {problem}")
        else:
            raise SourceError(f"record {number + 1} of {source} {problem}", source=str(source))
    if bad:
        warn_once(f"{len(bad)} bad records of {source} are skipped; the first: {bad[0]}")


def cut_segments(
    records: Iterable[tuple[int, dict[str, Any]]], tokenizer: Language, *, unsegmented: bool
) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Yield (number of the record, input hash, record), texts without tokens cut into sentences.

    With `unsegmented` they stay whole. Blank texts are left out.
    """
    rules = None if unsegmented else _rules_of(tokenizer)
    for number, record in records:
        for segment in _cut(record, tokenizer, rules, unsegmented=unsegmented):
            if segment["text"].strip():
                hashed = set_hashes({"text": segment["text"]}, overwrite=True)
                # again, since a sentence need not keep it, and it names the document
                meta = {"meta": record["meta"]} if "meta" in record else {}
                yield number, hashed["_input_hash"], {**segment, **meta}


def _rules_of(tokenizer: Language) -> SentenceRules | None:
    from prodigy_al.ner.sentences import SentenceRules

    return SentenceRules.of(tokenizer)


def _cut(
    record: dict[str, Any],
    tokenizer: Language,
    rules: SentenceRules | None,
    *,
    unsegmented: bool,
) -> Iterable[dict[str, Any]]:
    """Return a record, or its sentences."""
    # tokens say that the text was cut before
    if unsegmented or "tokens" in record:
        return [record]
    # the same parts in a fraction of the time, where there is no span to move
    parts = rules.cut(record["text"]) if rules and "spans" not in record else None
    if parts is not None:
        shared = {key: value for key, value in record.items() if key not in HASH_KEYS}
        return [{**shared, "text": part} for part in parts]
    from prodigy.components.preprocess import split_sentences

    from prodigy_al.ner.words import few_words

    with few_words(tokenizer):
        return list(split_sentences(tokenizer, [record]))


def _is_jsonl(source: Any, loader: str | None) -> bool:
    """Return whether the source is a JSONL file, where a bad line leaves the others readable."""
    suffixes = [suffix for suffix in Path(str(source)).suffixes if suffix != ".gz"]
    return Path(str(source)).is_file() and (loader or "".join(suffixes[-1:])) in JSONL


def _good_lines(source: Any, bad: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the records of a JSONL file and note in `bad` the lines that hold none."""
    opened = gzip.open if str(source).endswith(".gz") else open
    with opened(source, "rb") as file:
        for number, line in enumerate(_to_the_end(file, bad), 1):
            try:
                record = json.loads(line, parse_constant=_refuse_constant) if line.strip() else None
            # also where the bytes are not UTF-8, or values lie in each other thousands deep
            except (ValueError, RecursionError) as error:
                bad.append(f"line {number} is not JSON ({error})")
                continue
            if isinstance(record, dict):
                yield record
            elif record is not None:
                bad.append(f"line {number} is not a JSON object")


def _to_the_end(file: IO[bytes], bad: list[str]) -> Iterator[bytes]:
    """Yield the lines of a file, and note in `bad` where a compressed one was cut off."""
    try:
        yield from file
    except EOFError:
        bad.append("the compressed file ends early")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _problem(record: Mapping[str, Any]) -> str:
    """Return what is wrong with a record, nothing where it is usable."""
    text = record.get("text")
    if not isinstance(text, str):
        return "has no `text`; every record needs one"
    if len(text) > LONGEST_TEXT:
        return (
            f"has {len(text):,} characters, and spaCy reads {LONGEST_TEXT:,}; cut it into documents"
        )
    if not text.isascii() and HALF_CHARACTER.search(text):
        return "has half a character (a lone surrogate) in its `text`; write it anew as UTF-8"
    if not isinstance(record.get("meta") or {}, Mapping):
        return f"has a `meta` that is no object: {str(record['meta'])[:40]!r}"
    for key in ("tokens", "spans"):
        items = record.get(key) or []
        if not isinstance(items, list) or not all(isinstance(one, Mapping) for one in items):
            return f"has `{key}` that are no list of objects: {str(items)[:40]!r}"
    for span in record.get("spans") or []:
        if SPAN_KEYS - span.keys():
            return f"has a span without start, end or label: {dict(span)}"
    return ""


def read_gold_source(
    source: str,
    model: str,
    label: list[str] | None,
    *,
    loader: str | None,
    unsegmented: bool,
    skip_bad: bool,
    check: Callable[[Sequence[str], Sequence[str]], object] | None = None,
) -> tuple[list[str], GoldSpans]:
    """Return the asked labels and the gold spans of every text, cut as the recipes cut them.

    `check` is called with the asked labels and those that the pipeline knows.

    Raises `OptionError` for standard input, which can be read only once, for a label that the gold
    has no span of (every answer would be "none"), and, without `skip_bad`, where more than 2 % of
    the gold spans are unusable.
    """
    from prodigy_al.inputs.gold import read_cut_gold
    from prodigy_al.ner.pipelines import load_pipeline, sentence_splitter

    if source == "-":
        raise OptionError(
            "GOLD",
            source,
            "every arm reads the gold anew, and standard input can be read once; give a file",
        )
    opened = open_source(source, loader=loader, skip_bad=skip_bad)
    nlp = load_pipeline(model)
    labels = list(label or known_labels(nlp, model))
    cut = partial(cut_segments, tokenizer=sentence_splitter(nlp), unsegmented=unsegmented)
    gold, problem = read_cut_gold(opened, labels, cut=cut, tokenizer=nlp.make_doc)
    if problem and not skip_bad:
        raise OptionError("GOLD", source, problem)
    absent = [name for name in labels if name not in gold.labels]
    if absent and (label or len(absent) == len(labels)):
        raise OptionError("--label", absent, f"no text of {source} has a gold span of it")
    if check is not None:
        check(labels, pipeline_labels(nlp))
    return labels, gold


def known_labels(nlp: Language, model: str) -> tuple[str, ...]:
    """Return the labels that the pipeline's ``ner`` knows.

    Raises `OptionError` where it knows none.
    """
    labels = pipeline_labels(nlp)
    if not labels:
        raise OptionError("--label", None, f"{model} knows no labels yet; say what to ask for")
    return labels


def pipeline_labels(nlp: Language) -> tuple[str, ...]:
    """Return the labels that the pipeline's ``ner`` knows, maybe none."""
    from prodigy_al.ner.pipelines import find_ner, has_ner

    labels: tuple[str, ...] = find_ner(nlp).labels if has_ner(nlp) else ()
    return labels
