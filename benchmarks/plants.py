"""Each planted cause, and how its answers are made. What they bring along is in planted_implied.py.

A dataset `NAME` is written into the database for each; beside them stands one of random whole
segments (`BESIDE`), which al.diagnose reads for errors of the base and for blind answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from planted_answers import (
    AnchoredAnnotator,
    ask,
    choose,
    probabilities,
    shift_spans,
    store,
    store_whole,
)
from planted_worlds import LABEL, Record, World, own_spans

from prodigy_al.arrays import FloatArray
from prodigy_al.manual_ranked import manual_ranked
from prodigy_al.sampling.kinds import measure_texts
from prodigy_al.simulate import simulate
from prodigy_al.simulation.annotator import GoldAnnotator

BESIDE = "beside"
ANSWERS, MANY_ANSWERS = 400, 1000
SHIFTED = 0.15
SLOWER = 0.1
THINNED_FROM = 700

WorldKind = Literal["news", "versions", "real", "many-answers"]
WORLD_KINDS: tuple[WorldKind, ...] = get_args(WorldKind)
Make = Callable[[World, str], None]


def by_arm(arm: str, *, answers: int = ANSWERS) -> Make:
    """Return what writes the dataset of an arm of `al.simulate`."""

    def make(world: World, name: str) -> None:
        seed = int(world.rng(name).integers(1_000_000))
        simulate(
            str(world.pool), str(world.base), name, label=[LABEL],
            arms=[arm], budget=answers, seeds=f"{seed},",
        )  # fmt: skip
        rename(f"{name}-{arm}-{seed}", name)

    return make


def rename(old: str, new: str) -> None:
    """Give a dataset another name."""
    from prodigy.components.db import connect

    from prodigy_al.inputs.datasets import stored_examples

    store(new, stored_examples(old))
    connect().drop_dataset(old)


def with_suggestions(annotator: Callable[..., GoldAnnotator]) -> Make:
    """Return what asks about random whole segments with the base's spans on the page."""

    def make(world: World, name: str) -> None:
        seed = int(world.rng(name).integers(1_000_000))
        # without a dev fold, which is never drawn at random by this recipe
        components = manual_ranked(
            name, str(world.base), str(world.pool), label=[LABEL], seed=seed,
            explore=1.0, dev_share=0.0, suggest=True,
        )  # fmt: skip
        ask(world, components, annotator, budget=ANSWERS)

    return make


def chosen_by(weigh: Callable[[World], FloatArray]) -> Make:
    """Return what writes gold answers to texts whose chances go with their weights."""

    def make(world: World, name: str) -> None:
        places = choose(world, name, weigh(world), ANSWERS)
        store_whole(name, [world.records[i] for i in places])

    return make


def thinned(world: World, name: str) -> None:
    """Ranked answers of which so many were dropped that what is left looks like the pool."""
    from prodigy_al.inputs.datasets import stored_examples

    seed = int(world.rng(name).integers(1_000_000))
    whole = f"{name}-whole"
    components = manual_ranked(
        whole, str(world.base), str(world.pool), label=[LABEL], seed=seed,
        by="expected-errors", explore=0.3,
    )  # fmt: skip
    ask(world, components, budget=THINNED_FROM)
    pi = probabilities(world, whole)
    kept = world.rng(f"{name} kept").random(len(pi)) < pi.min() / pi
    store(name, [one for one, keep in zip(stored_examples(whole), kept, strict=True) if keep])


def anything(world: World) -> FloatArray:
    """Every text alike."""
    return np.ones(len(world.records))


def the_longer(world: World) -> FloatArray:
    """The longer ones among texts of one kind in which the base finds as many names."""
    kinds = _kinds(world)
    strata = [(kind, len(found)) for kind, found in zip(kinds, world.predicted, strict=True)]
    length = np.array([len(record["tokens"]) for record in world.records], dtype=float)
    ranks = np.zeros(len(length))
    for stratum in set(strata):
        own = np.flatnonzero([one == stratum for one in strata])
        order = np.argsort(length[own] + world.rng("ties").random(own.size))
        ranks[own[order]] = (np.arange(own.size) + 0.5) / own.size
    return np.exp(3 * ranks)


def where_the_base_is_wrong(world: World) -> FloatArray:
    """Texts with an error of the base, six times as often as others."""
    wrong = [a != b for a, b in zip(world.gold, world.predicted, strict=True)]
    return np.where(wrong, 6.0, 1.0)


