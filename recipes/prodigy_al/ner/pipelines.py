"""Pipelines: loaded, made fit for scoring, named by a hash.

Everything here is about the one component that is scored and fine-tuned, ``ner``. A pipeline whose
``ner`` borrows its token vectors from a shared ``tok2vec`` is changed on loading so that it owns a
copy: scored on its own, a borrowing ``ner`` finds no vectors and predicts nothing, without an
error, and fine-tuned on its own it would move the tagger's and parser's predictions as well.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.language import Language
from thinc.api import Model, NumpyOps, require_gpu

from prodigy_al.errors import ModelError

NER = "ner"
# language, kind, genre and size, as the pipelines that spaCy offers are called: en_core_web_md
OF_SPACY = re.compile(r"[a-z]{2,3}_(core|dep|ent|sent|vectors)_[a-z]+_(sm|md|lg|trf)")


def load_pipeline(name: str, *, gpu_id: int = -1) -> Language:
    """Return the pipeline of `name` (see `open_pipeline`) with a ``ner`` that stands alone.

    `gpu_id` is the GPU's number, -1 for the CPU. Raises `ModelError` where there is no such GPU,
    and where `open_pipeline` does.

    >>> load_pipeline("blank:de").lang
    'de'
    """
    if gpu_id >= 0:
        try:
            require_gpu(gpu_id)
        except ValueError as error:
            raise ModelError(
                f"no GPU {gpu_id} can be used here: a GPU needs CuPy, and -1 means the CPU"
            ) from error
    nlp = open_pipeline(name)
    stand_alone(nlp)
    return nlp


def open_pipeline(name: str) -> Language:
    """Return the pipeline of an installed package, of a folder, or an empty one (``blank:en``).

    It stays as it is. An empty one has no ``ner`` and `has_ner` says so. Raises `ModelError` where
    nothing is found under `name`, where it has no ``ner``, and where the ``ner`` is a beam parser,
    whose scores are not probabilities of single steps.
    """
    try:
        nlp = spacy.load(name)
    except (OSError, ImportError, ValueError) as error:
        raise ModelError(_why_not_loaded(name, error), model=name) from error
    if name.startswith("blank:"):
        return nlp
    if not has_ner(nlp):
        there = ", ".join(nlp.pipe_names) or "none"
        raise ModelError(
            f'the pipeline {name!r} has no component "ner" (its components: {there}); '
            "give a pipeline that recognises entities",
            model=name,
        )
    if find_ner(nlp).cfg.get("beam_width", 1) > 1:
        raise ModelError(
            f'the "ner" of {name!r} searches with a beam and its scores are not probabilities; '
            'train it with the factory "ner" instead of "beam_ner"',
            model=name,
        )
    return nlp


def has_ner(nlp: Language) -> bool:
    """Return whether the pipeline has an enabled component called ``ner``.

    >>> has_ner(load_pipeline("blank:en"))
    False
    """
    return NER in nlp.pipe_names


def find_ner(nlp: Language) -> Any:
    """Return the ``ner`` component, typed `Any`: spaCy's compiled parsers carry no types."""
    return nlp.get_pipe(NER)


def borrowed_from(nlp: Language) -> list[str]:
    """Return the components whose token vectors the ``ner`` borrows; none where it owns its own."""
    return [name for name, pipe in nlp.pipeline if NER in getattr(pipe, "listening_components", ())]


def stand_alone(nlp: Language) -> None:
    """Give the ``ner`` its own copy of the token vectors it borrows. Changes `nlp` in place.

    The predictions of all components stay what they were; the ``ner`` can then be scored, trained
    and saved without running or touching any other component.
    """
    for lender in borrowed_from(nlp):
        nlp.replace_listeners(lender, NER, ["model.tok2vec"])


def set_blas(nlp: Language, *, use_blis: bool) -> None:
    """Choose the matrix product of all models on the CPU: BLIS, or the BLAS numpy is built with.

    Which one is faster depends on the processor, up to a factor of two either way; predictions
    agree to rounding. Models on a GPU are left as they are.
    """
    for _, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model):
            choose_blas(model, use_blis=use_blis)


def choose_blas(model: Model[Any, Any], *, use_blis: bool) -> None:
    """Choose the matrix product of one model, and of no other: ops are shared between models."""
    for node in model.walk():
        if isinstance(node.ops, NumpyOps):
            node.ops = type(node.ops)(use_blis=use_blis)


def pipeline_sha256(nlp: Language) -> str:
    """Return the SHA-256 (hex) of all that entities depend on.

    That is the tokenizer, the word norms, the vectors and the ``ner``.

    The same in every process and before and after saving and loading. The string store is left
    out: it grows with every new word that is read, and changes no prediction.
    """
    digest = hashlib.sha256()
    for part in _parts(nlp):
        # the length first, so that no part can pass for the end of the one before it
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def describe_pipeline(name: str, nlp: Language) -> dict[str, str]:
    """Return the pipeline of `name` as records and reports name it: name, version and hash."""
    version = nlp.meta.get("version", "")
    return {"name": name, "version": version, "sha256": pipeline_sha256(nlp)}


def sentence_splitter(nlp: Language) -> Language:
    """Return a pipeline that splits sentences by rules and makes the tokens of `nlp`."""
    language = spacy.util.get_lang_class(nlp.meta["lang"])
    splitter: Language = language(nlp.vocab, create_tokenizer=lambda _: nlp.tokenizer)
    splitter.add_pipe("sentencizer")
    return splitter


def _parts(nlp: Language) -> Iterator[bytes]:
    yield nlp.meta["lang"].encode()
    # tokenizers of other packages need not know how to be saved
    to_bytes = getattr(nlp.tokenizer, "to_bytes", None)
    yield to_bytes(exclude=["vocab"]) if to_bytes else b""
    yield nlp.vocab.lookups.to_bytes()
    if len(nlp.vocab.vectors):
        yield nlp.vocab.vectors.to_bytes(exclude=["strings"])
    if has_ner(nlp):
        ner = find_ner(nlp)
        yield srsly.json_dumps(nlp.get_pipe_config(NER), sort_keys=True).encode()
        yield srsly.json_dumps(list(ner.move_names)).encode()
        yield ner.to_bytes(exclude=["vocab"])


def _why_not_loaded(name: str, error: Exception) -> str:
    if name.startswith("blank:"):
        return f'{name!r} does not name a language that spaCy knows; give one such as "blank:en"'
    if name and Path(name).exists():
        # spaCy's reasons end with a stop or not
        return (
            f"the pipeline in {name!r} cannot be loaded: {str(error).splitlines()[0].rstrip('.')}"
        )
    get = f"python -m spacy download {name}" if OF_SPACY.fullmatch(name) else "install it"
    return (
        f"no pipeline {name!r}: it is neither an installed package nor a folder; {get}, "
        'or give a pipeline that is there, or an empty one such as "blank:en"'
    )
