"""How should whole segments be drawn for the train fold? Designs at equal seconds, on real corpora.

    make study-designs                ten replicates of all designs, resumed where it was stopped
    CORPUS=finer make study-designs   one corpus alone, which decides nothing; conll likewise
    QUICK=1 make study-designs        two replicates of 300 answers on one corpus: the same steps
    WORKERS=1 make study-designs      one training at a time; two if not given

A replicate is a draw with a seed and a dev fold of its own, for each design and for random. What an
annotator spends is time: the random arm of a replicate has 1,000 answers, and every other arm is
cut to the simulated seconds that these take (`simulation/costs.py`), which may be fewer answers or
more. One pipeline is trained from each arm (robust, one training seed) and measured on the corpus's
test set. A row is the mean difference to random over replicates, with the two intervals of
`make study`: `low` and `high` for new text (other replicates on other documents), `this_low` and
`this_high` for this test set (other replicates on the same documents). Beside it stand how many
seconds as many answers as random has take, as a share of random's, and how many answers the same
seconds buy, both in the mean over replicates. Rows `costs` say what the difference would be if an
annotator's seconds were others (cost_models.py).

Of the design that became the default there are more rows: `old` is its difference to the default
before it, at the seconds of random; `answers` that to random at as many answers. The first five
replicates of it and of random are trained the usual way too: rows `usual` are robust training minus
usual, and rows `label` how far each other label agrees with the base's, by either training.

How it decides, said before it was run: the default becomes the design with the highest mean over
both corpora of the difference at equal seconds, among those whose mean is above 0 on each. Nothing
else is looked at. A strict order is measured and not chosen from: it has no probabilities. If no
mean is above 0 on both, the default stays what it is.

The corpora and the pipeline are those of `make study`. The table is printed and written again to
build/designs.json after each replicate. What single models got is kept in build/designs-CORPUS.json
and, from earlier runs, in results/ (kept.py): these are neither simulated nor trained again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from cost_models import ANNOTATORS, USUAL, moved, slope
from drawn import (
    ANSWERS,
    CHOSEN,
    DESIGNS,
    OLD,
    PART,
    PART_SHARE,
    RANDOM,
    SECONDS,
    STRICT,
    Drawn,
)
from kept import KeptModels, Tested, difference, tested
from real_corpora import BUDGET, CORPORA, ROOT, Corpus, measure, open_plan, open_study, write_result
from study import FEWER, REPLICATES
from study_rows import NEW_TEXT, THIS_TEST, level, table_lines
from wasabi.tables import table

from prodigy_al.comparison.measurements import Model

BUILD = ROOT / "build" / "designs"
POLICY, OTHER_POLICY = "robust", "usual"

Row = dict[str, Any]


@dataclass(frozen=True)
class Wanted:
    """A model of every replicate: of what it is trained, equal to random in what, and how."""

    design: str
    equal: str = SECONDS
    policy: str = POLICY

    def name(self, seed: int) -> str:
        """Return what it is called among the models that are kept of a corpus."""
        policy = "" if self.policy == POLICY else f"-{self.policy}"
        return f"{self.design}-{seed}-{self.equal}-{BUDGET}{policy}"


DESIGNED = tuple(Wanted(design) for design in DESIGNS)
WHOLE, HALF, AS_MANY = Wanted(RANDOM), Wanted(RANDOM, PART), Wanted(CHOSEN, ANSWERS)
TRAINED_USUALLY = (Wanted(RANDOM, policy=OTHER_POLICY), Wanted(CHOSEN, policy=OTHER_POLICY))


def complete(corpus: Corpus, seed: int, kept: KeptModels) -> None:
    """Simulate, train and keep what is missing of one replicate."""
    wanted = [*DESIGNED, HALF, AS_MANY, *(TRAINED_USUALLY if seed in FEWER else ())]
    missing = [one for one in wanted if one.name(seed) not in kept]
    if not missing:
        return
    drawn = {one: Drawn(corpus, one.design, seed) for one in missing}
    models = {one: Model(drawn[one].cut(one.equal), one.policy) for one in missing}
    measured = measure(open_plan(corpus, list(models.values()), BUILD), list(models.values()))
    kept.add(
        {
            one.name(seed): tested(measured, model, drawn[one].effort() if one in DESIGNED else {})
            for one, model in models.items()
        }
    )


def rows_of(corpus: Corpus, kept: KeptModels, seeds: range) -> Iterator[tuple[str, Row]]:
    """Yield the rows of one corpus."""

    def models(wanted: Wanted, among: Iterable[int] = seeds) -> list[Tested]:
        return [kept[wanted.name(seed)] for seed in among]

    controls = models(WHOLE)
    halves = zip(controls, models(HALF), strict=True)
    gains = [slope(whole.f1, part.f1, PART_SHARE) for whole, part in halves]
    yield f"slope.{corpus.name}", level(gains)
    for wanted in DESIGNED:
        name, own = f"{corpus.name}-{wanted.design}", models(wanted)
        yield from _levels(f"{name}-{SECONDS}", own)
        if wanted == WHOLE:
            continue
        row = difference(_pairs(own, controls))
        yield f"{SECONDS}.{name}", row | _effort(own, controls)
        at = [round(model.effort[USUAL]) for model in own]
        for annotator in ANNOTATORS:
            bought = [round(model.effort[annotator]) for model in own]
            yield f"costs.{name}: {annotator}", moved(row, fmean(gains), bought, at)
    chosen, name = Wanted(CHOSEN), f"{corpus.name}-{CHOSEN}"
    yield f"old.{name}", difference(_pairs(models(chosen), models(Wanted(OLD))))
    yield f"f1.{name}-{ANSWERS}", level([model.f1 for model in models(AS_MANY)])
    yield f"{ANSWERS}.{name}", difference(_pairs(models(AS_MANY), controls))
    few = [seed for seed in seeds if seed in FEWER]
    for usual in TRAINED_USUALLY:
        name, own = f"{corpus.name}-{usual.design}", models(usual, few)
        robust = models(replace(usual, policy=POLICY), few)
        yield f"f1.{name}-{OTHER_POLICY}", level([model.f1 for model in own])
        yield f"{OTHER_POLICY}.{name}", difference(_pairs(robust, own), -0.02, mean=0.0)
        for policy, trained in ((POLICY, robust), (OTHER_POLICY, own)):
            yield from _labels(f"{name}-{policy}", trained)


def _pairs(models: Sequence[Tested], controls: Sequence[Tested]) -> list[tuple[Tested, Tested]]:
    return list(zip(models, controls, strict=True))


def _levels(name: str, models: Sequence[Tested]) -> Iterator[tuple[str, Row]]:
    """Yield F1, and how far the other labels are kept, together and the worst of each model."""
    yield f"f1.{name}", level([model.f1 for model in models])
    yield f"others.{name}", level([model.others for model in models])
    worst = [min(model.per_label.items(), key=lambda one: one[1]) for model in models]
    labels = "/".join(sorted({label for label, _ in worst}))
    yield f"worst.{name} ({labels})", level([value for _, value in worst])


def _labels(name: str, models: Sequence[Tested]) -> Iterator[tuple[str, Row]]:
    """Yield how far each other label agrees with the base's, of labels that all models have."""
    for label in sorted(set.intersection(*(set(model.per_label) for model in models))):
        yield f"label.{name}: {label}", level([model.per_label[label] for model in models])


