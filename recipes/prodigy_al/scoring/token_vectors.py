"""The token vectors of spaCy's convolutional pipelines, in two thirds of the time of their layers.

They are what ``tok2vec.predict`` returns, to rounding. Time is saved by what scoring does not need:
thinc's layers keep what a training would ask for, and give each step of a batch new memory. Here
some hundred tokens at a time go through a whole layer, whose arrays stay in a core's cache, and
equal tokens are embedded once.

Known are the layers of ``spacy.MultiHashEmbed`` and ``spacy.MaxoutWindowEncoder``, also two of
them side by side. Others, such as those of transformers, are left to spaCy, and so are models on a
GPU.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from spacy.tokens import Doc
from thinc.api import NumpyOps
from thinc.types import Ragged

from prodigy_al.arrays import Float32Array, IndexArray

ROWS = 512
"""How many tokens go through a layer at a time: of 96 numbers each, less than a megabyte in all."""
EPSILON = 1e-8  # what thinc adds to a variance
ODD = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio: its powers mix the features of a token
FEATURES = ["extract_features", "list2ragged", "ragged2list"]
WINDOW, MAXOUT = "expand_window", ["maxout", "layernorm"]


def token_vectors(tok2vec: Any, docs: Sequence[Doc]) -> Any:
    """Return the token vectors (n_tokens, width) of docs, of which one has a token at least.

    The tokens are counted through the docs. The weights are read at each call, so that the model
    may be trained in between.
    """
    steps = in_turn(tok2vec)
    names = [step.name for step in steps]
    if "list2array" not in names or type(tok2vec.ops) is not NumpyOps:
        return tok2vec.predict(docs)
    end = names.index("list2array")
    vectors: Any = _by_doc(steps[:end], docs)
    for step in steps[end + 1 :]:
        vectors = step.predict(vectors)
    return vectors


def in_turn(model: Any) -> list[Any]:
    """Return the layers that chains within chains pass in turn; of another model, itself."""
    if len(model.layers) < 2 or model.name != ">>".join(layer.name for layer in model.layers):
        return [model]
    return [step for layer in model.layers for step in in_turn(layer)]


def _by_doc(steps: Sequence[Any], docs: Sequence[Doc]) -> Float32Array:
    """Return what layers return that give an array per doc, all arrays below one another."""
    encoders = len(list(takewhile(_sees_neighbours, reversed(steps))))
    first = len(steps) - encoders
    vectors, lengths = _embed(steps[:first], docs), [len(doc) for doc in docs]
    for step in steps[first:]:
        vectors = _encode(step, vectors, lengths)
    return vectors


def _embed(steps: Sequence[Any], docs: Sequence[Doc]) -> Float32Array:
    """Return (n_tokens, width) of the layers before those that see a token's neighbours."""
    names = [step.name for step in steps]
    if len(steps) == 1 and names[0] == "|".join(layer.name for layer in steps[0].layers):
        return np.hstack([_by_doc(in_turn(layer), docs) for layer in steps[0].layers])
    if [*names[:2], *names[-1:]] == FEATURES and all(map(_sees_token, steps[2:-1])):
        return _embed_distinct(steps[1].predict(steps[0].predict(docs)).data, steps[2:-1])
    found: Any = docs
    for step in steps:
        if isinstance(found, Ragged) and _sees_token(step):
            found = Ragged(_by_token(step, found.data), found.lengths)
        else:
            found = step.predict(found)
    return np.concatenate(found)


def _embed_distinct(features: Any, steps: Sequence[Any]) -> Float32Array:
    """Return (n_tokens, width) of layers that see one token: each distinct one passes them once.

    features: (n_tokens, n_features), each of 64 bits.
    """
    # a number of 64 bits for each token's features, as spaCy has one for each string
    factors = np.cumprod(np.full(features.shape[1], ODD, dtype=np.uint64))
    keys = (features * factors).sum(axis=1)
    _, firsts, which = np.unique(keys, return_index=True, return_inverse=True)
    found: Any = features[firsts]
    for step in steps:
        found = _by_token(step, found)
    vectors: Float32Array = found[which]
    return vectors


def _by_token(step: Any, rows: Any) -> Any:
    """Return (n, width) of a layer that sees one token (`_sees_token`), for (n, width_in)."""
    if _is_maxout(_leaf_names(step)):
        return Maxout(step).apply(rows)
    return step.layers[0].predict(rows)