def no_tables(world: World) -> FloatArray:
    """No text of the kinds with capitals and digits, such as rows of tables."""
    return np.array([0.0 if "table" in kind else 1.0 for kind in _kinds(world)])


def with_many_names(world: World) -> FloatArray:
    """Texts with names three times as often, for each name."""
    return 3.0 ** np.array([min(len(spans), 2) for spans in world.gold])


def with_the_same_names(world: World) -> FloatArray:
    """Texts with one of the forty most frequent names five times as often."""
    forms = [_names(record) for record in world.records]
    often = {form for form, _ in Counter(x for own in forms for x in set(own)).most_common(40)}
    return np.array([5.0 if often.intersection(own) else 1.0 for own in forms])


def with_other_versions(world: World, name: str) -> None:
    """Random texts, two in five of the questions about versions of one another."""
    groups: dict[str, list[int]] = {}
    for i, record in enumerate(world.records):
        if version := record["meta"].get("version"):
            groups.setdefault(record["text"].removesuffix(f" ({version})"), []).append(i)
    stories = [places for places in groups.values() if len(places) > 1]
    rng = world.rng(name)
    order = rng.permutation(len(stories))[: ANSWERS // 5]
    versions = [i for story in order for i in stories[story]]
    others = choose(world, name, anything(world), ANSWERS)
    places = list(dict.fromkeys([*versions, *others]))[:ANSWERS]
    store_whole(name, [world.records[i] for i in rng.permutation(places)])


def by_other_rules(world: World, name: str) -> None:
    """Random texts, marked by the guideline of another corpus."""
    places = choose(world, name, anything(world), ANSWERS)
    store_whole(name, [world.other_rules[i] for i in places])


def without_documents(world: World, name: str) -> None:
    """Random texts whose answers no longer say which document they are of."""
    places = choose(world, name, anything(world), ANSWERS)
    store_whole(name, [world.records[i] for i in places], meta=False)


def ever_slower(world: World, name: str) -> None:
    """Random texts, each hundred answers taking a tenth more time."""
    places = choose(world, name, anything(world), ANSWERS)
    store_whole(name, [world.records[i] for i in places], slower=SLOWER)


def shifted(world: World, name: str) -> None:
    """Random texts, 15 % of the accepted spans moved by one token."""
    rng = world.rng(f"{name} shifts")
    places = choose(world, name, anything(world), ANSWERS)
    store_whole(name, [shift_spans(world.records[i], SHIFTED, rng) for i in places])


def _kinds(world: World) -> list[str]:
    texts = [str(record["text"]) for record in world.records]
    kinds = measure_texts(texts)
    return [kinds.name_text(text) for text in texts]


def _names(record: Record) -> list[str]:
    return [record["text"][span["start"] : span["end"]].casefold() for span in own_spans(record)]


@dataclass(frozen=True)
class Plant:
    """What is planted (None: nothing), what writes its dataset, and in what world."""

    planted: str | None
    make: Make
    world: WorldKind = "news"

    @property
    def nothing(self) -> bool:
        """Whether nothing is true of it; of real documents nobody knows what is."""
        return self.planted is None and self.world != "real"


PLANTS: Mapping[str, Plant] = {
    "nothing": Plant(None, by_arm("random")),
    "nothing-no-records": Plant(None, chosen_by(anything)),
    "nothing-suggestions": Plant(None, with_suggestions(GoldAnnotator)),
    "nothing-versions": Plant(None, chosen_by(anything), "versions"),
    "thinned": Plant("design", thinned),
    "longer-texts": Plant("selection", chosen_by(the_longer)),
    "ner-teach": Plant("selection", by_arm("ner-teach")),
    "ner-teach-1000": Plant("selection", by_arm("ner-teach", answers=MANY_ANSWERS), "many-answers"),
    "bases-errors": Plant("harm-direction", chosen_by(where_the_base_is_wrong)),
    "single-spans": Plant("partial-dev", by_arm("random-binary")),
    "no-documents": Plant("leak", without_documents),
    "no-tables": Plant("coverage", chosen_by(no_tables)),
    "many-names": Plant("prevalence", chosen_by(with_many_names)),
    "same-names": Plant("redundancy", chosen_by(with_the_same_names)),
    "other-versions": Plant("near-duplicates", with_other_versions, "versions"),
    "other-rules": Plant("scheme", by_other_rules),
    "taken-over": Plant("anchoring", with_suggestions(AnchoredAnnotator)),
    "ever-slower": Plant("seconds", ever_slower),
    "real-shifted": Plant("scheme", shifted, "real"),
    "real-as-they-are": Plant(None, chosen_by(anything), "real"),
}
