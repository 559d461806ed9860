"""Options of `al.simulate --protocol` -> a plan, checked before anything is simulated."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prodigy.util import msg

from prodigy_al.comparison.run_cache import RunCache
from prodigy_al.errors import OptionError
from prodigy_al.inputs.choices import check_wanted, choose_policies
from prodigy_al.inputs.comparison import load_base, read_test_set
from prodigy_al.inputs.naming import naming_options
from prodigy_al.inputs.remarks import say, warn
from prodigy_al.inputs.simulation.runs import Simulation
from prodigy_al.jobs.machine import describe_machine
from prodigy_al.ner.pipelines import describe_pipeline
from prodigy_al.protocol.answering import Annotation
from prodigy_al.protocol.plan import (
    DEFAULT_ARMS,
    DEFAULT_SETTINGS,
    DEFAULT_STARTS,
    PARTS,
    RANDOM,
    Pipeline,
    ProtocolPlan,
    unknown_arms,
)
from prodigy_al.protocol.run import run_protocol
from prodigy_al.protocol.screen import render_screen
from prodigy_al.report.commands import join
from prodigy_al.report.files import write_json

PROTOCOL = "--protocol"
OUTPUT = Path("al-protocol")
WANTED = 0.02


NAMES = {"wanted": "--plan"}
"""Of options that are not called as their parameter."""


@dataclass(frozen=True, kw_only=True)
class ProtocolOptions:
    """What was typed for a protocol, and whether one is to be run."""

    protocol: bool
    test: str | None
    parts: Sequence[str] | None
    training: Sequence[str] | None
    successor: str | None
    starts: Sequence[str] | None
    wanted: float | None
    output: Path | None

    @property
    def folder(self) -> Path:
        """Return where everything is written."""
        return self.output or OUTPUT


def planned_arms(options: ProtocolOptions, arms: Sequence[str] | None) -> list[str] | None:
    """Return the arms to simulate: those given, and in a protocol random order before them.

    Raises `OptionError` for an option that only a protocol has use for, without one, and for what
    a protocol cannot do.
    """
    if not options.protocol:
        for name, value in vars(options).items():
            if value:
                option = NAMES.get(name, f"--{name}")
                raise OptionError(
                    option,
                    value,
                    f"only a protocol has use for it; add {PROTOCOL}, or leave it out",
                )
        return None if arms is None else list(arms)
    if options.test is None:
        raise OptionError(
            "--test",
            None,
            "a protocol measures on a held-out test set; give a dataset or source with gold spans",
        )
    chosen = list(dict.fromkeys(arm for arm in arms or DEFAULT_ARMS if arm != RANDOM))
    check_arms(chosen)
    choose_parts(options)
    choose_starts(options.starts)
    check_wanted(options.wanted)
    return [RANDOM, *chosen]


def run_and_print(options: ProtocolOptions, simulation: Simulation, **plan: Any) -> None:
    """Run a protocol, whose arms the simulation answers; write all of it and print the screen.

    `plan` is the rest of what `open_protocol` takes.
    """
    opened = open_protocol(
        options,
        simulation,
        command=join(["prodigy", *sys.argv[1:]]) if sys.argv[1:2] == ["al.simulate"] else "",
        **plan,
    )
    place = options.folder / "protocol.json"
    with naming_options():
        result = run_protocol(
            opened,
            Annotation(simulation.answers, simulation.conditions.meter),
            say=say,
            warn=warn,
            keep=lambda found: write_json(found, place),
        )
    msg.text("\n".join(render_screen(result, place)))


def open_protocol(
    options: ProtocolOptions,
    simulation: Simulation,
    *,
    prefix: str,
    arms: Sequence[str],
    seeds: Sequence[int],
    budget: int,
    unit: str,
    start_share: float,
    fold_salt: str,
    active: Mapping[str, Any],
    costs_from: str | None,
    workers: int,
    cluster: str | None,
    command: str,
) -> ProtocolPlan:
    """Return the plan; `workers` and `cluster` train, as `jobs.run.run_jobs` takes them.

    Raises `OptionError`, `AnswerError`, `SourceError` or `ModelError`.
    """
    check_redraws(seeds)
    settings = tuple(choose_policies(options.training or DEFAULT_SETTINGS))
    model, labels = simulation.model, simulation.labels
    nlp = load_base(model, settings)
    test = read_test_set(
        str(options.test),
        nlp,
        labels,
        loader=simulation.cut["loader"],
        skip_bad=simulation.cut["skip_bad"],
        group_by=simulation.options["group_by"],
    )
    successor = None
    if options.successor is not None:
        later = load_base(options.successor, settings)
        successor = Pipeline(options.successor, describe_pipeline(options.successor, later))
    with naming_options():
        cache = RunCache(options.folder / "runs")
    return ProtocolPlan(
        name=prefix,
        parts=choose_parts(options),
        arms=tuple(arm for arm in arms if arm != RANDOM),
        seeds=tuple(seeds),
        budget=budget,
        unit=unit,
        segments=len(simulation.spans.spans),
        labels=tuple(labels),
        test=test,
        base=Pipeline(model, describe_pipeline(model, nlp)),
        successor=successor,
        settings=settings,
        starts=choose_starts(options.starts),
        start_share=start_share,
        wanted=options.wanted or WANTED,
        cache=cache,
        workers=workers,
        tokenizer=nlp.make_doc,
        conditions=simulation.conditions.to_record() | {"costs_from": costs_from},
        fold_salt=fold_salt,
        active=active,
        machine=describe_machine(),
        cluster=cluster,
        command=command,
    )


def check_arms(arms: Sequence[str]) -> None:
    """Raise `OptionError` where an arm cannot be held against random, or none is left."""
    if not arms:
        raise OptionError("--arms", RANDOM, "a protocol holds other arms against random; name one")
    for arm in unknown_arms(arms):
        raise OptionError(
            "--arms",
            arm,
            "nothing is recorded of how it draws, so it has no dev fold in common with random; "
            f"leave it out with {PROTOCOL}",
        )


def check_redraws(seeds: Sequence[int]) -> None:
    """Raise `OptionError` where there is one redraw alone."""
    if len(seeds) < 2:
        raise OptionError(
            "--seeds",
            ",".join(map(str, seeds)),
            "one redraw does not tell how much another would differ; give 5, or 2 for a first look",
        )


def choose_parts(options: ProtocolOptions) -> tuple[str, ...]:
    """Return the parts that are asked for, in the order in which they are done; all if none is.

    The first one, which all others are held against, is always among them. Without another
    pipeline there is no such part. Raises `OptionError` for a part that does not exist.
    """
    for one in options.parts or ():
        if one not in PARTS:
            raise OptionError(
                "--parts", one, f"there is no such part; there are {', '.join(PARTS)}"
            )
    chosen = {*(options.parts or PARTS), PARTS[0]}
    if options.successor is None:
        if options.parts and "successor" in chosen:
            raise OptionError("--parts", "successor", "name the pipeline with --successor")
        chosen.discard("successor")
    return tuple(part for part in PARTS if part in chosen)


def choose_starts(typed: Sequence[str] | None) -> tuple[float, ...]:
    """Return the shares of the budget that whole segments get first, each once.

    Raises `OptionError` for what is no share between 0 and 1.

    >>> choose_starts(["1/4", "0.5"])
    (0.25, 0.5)
    """
    if typed is None:
        return DEFAULT_STARTS
    shares = []
    for one in typed:
        above, _, below = one.partition("/")
        try:
            share = float(above) / float(below or 1)
        except (ValueError, ZeroDivisionError):
            share = 0.0
        if not 0 < share < 1:
            raise OptionError("--starts", one, "give shares between 0 and 1, such as 1/6,1/3,2/3")
        shares.append(share)
    return tuple(dict.fromkeys(shares))
