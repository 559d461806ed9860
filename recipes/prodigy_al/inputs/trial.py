"""A pool and several designs -> one stream in which nobody can tell the arms apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prodigy_al.inputs.datasets import stored_examples
from prodigy_al.inputs.pool import Components, Pool
from prodigy_al.inputs.resuming import check_same_run, first_answers
from prodigy_al.inputs.reusing import AnswerCopies
from prodigy_al.sampling.design import SamplingDesign
from prodigy_al.sampling.questions import Header
from prodigy_al.sampling.trial import take_turns


def ask_trial(pool: Pool, designs: Sequence[SamplingDesign]) -> Components:
    """Return the components that ask the questions of all designs in turns, each question once.

    A question that two arms draw is asked for the first of them; the other gets a copy of the
    answer. No task shows a score or a suggestion, which could tell its arm. Raises what `Pool.ask`
    raises.
    """
    header = replace(pool.header, trial=",".join(sorted(d.strategy for d in designs)))
    examples = stored_examples(pool.dataset)
    _check_same_trial(pool, designs, header, examples)
    binary = designs[0].unit == "candidate"
    # Two arms may ask about different spans of one text: these are two questions.
    copies = AnswerCopies(
        pool.dataset,
        examples,
        pool.reused or {},
        by="_task_hash" if binary else "_input_hash",
    )
    arms = {design.strategy: pool.tasks(design, header) for design in designs}
    return pool.components(
        "ner" if binary else "ner_manual",
        copies.ask(take_turns(arms, seed=designs[0].seed)),
        # Two arms that draw one text may ask one question about it, or two.
        pool.start_progress(examples, countable=not binary),
        updates=[copies.update],
        exclude_by="task" if binary else "input",
    )


def _check_same_trial(
    pool: Pool,
    designs: Sequence[SamplingDesign],
    header: Header,
    examples: Sequence[Mapping[str, Any]],
) -> None:
    """Refuse to go on with a dataset that was started otherwise, judged by first answers."""
    by_arm = {design.strategy: design for design in designs}
    for (arm, _), example in first_answers(pool.dataset, examples).items():
        # an arm that is none of these belongs to another trial, which the check says first
        design = by_arm.get(arm, designs[0])
        check_same_run(pool.dataset, example, design, header=header, frame=pool.frame)