def _effort(models: Sequence[Tested], controls: Sequence[Tested]) -> Row:
    pairs = _pairs(models, controls)
    return {
        "seconds_ratio": fmean(a.effort[SECONDS] / b.effort[SECONDS] for a, b in pairs),
        "answers_bought": fmean(model.effort[USUAL] for model in models),
    }


def decide(rows: Mapping[str, Row], corpora: Sequence[Corpus]) -> str:
    """Return which design becomes the default, by the rule above; "" where none does."""
    means = {
        design: [rows[f"{SECONDS}.{corpus.name}-{design}"]["value"] for corpus in corpora]
        for design in DESIGNS
        if design not in (RANDOM, STRICT)
    }
    ahead = {design: fmean(both) for design, both in means.items() if min(both) > 0}
    return max(ahead, key=lambda design: ahead[design], default="")


def show(rows: Mapping[str, Row], decision: str | None) -> None:
    """Print the table and write build/designs.json; `decision` is None before the end."""
    write_result("designs", rows=rows, decision=decision)
    header = ("row", "mean", NEW_TEXT, THIS_TEST, "range", "replicates", "seconds", "answers")
    lines = []
    for line, row in zip(table_lines(rows), rows.values(), strict=True):
        effort: tuple[str, ...] = ("", "")
        if "seconds_ratio" in row:
            effort = (f"{row['seconds_ratio']:.2f} x", f"{row['answers_bought']:.0f}")
        lines.append((*line[:6], *effort))
    print(table(lines, header=header, divider=True))
    if decision is not None:
        print(f"the default becomes: {decision or 'what it is'}")
    sys.stdout.flush()


def main() -> None:
    """Complete replicate by replicate; print and write what is known after each."""
    corpora = open_study(BUILD)
    kept = {corpus: KeptModels(f"designs-{corpus.name}") for corpus in corpora}
    rows: dict[str, Row] = {}
    for seed in range(REPLICATES):
        for corpus in corpora:
            complete(corpus, seed, kept[corpus])
            if seed:  # one replicate has no interval
                rows |= dict(rows_of(corpus, kept[corpus], range(seed + 1)))
                show(rows, None)
    if len(corpora) == len(CORPORA):
        show(rows, decide(rows, corpora))


if __name__ == "__main__":
    main()
