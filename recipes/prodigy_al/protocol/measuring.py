"""From the answers of one redraw to counts on the test set: trainings, and names looked up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from prodigy_al.comparison.matches import count_answers
from prodigy_al.comparison.run_cache import Predictions
from prodigy_al.comparison.runs import Run, predict_all, say_nothing
from prodigy_al.evaluation.counts import Counts
from prodigy_al.protocol.answering import Given, Redraw
from prodigy_al.protocol.lookup import known_names, look_up
from prodigy_al.protocol.plan import LOOKUP, Cell, Pipeline, ProtocolPlan


@dataclass(frozen=True)
class Tested:
    """The counts of one cell of one redraw on the test set, and what it was made of."""

    counts: Counts
    answers: int
    trained: int
    seconds: float
    short: bool


@dataclass(frozen=True)
class Measured:
    """Some cells of one redraw; `base` and `successor` are the pipelines as they are.

    `successor` is None where nothing was trained from it.
    """

    base: Counts
    successor: Counts | None
    cells: Mapping[Cell, Tested]


def measure_cells(
    plan: ProtocolPlan,
    cells: Sequence[Cell],
    redraw: Redraw,
    *,
    seed: int,
    say: Callable[[str], object] = say_nothing,
) -> Measured:
    """Train what is missing of some cells of a redraw, and return the counts of all of them.

    The seed of a training is that of its redraw, so that redraws differ in all that is drawn.
    """
    given = {cell: redraw.given(cell.arm, cell.equal) for cell in cells}
    own = {cell: one for cell, one in given.items() if not cell.successor}
    later = {cell: one for cell, one in given.items() if cell.successor}
    untrained, found = _train(plan, plan.base, seed, own, say)
    successor = None
    if plan.successor is not None and later:
        before, trained = _train(plan, plan.successor, seed, later, say)
        successor = count_answers(plan.test.gold, before)
        found |= trained
    for cell, one in given.items():
        if cell.policy == LOOKUP:
            found[cell] = look_up(known_names(one.train), plan.test.gold, untrained)
    return Measured(
        count_answers(plan.test.gold, untrained),
        successor,
        {
            cell: Tested(
                count_answers(plan.test.gold, found[cell]),
                one.answers,
                len(one.train),
                one.seconds,
                one.short,
            )
            for cell, one in given.items()
        },
    )


def _train(
    plan: ProtocolPlan,
    pipeline: Pipeline,
    seed: int,
    given: Mapping[Cell, Given],
    say: Callable[[str], object],
) -> tuple[Predictions, dict[Cell, Predictions]]:
    """Return what a pipeline predicts on the test set, and what it does after each training."""
    evaluate = (plan.test.gold,)
    runs = {
        cell: Run(
            pipeline.name,
            evaluate,
            dataset=one.train.dataset,
            policy=cell.policy,
            seed=seed,
            train=one.train,
        )
        for cell, one in given.items()
        if cell.policy != LOOKUP
    }
    predicted = predict_all(
        [Run(pipeline.name, evaluate), *runs.values()],
        workers=plan.workers,
        cluster=plan.cluster,
        base_sha256=pipeline.sha256,
        cache=plan.cache,
        say=say,
    )
    first, *others = [result.predictions[0] for _, result in predicted]
    return first, dict(zip(runs, others, strict=True))