def _encode(step: Any, vectors: Float32Array, lengths: Sequence[int]) -> Float32Array:
    """Return what a layer gives that sees a token's neighbours (`_sees_neighbours`)."""
    blocks = in_turn(step.layers[0])
    reach = sum(map(_window, blocks))
    # rows of 0 before, between and behind docs: all that a token sees is its own doc and these
    places: IndexArray = np.arange(len(vectors)) + reach * np.repeat(
        np.arange(1, len(lengths) + 1), lengths
    )
    rows = np.zeros((len(vectors) + reach * (len(lengths) + 1), vectors.shape[1]), vectors.dtype)
    rows[places] = vectors
    if blocks[0].name == WINDOW:
        return _windows(rows, reach)[places - reach]
    spare = np.zeros_like(rows)
    for block in blocks:
        # the outermost rows are so far from any token that none sees them
        inner = slice(_window(block), len(rows) - _window(block))
        Maxout(block).apply(_windows(rows, _window(block)), add=rows[inner], out=spare[inner])
        rows, spare = spare, rows
    return rows[places]


def _windows(rows: Float32Array, size: int) -> Float32Array:
    """Return a view (n - 2 size, (2 size + 1) width): each row with `size` before and after it."""
    n, width = rows.shape
    return as_strided(rows, (n - 2 * size, (2 * size + 1) * width), rows.strides, writeable=False)


class Maxout:
    """A maxout layer and the layer normalisation that follows it.

    Goodfellow et al. 2013, "Maxout networks", section 2; Ba et al. 2016, "Layer normalization",
    section 3.
    """

    def __init__(self, model: Any) -> None:
        maxout, norm, *_ = (leaf for leaf in _leaves(model) if leaf.name in MAXOUT)
        self._ops = maxout.ops
        # of a product per piece the greatest is found faster than of the pieces side by side
        self._weights = np.ascontiguousarray(maxout.get_param("W").transpose(1, 0, 2))
        self._biases = np.ascontiguousarray(maxout.get_param("b").T)
        self._scale, self._shift = norm.get_param("G"), norm.get_param("b")

    def apply(
        self,
        inputs: Float32Array,
        *,
        add: Float32Array | None = None,
        out: Float32Array | None = None,
    ) -> Float32Array:
        """Return (n, width_out) for (n, width_in), with `add` added, written into `out`."""
        _, width, width_in = self._weights.shape
        found = np.empty((len(inputs), width), np.float32) if out is None else out
        spare = [np.empty((ROWS, n), np.float32) for n in (width_in, width, width)]
        for low in range(0, len(inputs), ROWS):
            rows = slice(low, low + ROWS)
            some, best, other = (array[: len(found[rows])] for array in spare)
            some[:] = inputs[rows]
            self._greatest(some, best, other)
            self._normalise(best)
            if add is not None:
                best += add[rows]
            np.add(best, self._shift, out=found[rows])
        return found

    def _greatest(self, inputs: Float32Array, best: Float32Array, other: Float32Array) -> None:
        """Write the greatest of all pieces into `best`."""
        for number, (weights, bias) in enumerate(zip(self._weights, self._biases, strict=True)):
            piece = other if number else best
            self._ops.gemm(inputs, weights, trans2=True, out=piece)
            piece += bias
            if number:
                np.maximum(best, piece, out=best)

    def _normalise(self, rows: Float32Array) -> None:
        """Bring each row to a mean of 0 and a variance of 1, and scale it."""
        width = rows.shape[1]
        rows -= (rows @ np.full(width, 1 / width, rows.dtype))[:, None]
        variances = np.einsum("ij,ij->i", rows, rows) / np.float32(width) + EPSILON
        rows *= (1 / np.sqrt(variances))[:, None]
        rows *= self._scale


def _sees_token(step: Any) -> bool:
    """Return whether it is known and sees one token at a time: hash tables, or a maxout layer."""
    names = _leaf_names(step)
    return step.name.startswith("with_array(") and (
        _is_maxout(names) or {*names} == {"ints-getitem", "hashembed"}
    )


def _sees_neighbours(step: Any) -> bool:
    """Return whether it is known: windows of tokens, or residual maxout layers over windows."""
    if not step.name.startswith("with_array("):
        return False
    blocks = in_turn(step.layers[0])
    known = [block.name for block in blocks] == [WINDOW] or all(map(_is_residual, blocks))
    # with less room between them docs would see one another
    return known and step.attrs.get("pad", 0) >= sum(map(_window, blocks))


def _is_residual(block: Any) -> bool:
    first, *rest = _leaf_names(block)
    return block.name.startswith("residual(") and first == WINDOW and _is_maxout(rest)


def _is_maxout(names: Sequence[str]) -> bool:
    return [*names[:2]] == MAXOUT and {*names[2:]} <= {"dropout"}


def _window(block: Any) -> int:
    """Return how many tokens it sees to either side."""
    size: int = _leaves(block)[0].attrs["window_size"]
    return size


def _leaves(model: Any) -> list[Any]:
    """Return the layers that have none, in their order."""
    if not model.layers:
        return [model]
    return [leaf for layer in model.layers for leaf in _leaves(layer)]


def _leaf_names(model: Any) -> list[str]:
    return [leaf.name for leaf in _leaves(model)]
