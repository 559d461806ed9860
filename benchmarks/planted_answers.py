"""Answers with a planted cause: asked by a recipe, or chosen and stored as by another tool."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
from planted_worlds import LABEL, Record, World, own_spans

from prodigy_al.arrays import AnyFloatArray, FloatArray
from prodigy_al.comparison.arms import Arm, read_arm
from prodigy_al.records import SIMULATED
from prodigy_al.sampling.inclusion import inclusion
from prodigy_al.simulation.annotator import GoldAnnotator, read_gold
from prodigy_al.simulation.costs import CostModel, Meter
from prodigy_al.simulation.session import AnnotatorSession, annotate

START = 1_700_000_000
"""Unix time of the first answer."""
TAKEN_OVER = 0.7
"""Share of the texts in which an anchored annotator takes over what is shown."""


@dataclass(frozen=True)
class AnchoredAnnotator(GoldAnnotator):
    """Accepts the spans on the page as they are, in a share of the texts; else answers gold."""

    taken_over: float = TAKEN_OVER

    def answer(self, task: Mapping[str, Any], *, binary: bool) -> dict[str, Any]:
        """Return the task with an answer."""
        rng = np.random.default_rng([self.seed, task["_input_hash"] & 0xFFFFFFFF, 1])
        if rng.random() < self.taken_over:
            return {**task, "answer": "accept", SIMULATED: {"error": None}}
        return super().answer(task, binary=binary)


def ask(
    world: World,
    components: dict[str, Any],
    annotator: Callable[..., GoldAnnotator] = GoldAnnotator,
    *,
    budget: int,
) -> None:
    """Answer what a recipe of whole segments asks, as `al.simulate` does."""
    from prodigy.core import Controller  # not before PRODIGY_HOME is set
    from prodigy.util import set_hashes

    hashed = (set_hashes(dict(record)) for record in world.records)
    gold = read_gold(((record["_input_hash"], record) for record in hashed), [LABEL])
    controller = Controller.from_components("al.manual-ranked", components)
    for _ in annotate(
        controller,
        AnnotatorSession("annotator-1", annotator(gold, [LABEL], seed=world.seed), start=START),
        Meter(CostModel(), binary=False),
        budget=budget,
    ):
        pass


def store(name: str, answers: Iterable[Mapping[str, Any]]) -> None:
    """Write a dataset."""
    from prodigy.components.db import connect
    from prodigy.util import set_hashes

    connect().add_dataset(name)
    connect().add_examples([set_hashes(dict(one)) for one in answers], datasets=[name])


def store_whole(
    name: str, chosen: Sequence[Record], *, slower: float = 0.0, meta: bool = True
) -> None:
    """Write whole-segment answers as a recipe of somebody else's would: without any record.

    slower: growth of the log of an answer's seconds over 100 answers
    meta: whether answers keep what the source says of a text, its document among it
    """
    costs, seconds, answers = CostModel(), 0.0, []
    for number, record in enumerate(chosen):
        answer = {
            "text": record["text"],
            "tokens": record["tokens"],
            "spans": own_spans(record),
            "answer": "accept",
            "_view_id": "ner_manual",
            "meta": record["meta"] if meta else {},
        }
        seconds += costs.seconds(answer, binary=False) * exp(slower * number / 100)
        answers.append({**answer, "_timestamp": START + round(seconds)})
    store(name, answers)


def choose(world: World, plant: str, weights: AnyFloatArray, n: int) -> list[int]:
    """Return the places of n distinct records, one after the other with chances like `weights`.

    By exponential keys (Efraimidis & Spirakis 2006), so that no weight is too large.
    """
    with np.errstate(divide="ignore"):
        keys = np.log(weights) + world.rng(plant).gumbel(size=len(weights))
    order = np.argsort(-keys, kind="stable")
    return [int(i) for i in order[:n] if weights[i] > 0]


def probabilities(world: World, dataset: str) -> FloatArray:
    """Return the recorded chance of every answer of a dataset, in its order."""
    from prodigy_al.inputs.datasets import stored_examples

    examples = stored_examples(dataset)
    arm: Arm = read_arm(dataset, examples, [LABEL], tokenizer=world.nlp.make_doc)
    known: dict[int, float] = {}
    for fold in ("train", "dev"):
        drawn = [(key, record) for key, record in arm.records.items() if record.fold == fold]
        known |= zip((key for key, _ in drawn), inclusion(drawn).tolist(), strict=True)
    return np.array([known[one["_input_hash"]] for one in examples])


def shift_spans(record: Record, share: float, rng: np.random.Generator) -> Record:
    """Return the record with a share of its spans one token to the right, or else to the left.

    A span stays where there is no room: at the ends of the text, or beside another span.
    """
    tokens, spans = record["tokens"], own_spans(record)
    for i, span in enumerate(spans):
        if rng.random() >= share:
            continue
        taken = {
            token
            for j, other in enumerate(spans)
            if j != i
            for token in range(other["token_start"], other["token_end"] + 1)
        }
        for step in (1, -1):
            first, last = span["token_start"] + step, span["token_end"] + step
            if first >= 0 and last < len(tokens) and not taken.intersection(range(first, last + 1)):
                spans[i] = {
                    **span,
                    "token_start": first,
                    "token_end": last,
                    "start": tokens[first]["start"],
                    "end": tokens[last]["end"],
                }
                break
    return {**record, "spans": spans}
